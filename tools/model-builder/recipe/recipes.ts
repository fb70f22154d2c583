import { encodeModel } from '../onnx/onnx-codec.js';
import { model } from '../onnx/onnx-build.js';
import type { OnnxGraph, OnnxModel } from '../onnx/onnx-types.js';
import { canonicalGraph, type FloatFacts } from '../canonical/canonical-graph.js';
import { byteGraph } from './byte-graph.js';
import type { Calibration } from './calibration.js';
import { graphOf, RecipeError } from '../onnx/graph-index.js';
import { foldFloatCasts, freeBatch, keepOutputs, widenConstants } from '../onnx/graph-steps.js';
import { withByteInterface } from './mask-ends.js';
import type { Recipe } from '#inference/model-manifest.js';
import { resizeByTwo } from '../onnx/resize-doubling.js';

/** Input of a recipe. */
export interface RecipeInput {
  /** The float model: one image input. */
  source: OnnxModel;
  facts: FloatFacts;
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
  const source = graphOf(recipeInput.source);
  const { nodes, initializers, inputs, outputs } = freeBatch(productOf(recipe, source, recipeInput));
  return encodeModel(
    model({ name: `${recipe.kind} of ${source.name ?? 'a graph'}`, nodes, initializers, inputs, outputs }),
  );
}

function prunedGraph(graph: OnnxGraph): OnnxGraph {
  const [main] = graph.outputs;
  if (main === undefined) throw new RecipeError('the graph has no output');
  return resizeByTwo(keepOutputs(graph, [main]));
}

function productOf(recipe: Recipe, source: OnnxGraph, { facts, calibration }: RecipeInput): OnnxGraph {
  switch (recipe.kind) {
    case 'float32':
      return widenConstants(foldFloatCasts(prunedGraph(source)));
    case 'float16': {
      const { gridSidePixels } = canonicalGraph(source, facts);
      const range = { mean: sameForAll(facts.mean), std: sameForAll(facts.std) };
      const sides = { inSidePixels: facts.inputSidePixels, outSidePixels: gridSidePixels };
      return withByteInterface(prunedGraph(source), { range, half: true, ...sides });
    }
    case 'int8': {
      if (calibration === undefined) throw new RecipeError('the recipe needs a calibration');
      const canonical = canonicalGraph(source, facts);
      const { weightMax } = recipe;
      return byteGraph(canonical, { calibration, weightMax, inSidePixels: facts.inputSidePixels });
    }
  }
}

/** @throws RecipeError when R, G and B have different values */
function sameForAll(values: readonly number[]): number {
  const [first = 0, ...others] = values;
  if (others.some((value) => value !== first)) throw new RecipeError('mean and std differ between channels');
  return first;
}
