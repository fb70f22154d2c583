import type { OnnxGraph, OnnxNode } from '../onnx/onnx-types.js';
import type { Calibration } from './calibration.js';
import { GraphIndex, inputOf, labelOf, outputOf, RecipeError } from '../onnx/graph-index.js';

/** Largest byte: activations after a ReLU are 0 to this. */
const BYTE_MAX = 255;
/** Largest magnitude of the one signed activation. */
const SIGNED_MAX = 127;
/** Channels below this share of the strongest one are treated as if they reached it. */
const WEAKEST_SHARE = 1e-3;
/**
 * Intended saturation, as a multiple of the 99.9th percentile of a channel: rare peaks carry no edge, and finer steps
 * do; decoders tolerate more of it. Measured.
 */
const SATURATION = { encoder: 1.6, decoder: 1 };
/**
 * Share of a tensor's channels below its usual range: peaks of a single channel do not coarsen the steps of others.
 */
const USUAL_SHARE = 0.97;

/** Upper limit of a correlation: few photographs are no proof that neighbors are always equal. */
export const MAX_CORRELATION = 0.9;

const OBSERVED = new Set(['Relu', 'Add', 'MaxPool']);

/** Quantization of a tensor. */
export interface ByteTensor {
  /** Per channel: the real value of one step. */
  steps: Float64Array;
  /** Byte that represents zero. */
  zero: number;
  /** Per channel: mean value over the photographs; 0 when unknown. */
  means: Float64Array;
  /** Per channel: correlation of neighboring values, 0 to 1. */
  likeness: Float64Array;
  /** Channels that come directly from a bilinear enlargement, which rounds down. */
  enlarged: Uint8Array;
}

/** What steps are chosen from. */
export interface StepSources {
  calibration: Calibration;
  /** Quantization of the model's input bytes. */
  image: ByteTensor;
  /** Values that the decoder computes. */
  decoder: ReadonlySet<string>;
}

/**
 * Chooses the step of every channel of every inner value. Convolutions can have a step for each channel of input and
 * output at no cost, because steps can be moved into their weights. Additions and concatenations need no steps of
 * their own as long as their operands share steps.
 *
 * After "Data-Free Quantization Through Weight Equalization and Bias Correction" (Nagel et al., ICCV 2019) and
 * SmoothQuant (Xiao et al., ICML 2023) with migration strength 0.5: a step is the geometric mean of the channel's
 * range and the tensor's usual range, and at least the channel's range.
 * @throws RecipeError when statistics are missing
 */
export function byteTensors(
  graph: OnnxGraph,
  { calibration, image, decoder }: StepSources,
): ReadonlyMap<string, ByteTensor> {
  const tensors = new Map<string, ByteTensor>([[graph.inputs[0]?.name ?? '', image]]);
  const index = new GraphIndex(graph);
  for (const each of graph.nodes) {
    const saturation = SATURATION[decoder.has(outputOf(each)) ? 'decoder' : 'encoder'];
    if (each.opType === 'Relu') tensors.set(outputOf(each), positive(each, calibration, saturation));
    else if (isBareConvolution(each, index)) tensors.set(outputOf(each), signed(each, calibration));
  }
  for (const each of graph.nodes)
    if (each.opType === 'Add') shareSteps(tensors, each, { calibration, decoder });
  for (const each of graph.nodes) propagate(tensors, each, calibration);
  return tensors;
}

/** The inner values that a calibration must record: outputs of ReLUs, additions, poolings and bare convolutions. */
export function observedTensors(graph: OnnxGraph): string[] {
  const index = new GraphIndex(graph);
  return graph.nodes
    .filter((each) => OBSERVED.has(each.opType ?? '') || isBareConvolution(each, index))
    .map(outputOf);
}

const isBareConvolution = (node: OnnxNode, index: GraphIndex): boolean =>
  node.opType === 'Conv' && index.consumers(outputOf(node)).some(({ opType }) => opType === 'Conv');

function positive(node: OnnxNode, calibration: Calibration, saturation: number): ByteTensor {
  const steps = rangeOf(node, calibration, saturation).map((reach) => reach / BYTE_MAX);
  return { steps, zero: 0, ...observed(node, calibration) };
}

function signed(node: OnnxNode, calibration: Calibration): ByteTensor {
  const range = raiseWeakest(statisticsOf(node, calibration).max);
  const steps = range.map((reach) => reach / SIGNED_MAX);
  return { steps, zero: SIGNED_MAX + 1, ...observed(node, calibration) };
}

