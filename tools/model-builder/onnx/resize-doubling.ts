import { node, tensor } from './onnx-build.js';
import type { OnnxNode } from './onnx-types.js';
import {
  dimsOf,
  GraphIndex,
  inputOf,
  integerAttribute,
  labelOf,
  outputOf,
  RecipeError,
} from './graph-index.js';
import { keepOutputs, type GraphStep } from './graph-steps.js';

const SCALES = 'twice';

/**
 * Replaces enlargements to a size that is computed at run time (Shape → Slice → Concat with constants) by
 * enlargements by two, which work for any batch size. The shapes recorded in the file prove that each of them
 * doubles.
 * @throws RecipeError where it does not
 */
export const resizeByTwo: GraphStep = (graph) => {
  const index = new GraphIndex(graph);
  const shapes = new Map(
    [...graph.valueInfo, ...graph.outputs].map((info) => [info.name ?? '', dimsOf(info)]),
  );
  const nodes = graph.nodes.map((each) => {
    if (each.opType !== 'Resize') return each;
    const from = shapes.get(castSource(index, inputOf(each))) ?? [];
    const to = fixedSizes(index, each);
    if (to.length !== 2 || to.some((side, i) => side !== 2 * (from[i + 2] ?? NaN))) {
      throw new RecipeError(`${labelOf(each)} does not enlarge by two`);
    }
    return doubling(inputOf(each), outputOf(each));
  });
  const scales = tensor(SCALES, Float32Array.of(1, 1, 2, 2));
  return keepOutputs({ ...graph, nodes, initializers: [...graph.initializers, scales] }, graph.outputs);
};

/** Bilinear with half-pixel centers, as in PyTorch with `align_corners=False`. */
export const doubling = (input: string, output: string, scales = SCALES): OnnxNode =>
  node('Resize', [input, '', scales], [output], {
    attributes: { coordinate_transformation_mode: 'half_pixel', mode: 'linear' },
  });

/** Output height and width of a Resize. */
function fixedSizes(index: GraphIndex, resize: OnnxNode): number[] {
  const mode = resize.attributes.find(({ name }) => name === 'coordinate_transformation_mode')?.s;
  if (new TextDecoder().decode(mode) !== 'half_pixel') return [];
  const sizes = index.producer(inputOf(resize, 3));
  const fixed = sizes?.opType === 'Concat' ? index.producer(inputOf(sizes, 1)) : undefined;
  return fixed?.opType === 'Constant' ? integerAttribute(fixed, 'value') : [];
}

/** Casts change no shape. */
function castSource(index: GraphIndex, name: string): string {
  const cast = index.producer(name);
  return cast?.opType === 'Cast' ? castSource(index, inputOf(cast)) : name;
}
