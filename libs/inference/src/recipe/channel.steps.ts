import type { OnnxGraph, OnnxNode } from '../onnx/onnx.types.js';
import type { Calibration } from './calibration.js';
import { GraphIndex, inputOf, labelOf, outputOf, RecipeError } from './graph.index.js';

/** Largest byte: activations behind a ReLU go from 0 to it. */
const BYTE_MAX = 255;
/** Largest distance from the middle for the one activation that has both signs. */
const SIGNED_MAX = 127;
/** Channels that stay below this share of the strongest one are treated as if they reached it. */
const WEAKEST_SHARE = 1e-3;
/** Decoders saturate early on purpose: their rare peaks carry no edge, and finer steps do. Found by measurement. */
const DECODER_SHARE = 0.9;
/** Weight of one channel's own range against the tensor's: the square root of their product. */
const balanced = (own: number, strongest: number): number => Math.sqrt(own * strongest);

const OBSERVED = new Set(['Relu', 'Add', 'MaxPool']);

/** What a tensor's bytes mean. */
export interface ByteTensor {
  /** Per channel: the real value of one step. */
  steps: Float64Array;
  /** Byte that stands for zero. */
  zero: number;
  /** Per channel: the real value on average over the photographs; 0 where nothing is known. */
  means: Float64Array;
  /** Channels that come straight from a bilinear enlargement, which rounds down. */
  enlarged: Uint8Array;
}

/**
 * Chooses the step of every channel of every inner value. Convolutions can have a step for each channel of input
 * and output at no cost, because steps can be moved into their weights; additions and concatenations then need
 * none of their own as long as what they add shares steps.
 *
 * After "Data-Free Quantization Through Weight Equalization and Bias Correction" (Nagel et al., ICCV 2019) and
 * SmoothQuant (Xiao et al., ICML 2023) with migration strength 0.5: a step is the geometric mean of what the
 * channel needs and what the tensor needs.
 * @param image what the network's input bytes mean
 * @throws RecipeError when statistics are missing
 */
export function byteTensors(
  graph: OnnxGraph,
  calibration: Calibration,
  image: ByteTensor,
): ReadonlyMap<string, ByteTensor> {
  const tensors = new Map<string, ByteTensor>([[graph.inputs[0]?.name ?? '', image]]);
  const index = new GraphIndex(graph);
  for (const each of graph.nodes) {
    if (each.opType === 'Relu') tensors.set(outputOf(each), positive(each, calibration));
    else if (isBareConvolution(each, index)) tensors.set(outputOf(each), signed(each, calibration));
  }
  for (const each of graph.nodes) if (each.opType === 'Add') shareSteps(tensors, each, calibration);
  for (const each of graph.nodes) passOn(tensors, each, calibration);
  return tensors;
}

/** The inner values that a calibration has to tell about: what ReLUs, additions, poolings and bare convolutions give. */
export function observedTensors(graph: OnnxGraph): string[] {
  const index = new GraphIndex(graph);
  return graph.nodes
    .filter((each) => OBSERVED.has(each.opType ?? '') || isBareConvolution(each, index))
    .map(outputOf);
}

const isBareConvolution = (node: OnnxNode, index: GraphIndex): boolean =>
  node.opType === 'Conv' && index.consumers(outputOf(node)).some(({ opType }) => opType === 'Conv');

function positive(node: OnnxNode, calibration: Calibration): ByteTensor {
  const steps = rangeOf(node, calibration).map((reach) => reach / BYTE_MAX);
  return { steps, zero: 0, ...atStart(node, calibration) };
}

function signed(node: OnnxNode, calibration: Calibration): ByteTensor {
  const range = reaching(statisticsOf(node, calibration).max);
  const steps = range.map((reach) => reach / SIGNED_MAX);
  return { steps, zero: SIGNED_MAX + 1, ...atStart(node, calibration) };
}

/** What holds before bytes are moved on. */
function atStart(node: OnnxNode, calibration: Calibration): Pick<ByteTensor, 'means' | 'enlarged'> {
  const means = Float64Array.from(statisticsOf(node, calibration).mean);
  return { means, enlarged: new Uint8Array(means.length) };
}

/** The largest value that each channel of a node's output is to represent. */
function rangeOf(node: OnnxNode, calibration: Calibration): Float64Array {
  const { max, p999 } = statisticsOf(node, calibration);
  const isDecoder = /^\/stage\dd\//.test(node.name ?? '');
  const range = reaching(
    isDecoder ? p999.map((each, i) => Math.min(DECODER_SHARE * each, max[i] ?? 0)) : max,
  );
  const strongest = Math.max(...range);
  return range.map((own) => balanced(own, strongest));
}

function reaching(range: readonly number[]): Float64Array {
  const least = WEAKEST_SHARE * Math.max(...range);
  return Float64Array.from(range, (own) => Math.max(own, least));
}

function statisticsOf(node: OnnxNode, calibration: Calibration): Calibration['tensors'][string] {
  const name = outputOf(node);
  const found = Object.hasOwn(calibration.tensors, name) ? calibration.tensors[name] : undefined;
  if (found === undefined) throw new RecipeError(`the calibration says nothing about ${name}`);
  return found;
}

/** Both summands and the sum get the widest of their three steps, so that bytes can be added as they are. */
function shareSteps(tensors: Map<string, ByteTensor>, add: OnnxNode, calibration: Calibration): void {
  tensors.set(outputOf(add), positive(add, calibration));
  const names = [...add.inputs, outputOf(add)];
  const parts = names.map((name) => knownTensor(tensors, name, add));
  const steps = Float64Array.from(parts[0]?.steps ?? [], (_, i) =>
    Math.max(...parts.map((part) => part.steps[i] ?? 0)),
  );
  names.forEach((name, i) => tensors.set(name, { ...(parts[i] as ByteTensor), steps }));
}

/** Operations that move bytes without computing pass meanings on. */
function passOn(tensors: Map<string, ByteTensor>, node: OnnxNode, calibration: Calibration): void {
  if (node.opType === 'MaxPool') {
    const from = knownTensor(tensors, inputOf(node), node);
    tensors.set(outputOf(node), { ...from, means: atStart(node, calibration).means });
  } else if (node.opType === 'Resize') {
    const from = knownTensor(tensors, inputOf(node), node);
    tensors.set(outputOf(node), { ...from, enlarged: new Uint8Array(from.steps.length).fill(1) });
  } else if (node.opType === 'Concat') {
    const from = node.inputs.map((name) => knownTensor(tensors, name, node));
    const zero = from[0]?.zero ?? 0;
    if (from.some((each) => each.zero !== zero)) throw new RecipeError(`${labelOf(node)} mixes zero points`);
    tensors.set(outputOf(node), {
      steps: Float64Array.from(from.flatMap(({ steps }) => [...steps])),
      zero,
      means: Float64Array.from(from.flatMap(({ means }) => [...means])),
      enlarged: Uint8Array.from(from.flatMap(({ enlarged }) => [...enlarged])),
    });
  }
}

/** @throws RecipeError when the meaning of `name` is not known where `node` reads it */
export function knownTensor(
  tensors: ReadonlyMap<string, ByteTensor>,
  name: string,
  node: OnnxNode,
): ByteTensor {
  const found = tensors.get(name);
  if (found === undefined) throw new RecipeError(`${labelOf(node)}: no steps are known for ${name}`);
  return found;
}
