import { node, tensor, value } from '../onnx/onnx-build.js';
import { DataType, type OnnxGraph, type OnnxNode } from '../onnx/onnx-types.js';
import { inputOf, integerAttribute, labelOf, outputOf, RecipeError } from '../onnx/graph-index.js';
import { keepOutputs, renameValues } from '../onnx/graph-steps.js';
import { doubling } from '../onnx/resize-doubling.js';
import { foldConstants, type FoldedGraph } from './constant-folding.js';
import { foldConvolutions } from './convolution-folding.js';
import { requireOperations } from './isnet-shape.js';
import { bareInput, isBilinear, maskEnd, type Normalization } from './picture-ends.js';
import { padsOf, type Dims } from './value-shapes.js';

/** What the manifest says about a float model. */
export interface FloatFacts extends Normalization {
  inputSidePixels: number;
  /** The main output; without it, the first. */
  outputName?: string | undefined;
  /** The output is opacity before the sigmoid. */
  isLogits: boolean;
}

/**
 * A float graph in the one form that quantization reads: planes of pixels in, logits out, made of Conv with bias and
 * explicit attributes, Relu, MaxPool, Concat, Add and Resize by two, without names that the product uses itself.
 */
export interface CanonicalGraph {
  graph: OnnxGraph;
  normalization: Normalization;
  gridSidePixels: number;
}

const IMAGE_RANK = 4;
const SCALES = 'twice';
/** Names of the product's own values and constants. */
const RESERVED =
  /^(pixels|mask|one|zero(_\d+)?|twice|twice_inner|opacity(_step|_zero)?|tail_(planes|floats)|tail:.*|.*:(weights|steps|zeros|bias|kernel|offset))$/;

/**
 * Brings a graph of any exporter into the canonical form.
 * @throws RecipeError or WireError when it has another structure; the message names the operation
 */
export function canonicalGraph(source: OnnxGraph, facts: FloatFacts): CanonicalGraph {
  const output = source.outputs.find(({ name }) => name === (facts.outputName ?? source.outputs[0]?.name));
  if (output === undefined) throw new RecipeError('the graph has no such output');
  const pruned = withFreeNames(keepOutputs(source, [output]));
  const folded = foldConstants(pruned, inputDims(pruned, facts.inputSidePixels));
  const { graph, normalization } = bareInput(folded.graph, facts, folded.constants);
  const whole = foldConvolutions({ ...folded, graph });
  const { logits, hasSigmoid } = maskEnd(whole, folded.constants);
  if (hasSigmoid === facts.isLogits) {
    throw new RecipeError(
      hasSigmoid
        ? 'the graph ends in a Sigmoid, but its output is declared as logits'
        : 'the graph has no Sigmoid at its end, and its output is not declared as logits',
    );
  }
  const kept = keepOutputs(whole, [value(logits, DataType.float, ['n', 1, 'grid_rows', 'grid_columns'])]);
  requireOperations(kept);
  const nodes = withoutEqualResizes(kept, folded).nodes.map((each) => canonicalNode(each, folded));
  const scales = tensor(SCALES, Float32Array.of(1, 1, 2, 2));
  const inputs = [value(kept.inputs[0]?.name ?? '', DataType.float, ['n', 3, 'rows', 'columns'])];
  const canonical = { ...kept, nodes, inputs, initializers: [...kept.initializers, scales] };
  return {
    graph: keepOutputs(canonical, kept.outputs),
    normalization,
    gridSidePixels: squareOf(folded.dims.get(logits), logits),
  };
}

function inputDims({ inputs, initializers }: OnnxGraph, side: number): Dims {
  const constants = new Set(initializers.map(({ name }) => name));
  const images = inputs.filter(({ name }) => !constants.has(name));
  if (images.length !== 1)
    throw new RecipeError(`the graph has ${images.length} inputs instead of one image`);
  const dims = images[0]?.type?.tensorType?.shape?.dims.map((dim) => dim.value) ?? [];
  const isRows = dims.length === IMAGE_RANK && dims[IMAGE_RANK - 1] === 3 && dims[1] !== 3;
  return isRows ? [1, side, side, 3] : [1, 3, side, side];
}

