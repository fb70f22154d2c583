import { MICROSOFT, node, scalar, tensor, type AttributeValue } from '../onnx/onnx-build.js';
import { floatsOf } from '../onnx/tensor-values.js';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../onnx/onnx-types.js';
import { quantize } from './byte-weights.js';
import { byteTensors, requireTensor, MAX_CORRELATION, type ByteTensor } from './channel-steps.js';
import type { Calibration } from './calibration.js';
import type { CanonicalGraph } from '../canonical/canonical-graph.js';
import { isnetShape } from '../canonical/isnet-shape.js';
import type { Normalization } from '../canonical/picture-ends.js';
import {
  GraphIndex,
  inputOf,
  integerAttribute,
  labelOf,
  outputOf,
  RecipeError,
} from '../onnx/graph-index.js';
import { keepOutputs, renameValues } from '../onnx/graph-steps.js';
import { maskFragment, maskInfo, PIXELS, pixelsInfo } from './mask-ends.js';
import { doubling } from '../onnx/resize-doubling.js';

/** Options for the conversion of a float graph to bytes. */
export interface ByteRecipe {
  calibration: Calibration;
  /** Largest weight: 63 for every CPU, 127 for those with VNNI (or ARM's dot products). */
  weightMax: number;
  inSidePixels: number;
}

/**
 * Saturation and rounding move logits towards zero and slightly down. This corrects them, unless the calibration has
 * values of its own: a regression on the logits of the float model, the same for photographs inside and outside of
 * the calibration of ISNet.
 */
const LOGITS = { gain: 1.06, offset: 0.03 };

const PIXEL_MAX = 255;
const [ONE, ZERO, TWICE_INNER] = ['one', 'zero', 'twice_inner'];
const CONVOLUTION = ['dilations', 'group', 'kernel_shape', 'pads', 'strides'];
const POOL = ['ceil_mode', 'kernel_shape', 'pads', 'strides'];

/** State of the translation of one graph. */
interface Translation {
  index: GraphIndex;
  tensors: ReadonlyMap<string, ByteTensor>;
  weightMax: number;
  logits: string;
  /** Maps logits computed from bytes to those of the float model. */
  correction: { gain: number; offset: number };
  /** Per channel of the image: the value of its zero point. */
  imageOffsets: readonly number[];
  constants: OnnxTensor[];
}

/**
 * Converts a graph to bytes, channels last throughout: the layout of ONNX Runtime's fast integer convolutions on
 * CPUs, and of the pixels. All steps are moved into weights, so bytes need no scale between operations. Only the last
 * convolution, to one channel, stays in floats: half of the error came from it, and its cost is negligible.
 * @throws RecipeError when the graph is not of ISNet's shape, or the calibration lacks values
 */
export function byteGraph(canonical: CanonicalGraph, recipe: ByteRecipe): OnnxGraph {
  const logits = byteLogits(canonical, recipe);
  const end = maskFragment(logits.outputs[0]?.name ?? '');
  const nodes = [...logits.nodes, ...end.nodes];
  const initializers = [...logits.initializers, ...end.initializers];
  return keepOutputs({ ...logits, nodes, initializers }, maskInfo(canonical.gridSidePixels));
}

/** The same up to the logits, in floats. @throws RecipeError as `byteGraph` */
export function byteLogits({ graph, normalization }: CanonicalGraph, recipe: ByteRecipe): OnnxGraph {
  const logits = graph.outputs[0]?.name ?? '';
  const named = renameValues(graph, new Map([[graph.inputs[0]?.name ?? '', PIXELS]]));
  const floats = { ...named, inputs: pixelsInfo(recipe.inSidePixels) };
  const { image, offsets } = imageTensor(normalization);
  const { decoder } = isnetShape(floats);
  const tensors = byteTensors(floats, { calibration: recipe.calibration, image, decoder });
  const constants = sharedConstants(tensors);
  const translation = {
    index: new GraphIndex(floats),
    tensors,
    weightMax: recipe.weightMax,
    logits,
    correction: recipe.calibration.logits ?? LOGITS,
    imageOffsets: offsets,
    constants,
  };
  const nodes = floats.nodes.flatMap((each) => translate(each, translation));
  return keepOutputs({ ...floats, nodes, initializers: constants }, graph.outputs);
}

/**
 * Quantization of the image's bytes: channels share a zero point, the rounded mean. What a channel's mean differs
 * from it is in `offsets`, in units of normalized values.
 */
function imageTensor({ mean, std }: Normalization): { image: ByteTensor; offsets: number[] } {
  const average = mean.reduce((sum, each) => sum + each, 0) / mean.length;
  const zero = Math.max(0, Math.min(PIXEL_MAX, Math.round(average)));
  const image = {
    steps: Float64Array.from(std, (each) => 1 / each),
    zero,
    means: new Float64Array(std.length),
    likeness: new Float64Array(std.length).fill(MAX_CORRELATION),
    enlarged: new Uint8Array(std.length),
  };
  return { image, offsets: mean.map((each, channel) => (zero - each) / (std[channel] ?? 1)) };
}

const zeroName = (zero: number): string => (zero === 0 ? ZERO : `${ZERO}_${zero}`);

function sharedConstants(tensors: ReadonlyMap<string, ByteTensor>): OnnxTensor[] {
  const zeros = new Set([0, ...[...tensors.values()].map(({ zero }) => zero)]);
  return [
    scalar(ONE, Float32Array.of(1)),
    tensor(TWICE_INNER, Float32Array.of(1, 2, 2, 1)),
    ...[...zeros].map((zero) => scalar(zeroName(zero), Uint8Array.of(zero))),
  ];
}

