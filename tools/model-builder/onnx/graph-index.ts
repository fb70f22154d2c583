import { integersOf } from './tensor-values.js';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from './onnx-types.js';

/** The graph does not have the structure that the recipe expects; the message names the node. */
export class RecipeError extends Error {
  override readonly name = 'RecipeError';
}

/** Lookups in a graph, which must not change meanwhile. */
export class GraphIndex {
  private readonly producers = new Map<string, OnnxNode>();
  private readonly consumersByName = new Map<string, OnnxNode[]>();
  private readonly initializers = new Map<string, OnnxTensor>();

  constructor(graph: OnnxGraph) {
    for (const tensor of graph.initializers) this.initializers.set(tensor.name ?? '', tensor);
    for (const node of graph.nodes) {
      for (const name of node.outputs) this.producers.set(name, node);
      for (const name of node.inputs) {
        const known = this.consumersByName.get(name);
        if (known === undefined) this.consumersByName.set(name, [node]);
        else known.push(node);
      }
    }
  }

  /** The node that computes `name`; undefined for inputs and constants. */
  producer(name: string): OnnxNode | undefined {
    return this.producers.get(name);
  }

  /** The nodes that read `name`. */
  consumers(name: string): readonly OnnxNode[] {
    return this.consumersByName.get(name) ?? [];
  }

  /** @throws RecipeError when `name` is no constant of the graph */
  initializer(name: string): OnnxTensor {
    const found = this.initializers.get(name);
    if (found === undefined) throw new RecipeError(`${name} is not a constant`);
    return found;
  }
}

/** @throws RecipeError when the file has no graph */
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

/** Integer attributes of a node, single ones as lists of one. */
export function integerAttribute(node: OnnxNode, name: string): number[] {
  const found = node.attributes.find((attribute) => attribute.name === name);
  if (found === undefined) return [];
  if (found.t !== undefined) return integersOf(found.t);
  return (found.i === undefined ? found.ints : [found.i]).map(Number);
}

/** Dimensions of an input, output or inner value; undefined when dynamic. */
export const dimsOf = (info: OnnxValueInfo | undefined): (number | undefined)[] =>
  info?.type?.tensorType?.shape?.dims.map((dim) => dim.value) ?? [];

/** Label of a node for messages. */
export const labelOf = (node: OnnxNode): string => `${node.opType ?? 'node'} ${node.name ?? ''}`;
