import { node, tensor } from '../onnx/onnx-build.js';
import { floatsOf } from '../onnx/tensor-values.js';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../onnx/onnx-types.js';
import {
  GraphIndex,
  inputOf,
  integerAttribute,
  labelOf,
  outputOf,
  RecipeError,
} from '../onnx/graph-index.js';
import { keepOutputs } from '../onnx/graph-steps.js';
import type { Constants, FoldedGraph } from './constant-folding.js';
import { padsOf, type Dims } from './value-shapes.js';

/** `scale × value + offset`, per channel; lists of one hold for all channels. */
export interface ChannelAffine {
  scale: number[];
  offset: number[];
}

const DEFAULT_EPSILON = 1e-5;
/** Rows and columns are the last two of four dimensions. */
const CHANNEL_RANK = 3;

/**
 * Convolutions with everything linear around them folded in: BatchNormalization, additions and factors per channel,
 * padding with zeros. Each has a bias and explicit attributes afterwards. Products and sums are computed in doubles.
 */
export function foldConvolutions({ graph, dims, constants }: FoldedGraph): OnnxGraph {
  const index = new GraphIndex(graph);
  const nodes = new Map<string, OnnxNode>();
  const added: OnnxTensor[] = [];
  for (const each of graph.nodes) {
    const output = each.outputs[0] ?? '';
    if (each.opType === 'Conv') {
      const whole = explicitConvolution(each, { nodes, dims, constants });
      added.push(...whole.initializers);
      nodes.set(output, whole.node);
      continue;
    }
    const conv = nodes.get(dataInput(each, constants));
    const affine = conv?.opType === 'Conv' ? affineOf(each, constants) : undefined;
    if (conv === undefined || affine === undefined || index.consumers(outputOf(conv)).length > 1) {
      nodes.set(output, each);
      continue;
    }
    const kernel = lastNamed(added, inputOf(conv, 1));
    const bias = lastNamed(added, inputOf(conv, 2));
    added.push(...scaled(kernel, bias, affine));
    nodes.delete(outputOf(conv));
    nodes.set(output, { ...conv, outputs: [output] });
  }
  const initializers = new Map([...graph.initializers, ...added].map((each) => [each.name ?? '', each]));
  const whole = { ...graph, nodes: [...nodes.values()], initializers: [...initializers.values()] };
  return keepOutputs(whole, graph.outputs);
}

/** The input of an operation that is not a constant. */
export const dataInput = (each: OnnxNode, constants: Constants): string =>
  each.inputs.find((name) => !constants.has(name)) ?? '';

/** The map that an operation with constants applies to each channel; undefined for any other operation. */
export function affineOf(each: OnnxNode, constants: Constants): ChannelAffine | undefined {
  if (each.opType === 'BatchNormalization') return normalizationOf(each, constants);
  if (!['Add', 'Sub', 'Mul', 'Div'].includes(each.opType ?? '') || each.inputs.length !== 2) return undefined;
  const at = each.inputs.findIndex((name) => constants.has(name));
  const values = at < 0 ? undefined : perChannel(constants, each.inputs[at] ?? '');
  if (values === undefined) return undefined;
  const all = (value: number): number[] => values.map(() => value);
  switch (each.opType) {
    case 'Add':
      return { scale: all(1), offset: values };
    case 'Sub':
      return at === 0
        ? { scale: all(-1), offset: values }
        : { scale: all(1), offset: values.map((value) => -value) };
    case 'Mul':
      return { scale: values, offset: all(0) };
    default:
      return at === 0 ? undefined : { scale: values.map((value) => 1 / value), offset: all(0) };
  }
}

/** Values of a constant that differ by channel at most: one, or [n,] channels × 1 × 1. */
function perChannel(constants: Constants, name: string): number[] | undefined {
  const value = constants.smallValue(name);
  if (value === undefined) return undefined;
  const { dims, values } = value;
  if (values.length === 1) return values;
  const isPerChannel = dims.length >= CHANNEL_RANK && dims.at(-CHANNEL_RANK) === values.length;
  return isPerChannel ? values : undefined;
}

