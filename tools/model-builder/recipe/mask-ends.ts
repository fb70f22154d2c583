import { node, scalar, value } from '../onnx/onnx-build.js';
import { DataType, type OnnxGraph, type OnnxNode, type OnnxTensor } from '../onnx/onnx-types.js';
import { GraphIndex, inputOf, RecipeError } from './graph-index.js';
import { keepOutputs, renameValues } from './graph-steps.js';

/** Names of the byte input (images × rows × columns × R G B) and the byte output (images × 1 × rows × columns). */
export const PIXELS = 'pixels';
export const MASK = 'mask';

/**
 * Opacity before the sigmoid, on the model's own grid: what its last enlargement reads.
 * @throws RecipeError unless the graph ends in Resize → Sigmoid, casts apart
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

/** Nodes and constants to be put before or behind a network. */
export interface Ends {
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
}

/**
 * From float opacity before the sigmoid to bytes: 255 × sigmoid, rounded. On the model's own grid this is a
 * quarter of the values, and no loop in JavaScript.
 */
export function maskEnd(logits: string): Ends {
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

/** What pixels go through before the model: subtract `mean`, divide by `std`. Units: byte values. */
export interface PixelRange {
  mean: number;
  std: number;
}

/** From bytes to the float planes that the model was trained on. */
export function pixelsStart(planes: string, { mean, std }: PixelRange): Ends {
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

/** How bytes go into a float network and come out of it. */
export interface ByteEnds {
  range: PixelRange;
  inSidePixels: number;
  outSidePixels: number;
  /** The model computes in float16. */
  half: boolean;
}

/** Bytes in, bytes on the model's own grid out, around a graph with one float image input. */
export function withByteEnds(graph: OnnxGraph, ends: ByteEnds): OnnxGraph {
  const logits = logitsOf(graph, graph.outputs[0]?.name ?? '');
  const inner = renameValues(graph, new Map([[graph.inputs[0]?.name ?? '', 'planes']]));
  const start = pixelsStart('planes', ends.range);
  const end = maskEnd(ends.half ? 'logits_float' : logits);
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
