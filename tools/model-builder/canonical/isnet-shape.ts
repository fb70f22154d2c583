import type { OnnxGraph, OnnxNode } from '../onnx/onnx-types.js';
import {
  GraphIndex,
  inputOf,
  integerAttribute,
  labelOf,
  outputOf,
  RecipeError,
} from '../onnx/graph-index.js';

/** What quantization needs to know about the structure of a network. */
export interface IsnetShape {
  /** Values computed after the deepest block. */
  decoder: ReadonlySet<string>;
}

const OPERATIONS = new Set(['Conv', 'Relu', 'MaxPool', 'Concat', 'Add', 'Resize']);

/**
 * Recognizes networks of ISNet's kind by their structure: residual U-blocks ("RSU", Qin et al., U²-Net, Pattern
 * Recognition 2020), whose input and output are added, one after the other down to a deepest one and up again. Names
 * and numbers of channels, blocks and levels do not matter.
 * @param graph in canonical form
 * @throws RecipeError that states what is different
 */
export function isnetShape(graph: OnnxGraph): IsnetShape {
  const index = new GraphIndex(graph);
  const logits = graph.outputs[0]?.name ?? '';
  requireOperations(graph);
  for (const node of graph.nodes) requireConnected(node, index, logits);
  const sums = graph.nodes.filter(({ opType }) => opType === 'Add');
  requireResidualBlocks(sums, index);
  const depths = depthsOf(graph);
  const depthOf = (sum: OnnxNode): number => depths.get(outputOf(sum)) ?? 1;
  const deepest = Math.max(...sums.map(depthOf));
  const bottom = sums.findLast((sum) => depthOf(sum) === deepest) as OnnxNode;
  const encoder = ancestorsOf(outputOf(bottom), index);
  const decoder = graph.nodes.map(outputOf).filter((name) => !encoder.has(name));
  return { decoder: new Set(decoder) };
}

/** @throws RecipeError when the graph has an operation that no network of this kind has */
export function requireOperations({ nodes }: OnnxGraph): void {
  const other = nodes.find(({ opType }) => !OPERATIONS.has(opType ?? ''));
  if (other !== undefined) throw different(`it contains ${labelOf(other)}`);
}

const different = (what: string): RecipeError => new RecipeError(`the network is not ISNet-shaped: ${what}`);

function requireConnected(node: OnnxNode, index: GraphIndex, logits: string): void {
  if (node.opType === 'Add' && node.inputs.length !== 2)
    throw different(`${labelOf(node)} has no two inputs`);
  if (node.opType !== 'Conv') return;
  if ((integerAttribute(node, 'group')[0] ?? 1) !== 1) throw different(`${labelOf(node)} has groups`);
  const readers = index.consumers(outputOf(node)).map(({ opType }) => opType ?? '');
  const isActivated = readers.length === 1 && readers[0] === 'Relu';
  const isInner = readers.length > 0 && readers.every((reader) => reader === 'Conv');
  if (isActivated || isInner || (outputOf(node) === logits && readers.length === 0)) return;
  throw different(`${labelOf(node)} is followed by ${readers.join(' and ')} instead of a ReLU`);
}

/** Steps of bytes are shared by the operands of a sum: an operand may be part of one sum only. */
function requireResidualBlocks(sums: readonly OnnxNode[], index: GraphIndex): void {
  if (sums.length === 0) throw different('it has no block whose input is added to its output');
  const operands = new Set<string>();
  for (const sum of sums) {
    const [first, second] = [inputOf(sum), inputOf(sum, 1)];
    for (const operand of [first, second]) {
      const isFree = index.producer(operand)?.opType === 'Relu' && !operands.has(operand);
      if (!isFree) throw different(`${labelOf(sum)} does not add two ReLUs`);
      operands.add(operand);
    }
    if (!ancestorsOf(first, index).has(second) && !ancestorsOf(second, index).has(first)) {
      throw different(`${labelOf(sum)} does not add the input of a block to its output`);
    }
  }
}

/** Pixels of the image for one of each value, along a side. */
function depthsOf(graph: OnnxGraph): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  for (const node of graph.nodes) {
    const before = depths.get(inputOf(node)) ?? 1;
    const [stride = 1] = integerAttribute(node, 'strides');
    depths.set(outputOf(node), node.opType === 'Resize' ? before / 2 : before * stride);
  }
  return depths;
}

/** A value and all values that it is computed from. */
function ancestorsOf(name: string, index: GraphIndex): ReadonlySet<string> {
  const found = new Set([name]);
  for (const each of found) index.producer(each)?.inputs.forEach((input) => found.add(input));
  return found;
}
