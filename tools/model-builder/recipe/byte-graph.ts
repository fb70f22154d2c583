import { MICROSOFT, node, scalar, tensor, type AttributeValue } from '../onnx/onnx-build.js';
import { floatsOf } from '../onnx/tensor-values.js';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../onnx/onnx-types.js';
import { quantize } from './byte-weights.js';
import { byteTensors, requireTensor, MAX_CORRELATION, type ByteTensor } from './channel-steps.js';
import type { Calibration } from './calibration.js';
import { GraphIndex, inputOf, integerAttribute, labelOf, outputOf, RecipeError } from './graph-index.js';
import { keepOutputs, renameValues } from './graph-steps.js';
import { logitsOf, maskFragment, maskInfo, PIXELS, pixelsInfo } from './mask-ends.js';
import { doubling } from './resize-doubling.js';

/** Options for the conversion of a float graph to bytes. */
export interface ByteRecipe {
  calibration: Calibration;
  /** Largest weight: 63 for every CPU, 127 for those with VNNI (or ARM's dot products). */
  weightMax: number;
  /** Subtracted from a pixel's byte; must be an integer: it becomes the zero point. */
  mean: number;
  /** Divides the difference. */
  std: number;
  inSidePixels: number;
  outSidePixels: number;
}

/**
 * Saturation and rounding move logits towards zero and slightly down. This corrects them: a regression on the logits
 * of the float model, the same for photographs inside and outside of the calibration.
 */
const LOGITS = { gain: 1.06, offset: 0.03 };

const [ONE, ZERO, TWICE_INNER] = ['one', 'zero', 'twice_inner'];
const CONVOLUTION = ['dilations', 'group', 'kernel_shape', 'pads', 'strides'];
const POOL = ['ceil_mode', 'kernel_shape', 'pads', 'strides'];

/** State of the translation of one graph. */
interface Translation {
  index: GraphIndex;
  tensors: ReadonlyMap<string, ByteTensor>;
  weightMax: number;
  logits: string;
  constants: OnnxTensor[];
}

/**
 * Converts a graph to bytes, channels last throughout: the layout of ONNX Runtime's fast integer convolutions on
 * CPUs, and of the pixels. All steps are moved into weights, so bytes need no scale between operations. Only the last
 * convolution, to one channel, stays in floats: half of the error came from it, and its cost is negligible.
 * @param graph float, one image input, ending in Resize → Sigmoid, made of Conv, Relu, MaxPool, Resize by two, Concat
 * and Add
 * @throws RecipeError for anything else
 */
export function byteGraph(graph: OnnxGraph, recipe: ByteRecipe): OnnxGraph {
  const logits = logitsOf(graph, graph.outputs[0]?.name ?? '');
  const named = renameValues(graph, new Map([[graph.inputs[0]?.name ?? '', PIXELS]]));
  const floats = {
    ...keepOutputs(named, [{ name: logits, rest: [] }]),
    inputs: pixelsInfo(recipe.inSidePixels),
  };
  const image = {
    steps: new Float64Array(3).fill(1 / recipe.std),
    zero: recipe.mean,
    means: new Float64Array(3),
    likeness: new Float64Array(3).fill(MAX_CORRELATION),
    enlarged: new Uint8Array(3),
  };
  const tensors = byteTensors(floats, recipe.calibration, image);
  const constants = sharedConstants(tensors);
  const translation = {
    index: new GraphIndex(floats),
    tensors,
    weightMax: recipe.weightMax,
    logits,
    constants,
  };
  const nodes = floats.nodes.flatMap((each) => translate(each, translation));
  const end = maskFragment(logits);
  return keepOutputs(
    { ...floats, nodes: [...nodes, ...end.nodes], initializers: [...constants, ...end.initializers] },
    maskInfo(recipe.outSidePixels),
  );
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
  const bias = floatsOf(to.index.initializer(inputOf(conv, 2)));
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

/** The last convolution in floats; the steps of its input are moved into its weights. */
function floatTail(conv: OnnxNode, to: Translation): OnnxNode[] {
  const [input, output] = [inputOf(conv), outputOf(conv)];
  const from = requireTensor(to.tensors, input, conv);
  const kernel = to.index.initializer(inputOf(conv, 1));
  const size = kernel.dims.slice(2).reduce((product, side) => product * side, 1);
  const weights = floatsOf(kernel).map(
    (weight, i) => LOGITS.gain * weight * (from.steps[Math.floor(i / size) % from.steps.length] as number),
  );
  const bias = floatsOf(to.index.initializer(inputOf(conv, 2))).map(
    (each) => LOGITS.gain * each + LOGITS.offset,
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
