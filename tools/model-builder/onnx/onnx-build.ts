import {
  AttributeType,
  DataType,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from './onnx-types.js';

/** Domain of ONNX Runtime's own operators. */
export const MICROSOFT = 'com.microsoft';

/** IR 8 and operator set 15 are used by common exporters and supported by every runtime since 2021. */
const IR_VERSION = 8;
const OPSET_VERSION = 15;
const MICROSOFT_OPSET_VERSION = 1;

/** An attribute value: an integer, a list of integers, or a text. */
export type AttributeValue = number | readonly number[] | string;

/** Options of `node`. */
export interface NodeDetails {
  domain?: string;
  attributes?: Record<string, AttributeValue>;
}

/** A node, named after its first output. */
export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  { domain, attributes = {} }: NodeDetails = {},
): OnnxNode {
  return {
    inputs: [...inputs],
    outputs: [...outputs],
    name: `${outputs[0] ?? ''}:${opType}`,
    opType,
    ...(domain === undefined ? {} : { domain }),
    attributes: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    rest: [],
  };
}

function attribute(name: string, value: AttributeValue): OnnxAttribute {
  const empty = { name, floats: [], ints: [], rest: [] };
  if (typeof value === 'number') return { ...empty, i: BigInt(value), type: AttributeType.int };
  if (typeof value === 'string') {
    return { ...empty, s: new TextEncoder().encode(value), type: AttributeType.string };
  }
  return { ...empty, ints: value.map(BigInt), type: AttributeType.ints };
}

/** Arrays that can become a tensor. */
export type TensorData = Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

/** A constant tensor. Its bytes are those of `data`, not copied; without `dims` it has one dimension. */
export function tensor(name: string, data: TensorData, dims: readonly number[] = [data.length]): OnnxTensor {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { dims: [...dims], dataType: typeOf(data), name, rawData, externalData: [], rest: [] };
}

/** A scalar constant. */
export const scalar = (name: string, data: TensorData): OnnxTensor => tensor(name, data, []);

function typeOf(data: TensorData): number {
  if (data instanceof Float32Array) return DataType.float;
  if (data instanceof Uint8Array) return DataType.uint8;
  if (data instanceof Int8Array) return DataType.int8;
  return data instanceof Int32Array ? DataType.int32 : DataType.int64;
}

/** An input or output; a dimension given as text is dynamic. */
export function value(name: string, elemType: number, dims: readonly (number | string)[]): OnnxValueInfo {
  const shape = dims.map((dim) =>
    typeof dim === 'number' ? { value: dim, rest: [] } : { parameter: dim, rest: [] },
  );
  return {
    name,
    type: { tensorType: { elemType, shape: { dims: shape, rest: [] }, rest: [] }, rest: [] },
    rest: [],
  };
}

/** Parts of a graph; the rest of `OnnxGraph` is empty. */
export type GraphParts = Pick<OnnxGraph, 'nodes' | 'initializers' | 'inputs' | 'outputs'> & { name: string };

/** A model of a graph. */
export function model(parts: GraphParts): OnnxModel {
  return {
    irVersion: IR_VERSION,
    producerName: 'removebg-bd',
    graph: { ...parts, valueInfo: [], rest: [] },
    opsets: [
      { domain: '', version: OPSET_VERSION, rest: [] },
      { domain: MICROSOFT, version: MICROSOFT_OPSET_VERSION, rest: [] },
    ],
    rest: [],
  };
}
