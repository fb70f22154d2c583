/**
 * The parts of ONNX's format that model preparation reads and changes, under the names and with the meaning of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Lists are always there, single values only when the
 * file has them. `rest` holds the fields not named here, tags and all: they are written back as they were.
 */
export interface OnnxModel {
  irVersion?: number;
  producerName?: string;
  producerVersion?: string;
  graph?: OnnxGraph;
  opsets: OnnxOpset[];
  rest: Uint8Array[];
}

/** Version of a set of operators; no domain means ONNX's own. */
export interface OnnxOpset {
  domain?: string;
  version?: number;
  rest: Uint8Array[];
}

/** A network: nodes in an order in which they can be computed. */
export interface OnnxGraph {
  nodes: OnnxNode[];
  name?: string;
  initializers: OnnxTensor[];
  inputs: OnnxValueInfo[];
  outputs: OnnxValueInfo[];
  valueInfo: OnnxValueInfo[];
  rest: Uint8Array[];
}

/** One operation. An empty input name stands for an optional input left out. */
export interface OnnxNode {
  inputs: string[];
  outputs: string[];
  name?: string;
  opType?: string;
  domain?: string;
  attributes: OnnxAttribute[];
  rest: Uint8Array[];
}

/** A parameter of an operation; `type` (see `AttributeType`) says which of the values counts. */
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

/** Numbers with a shape: little-endian in `rawData`, or as packed floats in `floatData`. */
export interface OnnxTensor {
  dims: number[];
  dataType?: number;
  floatData?: Uint8Array;
  name?: string;
  rawData?: Uint8Array;
  rest: Uint8Array[];
}

/** Name, element type (see `DataType`) and shape of an input, an output or something between. */
export interface OnnxValueInfo {
  name?: string;
  type?: { tensorType?: OnnxTensorType; rest: Uint8Array[] };
  rest: Uint8Array[];
}

/** Element type and shape; a dimension is a length, or the name of one that is known at run time only. */
export interface OnnxTensorType {
  elemType?: number;
  shape?: { dims: { value?: number; parameter?: string; rest: Uint8Array[] }[]; rest: Uint8Array[] };
  rest: Uint8Array[];
}

/** Element types: TensorProto.DataType. */
export const DataType = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;

/** What an attribute holds: AttributeProto.AttributeType. */
export const AttributeType = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 } as const;
