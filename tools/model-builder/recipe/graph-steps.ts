import { tensor } from '../onnx/onnx-build.js';
import { floatsOf } from '../onnx/tensor-values.js';
import { DataType, type OnnxGraph, type OnnxNode, type OnnxValueInfo } from '../onnx/onnx-types.js';
import { GraphIndex, inputOf, integerAttribute, outputOf, RecipeError } from './graph-index.js';

/** Steps of a recipe. Each returns a new graph and leaves the one it is given, and everything in it, alone. */
export type GraphStep = (graph: OnnxGraph) => OnnxGraph;

/**
 * Keeps `outputs` alone, and of nodes and constants only what they need. Nodes come out in an order in which
 * they can be computed, as the format asks for and converters do not always keep to.
 * @throws RecipeError when nothing computes one of them, or nodes wait for each other
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

/** Gives values other names, wherever nodes read or compute them. */
export function renameValues(graph: OnnxGraph, names: ReadonlyMap<string, string>): OnnxGraph {
  const renamed = (name: string): string => names.get(name) ?? name;
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(renamed),
    outputs: node.outputs.map(renamed),
  }));
  return { ...graph, nodes };
}

/** Removes every cast between float16 and float: readers of its result read what it was given. */
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
  // An output that a cast made keeps its name: whatever was cast is now called that.
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

/** Sets the first dimension of inputs and outputs free, and forgets shapes that were noted for one image. */
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