/** Values with names of the product get others. */
function withFreeNames(graph: OnnxGraph): OnnxGraph {
  const constants = new Set(graph.initializers.map(({ name }) => name));
  const inputs = graph.inputs.filter(({ name }) => !constants.has(name));
  const named = [...inputs, ...graph.initializers].map(({ name = '' }) => name);
  const taken = [...named, ...graph.nodes.flatMap(({ outputs }) => outputs)].filter((name) =>
    RESERVED.test(name),
  );
  const names = new Map(taken.map((name) => [name, `source/${name.replaceAll(':', '/')}`]));
  const renamed = <T extends { name?: string }>(each: T): T => {
    const name = names.get(each.name ?? '');
    return name === undefined ? each : { ...each, name };
  };
  return {
    ...renameValues(graph, names),
    inputs: inputs.map(renamed),
    outputs: graph.outputs.map(renamed),
    initializers: graph.initializers.map(renamed),
  };
}

function squareOf(dims: Dims | undefined, name: string): number {
  const [, channels, rows, columns] = dims ?? [];
  if (channels !== 1 || rows === undefined || rows !== columns) {
    throw new RecipeError(`the last convolution, ${name}, does not compute one square plane`);
  }
  return rows;
}

/** Removes enlargements to the size that a value has anyway. */
function withoutEqualResizes(graph: OnnxGraph, { dims }: FoldedGraph): OnnxGraph {
  const names = new Map<string, string>();
  const nodes = graph.nodes.filter((each) => {
    if (each.opType !== 'Resize') return true;
    const [from, to] = [dims.get(inputOf(each)), dims.get(outputOf(each))];
    if (from === undefined || from.join() !== to?.join()) return true;
    names.set(outputOf(each), names.get(inputOf(each)) ?? inputOf(each));
    return false;
  });
  return renameValues({ ...graph, nodes }, names);
}

function canonicalNode(each: OnnxNode, { dims }: FoldedGraph): OnnxNode {
  if (each.opType === 'Resize') return canonicalResize(each, dims);
  if (each.opType === 'MaxPool') return each;
  if (each.opType === 'MaxPool') return canonicalPool(each, dims);
  const axis = integerAttribute(each, 'axis')[0] ?? 0;
  if (each.opType === 'Concat' && axis !== 1 && axis !== 1 - IMAGE_RANK) {
    throw new RecipeError(`${labelOf(each)} does not join channels`);
  }
  return each;
}

function canonicalPool(each: OnnxNode, dims: ReadonlyMap<string, Dims>): OnnxNode {
  const kernel = integerAttribute(each, 'kernel_shape');
  const strides = integerAttribute(each, 'strides');
  if (integerAttribute(each, 'dilations').some((step) => step !== 1)) {
    throw new RecipeError(`${labelOf(each)} has dilations`);
  }
  return node('MaxPool', [inputOf(each)], [outputOf(each)], {
    attributes: {
      ceil_mode: integerAttribute(each, 'ceil_mode')[0] ?? 0,
      kernel_shape: kernel,
      pads: padsOf(each, dims.get(inputOf(each))?.slice(2) ?? [], kernel),
      strides: strides.length === 0 ? kernel.map(() => 1) : strides,
    },
  });
}

function canonicalResize(each: OnnxNode, dims: ReadonlyMap<string, Dims>): OnnxNode {
  isBilinear(each);
  const [from = [], to = []] = [dims.get(inputOf(each)), dims.get(outputOf(each))];
  const isDouble =
    to.length === IMAGE_RANK && to.every((dim, i) => dim === (i < 2 ? 1 : 2) * (from[i] ?? NaN));
  if (!isDouble)
    throw new RecipeError(`${labelOf(each)} enlarges ${from.join('×')} to ${to.join('×')}, not by two`);
  return doubling(inputOf(each), outputOf(each));
}
