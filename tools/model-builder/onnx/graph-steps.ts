import { tensor } from './onnx-build.js';
import { floatsOf } from './tensor-values.js';
import { DataType, type OnnxGraph, type OnnxNode, type OnnxValueInfo } from './onnx-types.js';
import { GraphIndex, inputOf, integerAttribute, outputOf, RecipeError } from './graph-index.js';

/** A step of a recipe. It returns a new graph and does not change the given one. */
export type GraphStep = (graph: OnnxGraph) => OnnxGraph;

/**
 * Keeps only `outputs`, and the nodes and constants that they need. Nodes are in topological order, which the format
 * requires and some converters ignore.
 * @throws RecipeError when nothing computes an output, or the graph has a cycle
 */
export function keepOutputs(graph: OnnxGraph, outputs: readonly OnnxValueInfo[]): OnnxGraph {
  const index = new GraphIndex(graph);
  const nodes: OnnxNode[] = [];
  const state = new Map<OnnxNode, 'open' | 'done'>();
  const visit = (name: string): void => {
    const node = index.producer(name);
    if (node === undefined || state.get(node) === 'done') return;
    if (state.get(node) === 'open') throw new RecipeError(`${name} needs itself`);
    state.set(node, 'open');
    node.inputs.forEach(visit);
    state.set(node, 'done');
    nodes.push(node);
  };
  for (const { name = '' } of outputs) {
    if (index.producer(name) === undefined) throw new RecipeError(`nothing computes ${name}`);
    visit(name);
  }
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const initializers = graph.initializers.filter(({ name = '' }) => used.has(name));
  return { ...graph, nodes, initializers, outputs: [...outputs] };
}

/** Renames values in all nodes. */
export function renameValues(graph: OnnxGraph, names: ReadonlyMap<string, string>): OnnxGraph {
  const renamed = (name: string): string => names.get(name) ?? name;
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(renamed),
    outputs: node.outputs.map(renamed),
  }));
  return { ...graph, nodes };
}

/** Removes all casts between float16 and float: consumers read the cast's input. */
export const foldFloatCasts: GraphStep = (graph) => {
  const isFloat = (type: number | undefined): boolean => type === DataType.float || type === DataType.float16;
  const folded = new Map<string, string>();
  const nodes = graph.nodes.filter((node) => {
    if (node.opType !== 'Cast' || !isFloat(integerAttribute(node, 'to')[0])) return true;
    folded.set(outputOf(node), inputOf(node));
    return false;
  });
  const origin = (name: string): string => {
    const before = folded.get(name);
    return before === undefined ? name : origin(before);
  };
  // An output of a cast keeps its name: the cast's input is renamed.
  const outputs = graph.outputs.map(({ name = '' }) => name).filter((name) => folded.has(name));
  const final = new Map(outputs.map((name) => [origin(name), name]));
  const names = new Map<string, string>();
  for (const name of [...folded.keys(), ...final.keys()]) {
    names.set(name, final.get(origin(name)) ?? origin(name));
  }
  return renameValues({ ...graph, nodes }, names);
};

/** Float16 constants become float, without loss. */
export const widenConstants: GraphStep = (graph) => ({
  ...graph,
  initializers: graph.initializers.map((constant) =>
    constant.dataType === DataType.float16
      ? tensor(constant.name ?? '', floatsOf(constant), constant.dims)
      : constant,
  ),
});

/** Makes the first dimension of inputs and outputs dynamic, and drops shapes recorded for one image. */
export const freeBatch: GraphStep = (graph) => ({
  ...graph,
  valueInfo: [],
  inputs: graph.inputs.map(withFreeBatch),
  outputs: graph.outputs.map(withFreeBatch),
});

function withFreeBatch(info: OnnxValueInfo): OnnxValueInfo {
  const type = info.type?.tensorType;
  if (type?.shape === undefined) return info;
  const dims = [{ parameter: 'n', rest: [] }, ...type.shape.dims.slice(1)];
  return { ...info, type: { tensorType: { ...type, shape: { dims, rest: [] } }, rest: [] } };
}
