import { integersOf } from '../onnx/tensor-values.js';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from '../onnx/onnx-types.js';

/** The graph is not built as the recipe expects; the message names the place. */
export class RecipeError extends Error {
  override readonly name = 'RecipeError';
}

/** Lookups in a graph that does not change while they are used. */
export class GraphIndex {
  readonly #producers = new Map<string, OnnxNode>();
  readonly #consumers = new Map<string, OnnxNode[]>();
  readonly #initializers = new Map<string, OnnxTensor>();

  constructor(graph: OnnxGraph) {
    for (const tensor of graph.initializers) this.#initializers.set(tensor.name ?? '', tensor);
    for (const node of graph.nodes) {
      for (const name of node.outputs) this.#producers.set(name, node);
      for (const name of node.inputs) {
        const known = this.#consumers.get(name);
        if (known === undefined) this.#consumers.set(name, [node]);
        else known.push(node);
      }
    }
  }

  /** The node that computes `name`; undefined for inputs and constants. */
  producer(name: string): OnnxNode | undefined {
    return this.#producers.get(name);
  }

  /** The nodes that read `name`. */
  consumers(name: string): readonly OnnxNode[] {
    return this.#consumers.get(name) ?? [];
  }

  /** @throws RecipeError when `name` is no constant of the graph */
  initializer(name: string): OnnxTensor {
    const found = this.#initializers.get(name);
    if (found === undefined) throw new RecipeError(`${name} is not a constant`);
    return found;
  }
}

/** @throws RecipeError when there is none */
export function graphOf(model: OnnxModel): OnnxGraph {
  if (model.graph === undefined) throw new RecipeError('the file holds no graph');
  return model.graph;
}

/** The only output of a node. @throws RecipeError */
export function outputOf(node: OnnxNode): string {
  const [name, ...more] = node.outputs;
  if (name === undefined || more.length > 0) throw new RecipeError(`${labelOf(node)} has not one output`);
  return name;
}

/** An input of a node. @throws RecipeError when it has none there */
export function inputOf(node: OnnxNode, at = 0): string {
  const name = node.inputs[at];
  if (name === undefined || name === '') throw new RecipeError(`${labelOf(node)} lacks input ${at}`);
  return name;
}

/** Whole-number attributes of a node, single ones as lists of one. */
export function integerAttribute(node: OnnxNode, name: string): number[] {
  const found = node.attributes.find((attribute) => attribute.name === name);
  if (found === undefined) return [];
  if (found.t !== undefined) return integersOf(found.t);
  return (found.i === undefined ? found.ints : [found.i]).map(Number);
}

/** Lengths of an input's, output's or inner value's dimensions; undefined where known at run time only. */
export const dimsOf = (info: OnnxValueInfo | undefined): (number | undefined)[] =>
  info?.type?.tensorType?.shape?.dims.map((dim) => dim.value) ?? [];

/** What to call a node in a message. */
export const labelOf = (node: OnnxNode): string => `${node.opType ?? 'node'} ${node.name ?? ''}`;
