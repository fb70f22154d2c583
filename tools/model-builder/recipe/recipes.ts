import { decodeModel, encodeModel } from '../onnx/onnx-codec.js';
import { model } from '../onnx/onnx-build.js';
import type { OnnxGraph } from '../onnx/onnx-types.js';
import { byteGraph } from './byte-graph.js';
import type { Calibration } from './calibration.js';
import { graphOf, RecipeError } from './graph-index.js';
import { foldFloatCasts, freeBatch, keepOutputs, widenConstants } from './graph-steps.js';
import { withByteInterface } from './mask-ends.js';
import type { Recipe } from '#inference/model-manifest.js';
import { resizeByTwo } from './resize-doubling.js';

/** Input of a recipe. */
export interface RecipeInput {
  /** The shipped model: one float image input, opacity as its first output. */
  source: Uint8Array;
  input: { sidePixels: number; mean: readonly number[]; std: readonly number[] };
  /** Side of the model's output grid, in pixels. */
  gridSidePixels: number;
  /** Required for `int8`. */
  calibration?: Calibration | undefined;
}

/**
 * Applies a recipe. The result is deterministic on any machine: only sums, products, quotients and square roots of
 * doubles are used, which IEEE 754 defines exactly.
 * @returns the product, in chunks
 * @throws WireError or RecipeError when the source does not have the expected structure
 */
export function applyRecipe(recipe: Recipe, recipeInput: RecipeInput): readonly Uint8Array[] {
  const pruned = prunedGraph(recipeInput.source);
  const { nodes, initializers, inputs, outputs } = freeBatch(productOf(recipe, pruned, recipeInput));
  return encodeModel(
    model({ name: `${recipe.kind} of ${pruned.name ?? 'a graph'}`, nodes, initializers, inputs, outputs }),
  );
}

/** The graph with float weights, no casts, and opacity as its only output. @throws WireError or RecipeError */
export const floatGraph = (source: Uint8Array): OnnxGraph =>
  freeBatch(widenConstants(foldFloatCasts(prunedGraph(source))));

function prunedGraph(source: Uint8Array): OnnxGraph {
  const graph = graphOf(decodeModel(source));
  const [main] = graph.outputs;
  if (main === undefined) throw new RecipeError('the graph has no output');
  return resizeByTwo(keepOutputs(graph, [main]));
}

function productOf(recipe: Recipe, pruned: OnnxGraph, { input, ...more }: RecipeInput): OnnxGraph {
  const [mean, std] = [sameForAll(input.mean), sameForAll(input.std)];
  const sides = { inSidePixels: input.sidePixels, outSidePixels: more.gridSidePixels };
  const floats = (): OnnxGraph => widenConstants(foldFloatCasts(pruned));
  switch (recipe.kind) {
    case 'float32':
      return floats();
    case 'float16':
      return withByteInterface(pruned, { range: { mean, std }, half: true, ...sides });
    case 'int8': {
      const { calibration } = more;
      if (calibration === undefined) throw new RecipeError('the recipe needs a calibration');
      return byteGraph(floats(), { calibration, weightMax: recipe.weightMax, mean, std, ...sides });
    }
  }
}

/** @throws RecipeError when R, G and B have different values */
function sameForAll(values: readonly number[]): number {
  const [first = 0, ...others] = values;
  if (others.some((value) => value !== first)) throw new RecipeError('mean and std differ between channels');
  return first;
}