function normalizationOf(each: OnnxNode, constants: Constants): ChannelAffine {
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((at) =>
    floatsOf(constants.tensor(inputOf(each, at), each)),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const epsilon = each.attributes.find(({ name }) => name === 'epsilon')?.f ?? DEFAULT_EPSILON;
  const factors = Array.from(scale, (value, i) => value / Math.sqrt((variance[i] ?? 1) + epsilon));
  return {
    scale: factors,
    offset: factors.map((factor, i) => (shift[i] ?? 0) - factor * (mean[i] ?? 0)),
  };
}

function lastNamed(tensors: readonly OnnxTensor[], name: string): OnnxTensor {
  const found = tensors.findLast((each) => each.name === name);
  if (found === undefined) throw new RecipeError(`${name} is not a constant`);
  return found;
}

function scaled(kernel: OnnxTensor, bias: OnnxTensor, { scale, offset }: ChannelAffine): OnnxTensor[] {
  const [weights, biases] = [floatsOf(kernel), floatsOf(bias)];
  const size = weights.length / biases.length;
  const of = (list: number[], channel: number): number => list[list.length === 1 ? 0 : channel] ?? NaN;
  return [
    tensor(
      kernel.name ?? '',
      weights.map((weight, i) => weight * of(scale, Math.floor(i / size))),
      kernel.dims,
    ),
    tensor(
      bias.name ?? '',
      biases.map((value, i) => value * of(scale, i) + of(offset, i)),
    ),
  ];
}

/** A convolution with bias, explicit attributes, constants of its own, and the padding in front of it. */
function explicitConvolution(
  conv: OnnxNode,
  known: { nodes: ReadonlyMap<string, OnnxNode>; dims: ReadonlyMap<string, Dims>; constants: Constants },
): { node: OnnxNode; initializers: OnnxTensor[] } {
  const { constants } = known;
  const output = outputOf(conv);
  const kernel = constants.tensor(inputOf(conv, 1), conv);
  const [channels = 0, , ...window] = kernel.dims;
  if (window.length !== 2) throw new RecipeError(`${labelOf(conv)} is not a convolution of pictures`);
  const biasName = conv.inputs[2] ?? '';
  const bias =
    biasName === '' ? new Float32Array(channels) : floatsOf(constants.tensor(biasName, conv)).slice();
  const names = { kernel: `${output}:kernel`, bias: `${output}:offset` };
  const padding = known.nodes.get(inputOf(conv));
  const before = padding?.opType === 'Pad' ? zeroPads(padding, constants) : undefined;
  const input = padding !== undefined && before !== undefined ? inputOf(padding) : inputOf(conv);
  const sides = known.dims.get(inputOf(conv))?.slice(2) ?? [];
  const pads = padsOf(conv, sides, window).map((pad, i) => pad + (before?.[i] ?? 0));
  const listed = (name: string): number[] => {
    const values = integerAttribute(conv, name);
    return values.length === 0 ? [1, 1] : values;
  };
  const attributes = {
    dilations: listed('dilations'),
    group: integerAttribute(conv, 'group')[0] ?? 1,
    kernel_shape: window,
    pads,
    strides: listed('strides'),
  };
  return {
    node: {
      ...node('Conv', [input, names.kernel, names.bias], [output], { attributes }),
      ...(conv.name === undefined ? {} : { name: conv.name }),
    },
    initializers: [tensor(names.kernel, floatsOf(kernel), kernel.dims), tensor(names.bias, bias)],
  };
}

/** Rows and columns that a Pad adds, before and after; undefined unless it adds zeros, and nothing else. */
function zeroPads(pad: OnnxNode, constants: Constants): number[] | undefined {
  const mode = new TextDecoder().decode(pad.attributes.find(({ name }) => name === 'mode')?.s);
  const pads = constants.smallValue(pad.inputs[1] ?? '')?.values ?? integerAttribute(pad, 'pads');
  const value = constants.smallValue(pad.inputs[2] ?? '')?.values[0] ?? 0;
  const [n, c, top, left, n2, c2, bottom, right] = pads;
  if ((mode !== '' && mode !== 'constant') || value !== 0 || pads.length !== 8) return undefined;
  if ([n, c, n2, c2].some((each) => each !== 0)) return undefined;
  return [top, left, bottom, right] as number[];
}
