import { Wire, WireError, WireReader } from './protobuf.js';

/**
 * Field numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto that lead to tensors and operations, also
 * those of subgraphs (If, Loop, Scan) and of functions.
 */
const MODEL = { irVersion: 1, graph: 7, opsets: 8, functions: 25 } as const;
const OPSET = { domain: 1, version: 2 } as const;
const GRAPH = { nodes: 1, initializers: 5, sparse: 15 } as const;
const FUNCTION = { name: 1, nodes: 7, domain: 10 } as const;
const SPARSE = { values: 1, indices: 2 } as const;
const NODE = { opType: 4, attributes: 5, domain: 7 } as const;
const ATTRIBUTE = { tensor: 5, graph: 6, tensors: 10, graphs: 11 } as const;
const TENSOR = { dims: 1, type: 2, floats: 4, name: 8, raw: 9, external: 13, location: 14 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const EXTERNAL = 1;

/** A constant of a model. */
export interface FoundTensor {
  name: string;
  dims: number[];
  /** TensorProto.DataType */
  type: number;
  /** Little-endian values in the file; undefined when they are elsewhere or in another form. */
  bytes: Uint8Array | undefined;
  /** Where the values are, when they are in another file. */
  external: { location: string; offset: number; length: number | undefined } | undefined;
}

/** An operation of a model. */
export interface FoundOperation {
  domain: string;
  opType: string;
}

/** What a model contains, over all of its graphs. */
export interface WalkedModel {
  irVersion: number;
  /** Version of each operator set by domain; '' is ONNX's own. */
  opsets: Map<string, number>;
  operations: FoundOperation[];
  tensors: FoundTensor[];
  /** Operations that the model defines itself, as `domain:name`. */
  functions: Set<string>;
}

/**
 * Walks through an ONNX file. Weights are not copied.
 * @throws WireError when the bytes are no ONNX model
 */
export function walkModel(bytes: Uint8Array): WalkedModel {
  const found: WalkedModel = {
    irVersion: 0,
    opsets: new Map(),
    operations: [],
    tensors: [],
    functions: new Set(),
  };
  let graphs = 0;
  eachField(bytes, {
    [MODEL.irVersion]: (reader) => (found.irVersion = Number(reader.varint())),
    [MODEL.graph]: (reader) => {
      graphs += 1;
      walkGraph(reader.bytes(), found);
    },
    [MODEL.opsets]: (reader) => readOpset(reader.bytes(), found),
    [MODEL.functions]: (reader) => walkFunction(reader.bytes(), found),
  });
  if (graphs !== 1) throw new WireError('it contains no graph');
  return found;
}

/** Reads the value of a field: a number is a varint, anything else is length-prefixed. */
type Handler = (reader: WireReader, wire: number) => unknown;

function eachField(bytes: Uint8Array, handlers: Record<number, Handler>): void {
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { field, wire } = reader.tag();
    const handle = handlers[field];
    if (handle === undefined) reader.skip(wire);
    else if (wire === Wire.bytes || wire === Wire.varint) handle(reader, wire);
    else throw new WireError('a field has another type than in ONNX');
  }
}

function readOpset(bytes: Uint8Array, { opsets }: WalkedModel): void {
  let [domain, version] = ['', 0];
  eachField(bytes, {
    [OPSET.domain]: (reader) => (domain = textOf(reader)),
    [OPSET.version]: (reader) => (version = Number(reader.varint())),
  });
  opsets.set(domain === 'ai.onnx' ? '' : domain, version);
}

function walkGraph(bytes: Uint8Array, found: WalkedModel): void {
  eachField(bytes, {
    [GRAPH.nodes]: (reader) => walkNode(reader.bytes(), found),
    [GRAPH.initializers]: (reader) => found.tensors.push(readTensor(reader.bytes())),
    [GRAPH.sparse]: (reader) =>
      eachField(reader.bytes(), {
        [SPARSE.values]: (inner) => found.tensors.push(readTensor(inner.bytes())),
        [SPARSE.indices]: (inner) => found.tensors.push(readTensor(inner.bytes())),
      }),
  });
}

function walkFunction(bytes: Uint8Array, found: WalkedModel): void {
  let [domain, name] = ['', ''];
  eachField(bytes, {
    [FUNCTION.name]: (reader) => (name = textOf(reader)),
    [FUNCTION.domain]: (reader) => (domain = textOf(reader)),
    [FUNCTION.nodes]: (reader) => walkNode(reader.bytes(), found),
  });
  found.functions.add(`${domain}:${name}`);
}

function walkNode(bytes: Uint8Array, found: WalkedModel): void {
  const operation = { domain: '', opType: '' };
  eachField(bytes, {
    [NODE.opType]: (reader) => (operation.opType = textOf(reader)),
    [NODE.domain]: (reader) => (operation.domain = textOf(reader)),
    [NODE.attributes]: (reader) => walkAttribute(reader.bytes(), found),
  });
  if (operation.domain === 'ai.onnx') operation.domain = '';
  found.operations.push(operation);
}

function walkAttribute(bytes: Uint8Array, found: WalkedModel): void {
  const tensor: Handler = (reader) => found.tensors.push(readTensor(reader.bytes()));
  const graph: Handler = (reader) => walkGraph(reader.bytes(), found);
  eachField(bytes, {
    [ATTRIBUTE.tensor]: tensor,
    [ATTRIBUTE.tensors]: tensor,
    [ATTRIBUTE.graph]: graph,
    [ATTRIBUTE.graphs]: graph,
  });
}

function readTensor(bytes: Uint8Array): FoundTensor {
  const found: FoundTensor = { name: '', dims: [], type: 0, bytes: undefined, external: undefined };
  const entries = new Map<string, string>();
  let location = 0;
  const values: Handler = (reader) => (found.bytes = reader.bytes());
  eachField(bytes, {
    [TENSOR.dims]: (reader, wire) => {
      if (wire === Wire.bytes) found.dims.push(...packed(reader.bytes()));
      else found.dims.push(Number(reader.varint()));
    },
    [TENSOR.type]: (reader) => (found.type = Number(reader.varint())),
    [TENSOR.location]: (reader) => (location = Number(reader.varint())),
    [TENSOR.name]: (reader) => (found.name = textOf(reader)),
    [TENSOR.external]: (reader) => {
      readEntry(reader.bytes(), entries);
    },
    [TENSOR.raw]: values,
    [TENSOR.floats]: values,
  });
  if (location === EXTERNAL) found.external = externalOf(entries);
  return found;
}

function packed(bytes: Uint8Array): number[] {
  const reader = new WireReader(bytes);
  const values: number[] = [];
  while (!reader.done) values.push(Number(reader.varint()));
  return values;
}

function readEntry(bytes: Uint8Array, entries: Map<string, string>): void {
  let [key, value] = ['', ''];
  eachField(bytes, {
    [ENTRY.key]: (reader) => (key = textOf(reader)),
    [ENTRY.value]: (reader) => (value = textOf(reader)),
  });
  entries.set(key, value);
}

function externalOf(entries: ReadonlyMap<string, string>): FoundTensor['external'] {
  const length = entries.get('length');
  return {
    location: entries.get('location') ?? '',
    offset: Number(entries.get('offset') ?? 0),
    length: length === undefined ? undefined : Number(length),
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function textOf(reader: WireReader): string {
  try {
    return utf8.decode(reader.bytes());
  } catch (error) {
    throw error instanceof WireError ? error : new WireError('a text is not valid UTF-8');
  }
}