function translate(each: OnnxNode, to: Translation): OnnxNode[] {
  const output = outputOf(each);
  switch (each.opType) {
    case 'Conv':
      return output === to.logits ? floatTail(each, to) : [convolution(each, to)];
    case 'Relu':
      // The convolution already limits its output to 0 to 255.
      return [];
    case 'Resize':
      return [doubling(inputOf(each), output, TWICE_INNER)];
    case 'MaxPool':
      return [
        node('NhwcMaxPool', [inputOf(each)], [output], {
          domain: MICROSOFT,
          attributes: attributesOf(each, POOL),
        }),
      ];
    case 'Concat':
      return [node('Concat', each.inputs, [output], { attributes: { axis: 3 } })];
    case 'Add':
      return [
        node('QLinearAdd', [inputOf(each), ONE, ZERO, inputOf(each, 1), ONE, ZERO, ONE, ZERO], [output], {
          domain: MICROSOFT,
        }),
      ];
    default:
      throw new RecipeError(`${labelOf(each)} has no counterpart in bytes`);
  }
}

function convolution(conv: OnnxNode, to: Translation): OnnxNode {
  const readers = to.index.consumers(outputOf(conv));
  const [relu] = readers.length === 1 && readers[0]?.opType === 'Relu' ? readers : [];
  const output = outputOf(relu ?? conv);
  const input = inputOf(conv);
  const from = requireTensor(to.tensors, input, conv);
  const into = requireTensor(to.tensors, output, conv);
  const kernel = to.index.initializer(inputOf(conv, 1));
  const bias = biasOf(conv, kernel, to);
  if (kernel.dims[1] !== from.steps.length || kernel.dims[0] !== into.steps.length) {
    throw new RecipeError(`${labelOf(conv)}: the calibration has another number of channels`);
  }
  const [, , height = 1, width = 1] = kernel.dims;
  const [dilation = 1] = integerAttribute(conv, 'dilations');
  const floats = { weights: floatsOf(kernel), bias, kernel: { width, height, dilation } };
  const whole = quantize(floats, from, into, to.weightMax);
  const [weights, steps, zeros, offsets] = ['weights', 'steps', 'zeros', 'bias'].map(
    (part) => `${output}:${part}`,
  );
  const names = { weights, steps, zeros, offsets } as Record<
    'weights' | 'steps' | 'zeros' | 'offsets',
    string
  >;
  to.constants.push(
    tensor(names.weights, whole.weights, kernel.dims),
    tensor(names.steps, whole.steps),
    tensor(names.zeros, new Int8Array(whole.steps.length)),
    tensor(names.offsets, whole.bias),
  );
  const [x, w, y] = [
    [input, ONE, zeroName(from.zero)],
    [names.weights, names.steps, names.zeros],
    [ONE, zeroName(into.zero)],
  ];
  return node('QLinearConv', [...x, ...w, ...y, names.offsets], [output], {
    domain: MICROSOFT,
    attributes: { ...attributesOf(conv, CONVOLUTION), channels_last: 1 },
  });
}

/** The bias of a convolution. The image's offsets are moved into it, which is exact except under padding. */
function biasOf(conv: OnnxNode, kernel: OnnxTensor, { index, imageOffsets }: Translation): Float32Array {
  const bias = floatsOf(index.initializer(inputOf(conv, 2)));
  if (inputOf(conv) !== PIXELS || imageOffsets.every((offset) => offset === 0)) return bias;
  const weights = floatsOf(kernel);
  const perOutput = weights.length / bias.length;
  const perInput = perOutput / imageOffsets.length;
  return bias.map((value, channel) => {
    let sum = value;
    for (let i = 0; i < perOutput; i += 1) {
      sum += (weights[channel * perOutput + i] ?? 0) * (imageOffsets[Math.floor(i / perInput)] ?? 0);
    }
    return sum;
  });
}

/** The last convolution in floats; the steps of its input are moved into its weights. */
function floatTail(conv: OnnxNode, to: Translation): OnnxNode[] {
  const [input, output] = [inputOf(conv), outputOf(conv)];
  const from = requireTensor(to.tensors, input, conv);
  const kernel = to.index.initializer(inputOf(conv, 1));
  const size = kernel.dims.slice(2).reduce((product, side) => product * side, 1);
  const weights = floatsOf(kernel).map(
    (weight, i) =>
      to.correction.gain * weight * (from.steps[Math.floor(i / size) % from.steps.length] as number),
  );
  const bias = floatsOf(to.index.initializer(inputOf(conv, 2))).map(
    (each) => to.correction.gain * each + to.correction.offset,
  );
  to.constants.push(tensor('tail:weights', weights, kernel.dims), tensor('tail:bias', bias));
  return [
    node('Transpose', [input], ['tail_planes'], { attributes: { perm: [0, 3, 1, 2] } }),
    node('DequantizeLinear', ['tail_planes', ONE, ZERO], ['tail_floats']),
    node('Conv', ['tail_floats', 'tail:weights', 'tail:bias'], [output], {
      attributes: attributesOf(conv, CONVOLUTION),
    }),
  ];
}

/** Integer attributes by name; `group` and `ceil_mode` are single numbers, the others lists. */
function attributesOf(from: OnnxNode, names: readonly string[]): Record<string, AttributeValue> {
  const entries = names.map((name): [string, AttributeValue] => {
    const values = integerAttribute(from, name);
    return [name, name === 'group' || name === 'ceil_mode' ? (values[0] ?? 0) : values];
  });
  return Object.fromEntries(entries);
}
