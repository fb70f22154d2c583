import { decodeModel, encodeModel } from '../onnx/onnx-codec.js';
import { model } from '../onnx/onnx-build.js';
import type { OnnxGraph } from '../onnx/onnx-types.js';
import { byteGraph } from './byte-graph.js';
import type { Calibration } from './calibration.js';
import { graphOf, RecipeError } from './graph-index.js';
import { foldFloatCasts, freeBatch, keepOutputs, widenConstants } from './graph-steps.js';
import { withByteEnds } from './mask-ends.js';
import type { Recipe } from '#inference/recipe.schema.js';
import { resizeByTwo } from './resize-doubling.js';

/** What a recipe works on. */
export interface Ingredients {
  /** The shipped model: one float image input, opacity as its first output. */
  source: Uint8Array;
  input: { sidePixels: number; mean: readonly number[]; std: readonly number[] };
  /** The model's own grid, in pixels. */
  gridSidePixels: number;
  /** Needed for `int8`. */
  calibration?: Calibration | undefined;
}

/**
 * Carries a recipe out. The same ingredients always give the same bytes, on any machine: only sums, products,
 * quotients and square roots of doubles are used, which IEEE 754 defines exactly.
 * @returns the product, in pieces
 * @throws WireError or RecipeError when the source is not built as the recipe expects
 */
export function applyRecipe(recipe: Recipe, ingredients: Ingredients): readonly Uint8Array[] {
  const lean = leanGraph(ingredients.source);
  const { nodes, initializers, inputs, outputs } = freeBatch(productOf(recipe, lean, ingredients));
  return encodeModel(
    model({ name: `${recipe.kind} of ${lean.name ?? 'a graph'}`, nodes, initializers, inputs, outputs }),
  );
}

/** The model with float weights, no casts, and opacity as its only output. @throws WireError or RecipeError */
export const floatGraph = (source: Uint8Array): OnnxGraph =>
  freeBatch(widenConstants(foldFloatCasts(leanGraph(source))));

function leanGraph(source: Uint8Array): OnnxGraph {
  const graph = graphOf(decodeModel(source));
  const [main] = graph.outputs;
  if (main === undefined) throw new RecipeError('the graph has no output');
  return resizeByTwo(keepOutputs(graph, [main]));
}

function productOf(recipe: Recipe, lean: OnnxGraph, { input, ...more }: Ingredients): OnnxGraph {
  const [mean, std] = [sameForAll(input.mean), sameForAll(input.std)];
  const sides = { inSidePixels: input.sidePixels, outSidePixels: more.gridSidePixels };
  const floats = (): OnnxGraph => widenConstants(foldFloatCasts(lean));
  switch (recipe.kind) {
    case 'float32':
      return floats();
    case 'float16':
      return withByteEnds(lean, { range: { mean, std }, half: true, ...sides });
    case 'int8': {
      const { calibration } = more;
      if (calibration === undefined) throw new RecipeError('the recipe needs a calibration');
      return byteGraph(floats(), { calibration, weightMax: recipe.weightMax, mean, std, ...sides });
    }
  }
}

/** @throws RecipeError unless R, G and B are treated alike */
function sameForAll(values: readonly number[]): number {
  const [first = 0, ...others] = values;
  if (others.some((value) => value !== first)) throw new RecipeError('mean and std differ between channels');
  return first;
}
