import { tensor } from '../onnx/onnx-build.js';
import { floatsOf } from '../onnx/tensor-values.js';
import { DataType, type OnnxGraph, type OnnxNode, type OnnxTensor } from '../onnx/onnx-types.js';
import { integerAttribute, labelOf, RecipeError } from '../onnx/graph-index.js';
import { keepOutputs } from '../onnx/graph-steps.js';
import { evaluate, smallValueOf, vector, type SmallValue } from './small-values.js';
import { shapeOf, type Dims } from './value-shapes.js';

/** A graph without shape arithmetic, with what was worked out about its values. */
export interface FoldedGraph {
  graph: OnnxGraph;
  /** Dimensions of values, for one image. */
  dims: ReadonlyMap<string, Dims>;
  constants: Constants;
}

/** Operations whose output is their input. A Dropout does nothing outside of training. */
const PASSING = new Set(['Identity', 'Dropout']);

const isFloatType = (type: number | undefined): boolean =>
  type === DataType.float || type === DataType.float16;

/** Constants of a graph, weights in 32-bit floats. */
export class Constants {
  private readonly tensors: Map<string, OnnxTensor>;
  private readonly small = new Map<string, SmallValue>();

  constructor(initializers: readonly OnnxTensor[]) {
    this.tensors = new Map(initializers.map((each) => [each.name ?? '', widened(each)]));
  }

  add(name: string, constant: OnnxTensor | SmallValue): void {
    if ('values' in constant) this.small.set(name, constant);
    else this.tensors.set(name, widened({ ...constant, name }));
  }

  has(name: string): boolean {
    return this.small.has(name) || this.tensors.has(name);
  }

  /** Values of a constant that is not a weight; undefined for everything else. */
  smallValue(name: string): SmallValue | undefined {
    const known = this.small.get(name);
    const found = this.tensors.get(name);
    if (known !== undefined || found === undefined) return known;
    const value = smallValueOf(found);
    if (value !== undefined) this.small.set(name, value);
    return value;
  }

  /** @throws RecipeError when `name`, which `node` reads, is not a constant */
  tensor(name: string, node: OnnxNode): OnnxTensor {
    const found = this.tensors.get(name);
    if (found !== undefined) return found;
    const value = this.small.get(name);
    if (value === undefined) throw new RecipeError(`${labelOf(node)} has ${name}, which is not a constant`);
    return tensor(name, Float32Array.from(value.values), value.dims);
  }

  dims(name: string): Dims | undefined {
    return this.small.get(name)?.dims ?? this.tensors.get(name)?.dims;
  }
}

const widened = (constant: OnnxTensor): OnnxTensor =>
  constant.dataType === DataType.float16
    ? tensor(constant.name ?? '', floatsOf(constant), constant.dims)
    : constant;

/**
 * Works out everything that depends on shapes and constants only, for one image of `inputDims`: Shape, Gather, Slice,
 * Concat and arithmetic of sizes. Constant nodes become constants; casts between floats, Identity and Dropout
 * disappear. Operations on pixels stay as they are.
 */
export function foldConstants(graph: OnnxGraph, inputDims: Dims): FoldedGraph {
  const pass = new FoldingPass(graph, inputDims);
  const nodes = graph.nodes.flatMap((node) => pass.visit(node));
  const outputs = graph.outputs.map((info) => ({ ...info, name: pass.origin(info.name ?? '') }));
  const names = new Set(nodes.flatMap(({ inputs }) => inputs));
  const initializers = [...names].flatMap((name) => pass.initializer(name));
  const folded = keepOutputs({ ...graph, nodes, initializers, valueInfo: [] }, outputs);
  return { graph: folded, dims: pass.dims, constants: pass.constants };
}

class FoldingPass {
  readonly dims = new Map<string, Dims>();
  readonly constants: Constants;
  private readonly aliases = new Map<string, string>();

  constructor(graph: OnnxGraph, inputDims: Dims) {
    this.constants = new Constants(graph.initializers);
    // Old files list constants as inputs, too.
    const input = graph.inputs.find(({ name = '' }) => !this.constants.has(name));
    this.dims.set(input?.name ?? '', inputDims);
  }

  origin(name: string): string {
    return this.aliases.get(name) ?? name;
  }

  initializer(name: string): OnnxTensor[] {
    return this.constants.has(name) ? [this.constants.tensor(name, emptyNode)] : [];
  }

  visit(node: OnnxNode): OnnxNode[] {
    const inputs = node.inputs.map((name) => this.origin(name));
    const [output = ''] = node.outputs;
    const read = { ...node, inputs };
    if (this.fold(read, output)) return [];
    const isFloatCast = node.opType === 'Cast' && isFloatType(integerAttribute(node, 'to')[0]);
    if (PASSING.has(node.opType ?? '') || isFloatCast) {
      this.aliases.set(output, inputs[0] ?? '');
      return [];
    }
    const dims = shapeOf(read, {
      dims: (at) => this.dimsOf(inputs[at] ?? ''),
      constant: (at) => this.constants.smallValue(inputs[at] ?? ''),
    });
    if (dims !== undefined) this.dims.set(output, dims);
    return [read];
  }

  /** Records the output as a constant if it is one. */
  private fold(node: OnnxNode, output: string): boolean {
    if (node.opType === 'Constant') {
      const constant = constantOf(node);
      if (constant !== undefined) this.constants.add(output, constant);
      return constant !== undefined;
    }
    const value = this.sizeOf(node) ?? this.evaluated(node);
    if (value === undefined) return false;
    this.constants.add(output, value);
    return true;
  }

  private sizeOf(node: OnnxNode): SmallValue | undefined {
    const dims = this.dimsOf(node.inputs[0] ?? '');
    if (dims === undefined) return undefined;
    if (node.opType === 'Shape') {
      const [[start = 0], [end]] = [integerAttribute(node, 'start'), integerAttribute(node, 'end')];
      return vector(dims.slice(start, end));
    }
    if (node.opType !== 'Size') return undefined;
    return { dims: [], values: [dims.reduce((product, dim) => product * dim, 1)], isFloat: false };
  }

  private evaluated(node: OnnxNode): SmallValue | undefined {
    const inputs = node.inputs.map((name) => (name === '' ? undefined : this.constants.smallValue(name)));
    if (node.inputs.some((name, i) => name !== '' && inputs[i] === undefined)) return undefined;
    return evaluate(node, inputs);
  }

  private dimsOf(name: string): Dims | undefined {
    return this.dims.get(name) ?? this.constants.dims(name);
  }
}

const emptyNode: OnnxNode = { inputs: [], outputs: [], attributes: [], rest: [] };

/** The value of a Constant node; undefined for sparse tensors and texts. */
function constantOf(node: OnnxNode): OnnxTensor | SmallValue | undefined {
  for (const { name, t, f, i, floats, ints } of node.attributes) {
    if (name === 'value') return t;
    if (name === 'value_float') return { dims: [], values: [f ?? 0], isFloat: true };
    if (name === 'value_floats') return { ...vector(floats), isFloat: true };
    if (name === 'value_int') return { dims: [], values: [Number(i ?? 0n)], isFloat: false };
    if (name === 'value_ints') return vector(ints.map(Number));
  }
  return undefined;
}