/** Statistics from the calibration. */
function observed(
  node: OnnxNode,
  calibration: Calibration,
): Pick<ByteTensor, 'means' | 'likeness' | 'enlarged'> {
  const { mean, likeness } = statisticsOf(node, calibration);
  return {
    means: Float64Array.from(mean),
    likeness: Float64Array.from(likeness, (each) => Math.min(each, MAX_CORRELATION)),
    enlarged: new Uint8Array(mean.length),
  };
}

/** The largest value to represent, for each channel of a node's output. */
function rangeOf(node: OnnxNode, calibration: Calibration, saturation: number): Float64Array {
  const { max, p999 } = statisticsOf(node, calibration);
  const range = raiseWeakest(p999.map((each, i) => Math.min(saturation * each, max[i] ?? 0)));
  const usual = range.toSorted()[Math.floor(USUAL_SHARE * range.length)] as number;
  return range.map((own) => Math.max(own, Math.sqrt(own * usual)));
}

function raiseWeakest(range: readonly number[]): Float64Array {
  const minReach = WEAKEST_SHARE * Math.max(...range);
  return Float64Array.from(range, (own) => Math.max(own, minReach));
}

function statisticsOf(node: OnnxNode, calibration: Calibration): Calibration['tensors'][string] {
  const name = outputOf(node);
  const found = Object.hasOwn(calibration.tensors, name) ? calibration.tensors[name] : undefined;
  if (found === undefined) throw new RecipeError(`the calibration says nothing about ${name}`);
  return found;
}

/** Both operands and the sum get the largest of their three steps, so that bytes can be added directly. */
function shareSteps(
  tensors: Map<string, ByteTensor>,
  add: OnnxNode,
  { calibration, decoder }: Pick<StepSources, 'calibration' | 'decoder'>,
): void {
  const saturation = SATURATION[decoder.has(outputOf(add)) ? 'decoder' : 'encoder'];
  tensors.set(outputOf(add), positive(add, calibration, saturation));
  const names = [...add.inputs, outputOf(add)];
  const parts = names.map((name) => requireTensor(tensors, name, add));
  const steps = Float64Array.from(parts[0]?.steps ?? [], (_, i) =>
    Math.max(...parts.map((part) => part.steps[i] ?? 0)),
  );
  names.forEach((name, i) => tensors.set(name, { ...(parts[i] as ByteTensor), steps }));
}

/** Operations that only move bytes keep their input's quantization. */
function propagate(tensors: Map<string, ByteTensor>, node: OnnxNode, calibration: Calibration): void {
  if (node.opType === 'MaxPool') {
    const { steps, zero, enlarged } = requireTensor(tensors, inputOf(node), node);
    tensors.set(outputOf(node), { ...observed(node, calibration), steps, zero, enlarged });
  } else if (node.opType === 'Resize') {
    const from = requireTensor(tensors, inputOf(node), node);
    // Each pixel becomes two: half of the steps are between neighbors.
    const likeness = from.likeness.map((each) => Math.sqrt(each));
    tensors.set(outputOf(node), { ...from, likeness, enlarged: new Uint8Array(from.steps.length).fill(1) });
  } else if (node.opType === 'Concat') {
    const from = node.inputs.map((name) => requireTensor(tensors, name, node));
    const zero = from[0]?.zero ?? 0;
    if (from.some((each) => each.zero !== zero)) throw new RecipeError(`${labelOf(node)} mixes zero points`);
    tensors.set(outputOf(node), {
      steps: Float64Array.from(from.flatMap(({ steps }) => [...steps])),
      zero,
      means: Float64Array.from(from.flatMap(({ means }) => [...means])),
      likeness: Float64Array.from(from.flatMap(({ likeness }) => [...likeness])),
      enlarged: Uint8Array.from(from.flatMap(({ enlarged }) => [...enlarged])),
    });
  }
}

/** @throws RecipeError when the meaning of `name` is not known where `node` reads it */
export function requireTensor(
  tensors: ReadonlyMap<string, ByteTensor>,
  name: string,
  node: OnnxNode,
): ByteTensor {
  const found = tensors.get(name);
  if (found === undefined) throw new RecipeError(`${labelOf(node)}: no steps are known for ${name}`);
  return found;
}
