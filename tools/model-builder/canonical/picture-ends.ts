import type { OnnxGraph, OnnxNode } from '../onnx/onnx-types.js';
import {
  GraphIndex,
  inputOf,
  integerAttribute,
  labelOf,
  outputOf,
  RecipeError,
} from '../onnx/graph-index.js';
import { renameValues } from '../onnx/graph-steps.js';
import type { Constants } from './constant-folding.js';
import { affineOf, dataInput } from './convolution-folding.js';

/** Normalization of pixels, per channel: subtract `mean`, divide by `std`. Unit: byte values. */
export interface Normalization {
  mean: number[];
  std: number[];
}

/** A graph whose input is read by convolutions only. */
export interface BareInput {
  graph: OnnxGraph;
  /** Includes what the graph did to its input. */
  normalization: Normalization;
}

const CHANNELS = 3;
/** From rows, columns, channels to channels, rows, columns. */
const TO_PLANES = '0,3,1,2';

/** Removes normalization inside the graph, and the change of layout in front of it. */
export function bareInput(graph: OnnxGraph, given: Normalization, constants: Constants): BareInput {
  let [bare, { mean, std }] = [graph, given];
  for (;;) {
    const index = new GraphIndex(bare);
    const input = bare.inputs[0]?.name ?? '';
    const [first, ...others] = index.consumers(input);
    if (first === undefined || others.length > 0 || first.outputs.length !== 1) break;
    const affine = dataInput(first, constants) === input ? affineOf(first, constants) : undefined;
    const isLayout = first.opType === 'Transpose' && integerAttribute(first, 'perm').join() === TO_PLANES;
    if (affine === undefined && !isLayout) break;
    if (affine !== undefined) {
      const scale = spread(affine.scale);
      const offset = spread(affine.offset);
      mean = mean.map((value, i) => value - ((offset[i] ?? 0) * (std[i] ?? 1)) / (scale[i] ?? 1));
      std = std.map((value, i) => value / (scale[i] ?? 1));
    }
    const nodes = bare.nodes.filter((each) => each !== first);
    bare = renameValues({ ...bare, nodes }, new Map([[outputOf(first), input]]));
  }
  return { graph: bare, normalization: { mean, std } };
}

const spread = (values: readonly number[]): number[] =>
  Array.from({ length: CHANNELS }, (_, i) => values[values.length === 1 ? 0 : i] ?? NaN);

/** What follows the logits of a graph. */
export interface MaskEnd {
  /** Opacity before the sigmoid, on the graph's own grid. */
  logits: string;
  /** The graph applies the sigmoid itself. */
  hasSigmoid: boolean;
}

/** Operations that do not change values. */
const RESHAPING = new Set(['Squeeze', 'Unsqueeze', 'Reshape']);

/**
 * Follows the output back to the convolution that computes the logits: through a sigmoid and an enlargement, in any
 * order and each of them optional, and changes of shape.
 * @throws RecipeError when something else is there
 */
export function maskEnd(graph: OnnxGraph, constants: Constants): MaskEnd {
  const index = new GraphIndex(graph);
  let [name, hasSigmoid, isEnlarged] = [graph.outputs[0]?.name ?? '', false, false];
  for (;;) {
    const before = index.producer(name);
    if (before === undefined || before.opType === 'Conv') break;
    if (before.opType === 'Sigmoid' && !hasSigmoid) hasSigmoid = true;
    else if (before.opType === 'Resize' && !isEnlarged) isEnlarged = isBilinear(before);
    else if (!RESHAPING.has(before.opType ?? '') && !isUnitClip(before, constants)) {
      throw new RecipeError(
        `${labelOf(before)} is at the end of the graph, where a Conv, a Resize and a Sigmoid belong`,
      );
    }
    name = inputOf(before);
  }
  if (index.producer(name) === undefined) throw new RecipeError('the graph has no convolution');
  return { logits: name, hasSigmoid };
}

function isUnitClip(node: OnnxNode, constants: Constants): boolean {
  if (node.opType !== 'Clip') return false;
  const limit = (at: number, name: string): number | undefined =>
    constants.smallValue(node.inputs[at] ?? '')?.values[0] ??
    node.attributes.find((each) => each.name === name)?.f;
  return (limit(1, 'min') ?? -Infinity) <= 0 && (limit(2, 'max') ?? Infinity) >= 1;
}

/** @throws RecipeError unless the enlargement interpolates linearly between pixel centers */
export function isBilinear(resize: OnnxNode): true {
  const text = (name: string, otherwise: string): string => {
    const found = resize.attributes.find((attribute) => attribute.name === name)?.s;
    return found === undefined ? otherwise : new TextDecoder().decode(found);
  };
  const [mode, centers] = [text('mode', 'nearest'), text('coordinate_transformation_mode', 'half_pixel')];
  if (mode === 'linear' && (centers === 'half_pixel' || centers === 'pytorch_half_pixel')) return true;
  throw new RecipeError(
    `${labelOf(resize)} enlarges by ${mode} interpolation with ${centers} coordinates; only linear with half_pixel is supported`,
  );
}
