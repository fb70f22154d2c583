/**
 * The parts of the ONNX format that model preparation reads and changes, with names and meaning of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Lists are always present, single values only if the file
 * has them. `rest` holds all other fields with their tags; they are written back unchanged.
 */
export interface OnnxModel {
  irVersion?: number;
  producerName?: string;
  producerVersion?: string;
  graph?: OnnxGraph;
  opsets: OnnxOpset[];
  rest: Uint8Array[];
}

/** Version of an operator set; without a domain, ONNX's own. */
export interface OnnxOpset {
  domain?: string;
  version?: number;
  rest: Uint8Array[];
}

/** A graph: nodes in topological order. */
export interface OnnxGraph {
  nodes: OnnxNode[];
  name?: string;
  initializers: OnnxTensor[];
  inputs: OnnxValueInfo[];
  outputs: OnnxValueInfo[];
  valueInfo: OnnxValueInfo[];
  rest: Uint8Array[];
}

/** One operation. An empty input name is an omitted optional input. */
export interface OnnxNode {
  inputs: string[];
  outputs: string[];
  name?: string;
  opType?: string;
  domain?: string;
  attributes: OnnxAttribute[];
  rest: Uint8Array[];
}

/** An attribute of an operation; `type` (see `AttributeType`) selects the value. */
export interface OnnxAttribute {
  name?: string;
  f?: number;
  i?: bigint;
  s?: Uint8Array;
  t?: OnnxTensor;
  floats: number[];
  ints: bigint[];
  type?: number;
  rest: Uint8Array[];
}

/**
 * A tensor: little-endian in `rawData`, packed floats in `floatData`, packed varints in `int32Data` (float16 too) or
 * `int64Data`, or in another file, which `externalData` names when `dataLocation` is 1.
 */
export interface OnnxTensor {
  dims: number[];
  dataType?: number;
  floatData?: Uint8Array;
  int32Data?: Uint8Array;
  int64Data?: Uint8Array;
  name?: string;
  rawData?: Uint8Array;
  externalData: { key?: string; value?: string; rest: Uint8Array[] }[];
  dataLocation?: number;
  rest: Uint8Array[];
}

/** Name, element type (see `DataType`) and shape of an input, output or inner value. */
export interface OnnxValueInfo {
  name?: string;
  type?: { tensorType?: OnnxTensorType; rest: Uint8Array[] };
  rest: Uint8Array[];
}

/** Element type and shape; a dimension is a length, or the name of a dynamic one. */
export interface OnnxTensorType {
  elemType?: number;
  shape?: { dims: { value?: number; parameter?: string; rest: Uint8Array[] }[]; rest: Uint8Array[] };
  rest: Uint8Array[];
}

/** Element types: TensorProto.DataType. */
export const DataType = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const;

/** Types of attributes: AttributeProto.AttributeType. */
export const AttributeType = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 } as const;
