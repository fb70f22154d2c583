import { node, scalar, value } from '../onnx/onnx-build.js';
import { DataType, type OnnxGraph, type OnnxNode, type OnnxTensor } from '../onnx/onnx-types.js';
import { GraphIndex, inputOf, RecipeError } from '../onnx/graph-index.js';
import { keepOutputs, renameValues } from '../onnx/graph-steps.js';

/** Names of the byte input (images × rows × columns × R G B) and the byte output (images × 1 × rows × columns). */
export const PIXELS = 'pixels';
export const MASK = 'mask';

/**
 * Name of the opacity before the sigmoid, on the model's own grid: the input of the last enlargement.
 * @throws RecipeError unless the graph ends in Resize → Sigmoid, apart from casts
 */
export function logitsOf(graph: OnnxGraph, output: string): string {
  const index = new GraphIndex(graph);
  const before = (name: string, opType: string): string => {
    const found = index.producer(name);
    if (found?.opType === 'Cast') return before(inputOf(found), opType);
    if (found?.opType !== opType) throw new RecipeError(`${name} does not come from ${opType}`);
    return inputOf(found);
  };
  const logits = before(before(output, 'Sigmoid'), 'Resize');
  const cast = index.producer(logits);
  return cast?.opType === 'Cast' ? inputOf(cast) : logits;
}

/** Nodes and constants to add before or after a graph. */
export interface GraphFragment {
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
}

/**
 * Converts logits to bytes: 255 × sigmoid, rounded. On the model's own grid this is a quarter of the values, and
 * needs no loop in JavaScript.
 */
export function maskFragment(logits: string): GraphFragment {
  return {
    nodes: [
      node('Sigmoid', [logits], ['opacity']),
      node('QuantizeLinear', ['opacity', 'opacity_step', 'opacity_zero'], [MASK]),
    ],
    initializers: [
      scalar('opacity_step', Float32Array.of(1 / 255)),
      scalar('opacity_zero', Uint8Array.of(0)),
    ],
  };
}

/** Byte output, `side` × `side`. */
export const maskInfo = (side: number): OnnxGraph['outputs'] => [
  value(MASK, DataType.uint8, ['n', 1, side, side]),
];

/** Byte input, `side` × `side`. */
export const pixelsInfo = (side: number): OnnxGraph['inputs'] => [
  value(PIXELS, DataType.uint8, ['n', side, side, 3]),
];

/** Normalization of pixels: subtract `mean`, divide by `std`. Unit: byte values. */
export interface PixelRange {
  mean: number;
  std: number;
}

/** Converts bytes to the float planes that the model was trained on. */
export function pixelFragment(planes: string, { mean, std }: PixelRange): GraphFragment {
  return {
    nodes: [
      node('Transpose', [PIXELS], ['pixels_planes'], { attributes: { perm: [0, 3, 1, 2] } }),
      node('Cast', ['pixels_planes'], ['pixels_float'], { attributes: { to: DataType.float } }),
      node('Sub', ['pixels_float', 'pixels_mean'], ['pixels_centred']),
      node('Div', ['pixels_centred', 'pixels_std'], [planes]),
    ],
    initializers: [scalar('pixels_mean', Float32Array.of(mean)), scalar('pixels_std', Float32Array.of(std))],
  };
}

/** Byte input and output of a float graph. */
export interface ByteInterface {
  range: PixelRange;
  inSidePixels: number;
  outSidePixels: number;
  /** The graph computes in float16. */
  half: boolean;
}

/** Adds byte input and byte output, on the model's own grid, to a graph with one float image input. */
export function withByteInterface(graph: OnnxGraph, ends: ByteInterface): OnnxGraph {
  const logits = logitsOf(graph, graph.outputs[0]?.name ?? '');
  const inner = renameValues(graph, new Map([[graph.inputs[0]?.name ?? '', 'planes']]));
  const start = pixelFragment('planes', ends.range);
  const end = maskFragment(ends.half ? 'logits_float' : logits);
  const widened = node('Cast', [logits], ['logits_float'], { attributes: { to: DataType.float } });
  const outputs = maskInfo(ends.outSidePixels);
  const whole = {
    ...inner,
    nodes: [...start.nodes, ...inner.nodes, ...(ends.half ? [widened] : []), ...end.nodes],
    initializers: [...start.initializers, ...inner.initializers, ...end.initializers],
    inputs: pixelsInfo(ends.inSidePixels),
  };
  return keepOutputs(whole, outputs);
}
