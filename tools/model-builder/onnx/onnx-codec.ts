import type { OnnxModel } from './onnx-types.js';
import { Wire, WireError, WireReader, WireWriter } from './protobuf.js';

type Message = Record<string, unknown> & { rest: Uint8Array[] };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Decodes an ONNX file. Weights are not copied: tensors hold views into `bytes`, which must not change.
 * @throws WireError when it is invalid
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  return decode(bytes, MODEL_SCHEMA) as unknown as OnnxModel;
}

/**
 * Encodes an ONNX file deterministically, with fields in the order of their numbers.
 * @returns its chunks in order; those with weights are views of the model's memory
 */
export function encodeModel(model: OnnxModel): readonly Uint8Array[] {
  return encode(model as unknown as Message, MODEL_SCHEMA).pieces;
}

function decode(bytes: Uint8Array, schema: Schema): Message {
  const message: Message = { rest: [] };
  for (const { key, many } of schema.values()) if (many) message[key] = [];
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const start = reader.offset;
    const { field: number, wire } = reader.tag();
    const field = schema.get(number);
    if (field !== undefined && isLaidOut(field, wire)) {
      take(message, field, { reader, packed: wire === Wire.bytes });
    } else {
      reader.skip(wire);
      message.rest.push(reader.since(start));
    }
  }
  return message;
}

/**
 * True for a known layout: numbers of a list are single or packed into bytes. Fields of other layouts are kept
 * undecoded.
 */
function isLaidOut({ kind, many }: Field, wire: number): boolean {
  if (!isNumber(kind)) return wire === Wire.bytes;
  return wire === (kind === 'float' ? Wire.fixed32 : Wire.varint) || (many && wire === Wire.bytes);
}

const isNumber = (kind: Field['kind']): kind is 'float' | 'whole' | 'integer' =>
  kind === 'float' || kind === 'whole' || kind === 'integer';

function take(message: Message, field: Field, from: { reader: WireReader; packed: boolean }): void {
  const { key, kind, many } = field;
  if (!many) {
    message[key] = valueOf(from.reader, kind);
    return;
  }
  const list = message[key] as unknown[];
  if (!isNumber(kind) || !from.packed) {
    list.push(valueOf(from.reader, kind));
    return;
  }
  const packed = new WireReader(from.reader.bytes());
  while (!packed.done) list.push(valueOf(packed, kind));
}

function valueOf(reader: WireReader, kind: Field['kind']): unknown {
  switch (kind) {
    case 'integer':
      return reader.varint();
    case 'whole':
      return exact(reader.varint());
    case 'float':
      return reader.float();
    case 'bytes':
      return reader.bytes();
    case 'text':
      return textOf(reader.bytes());
    default:
      return decode(reader.bytes(), kind);
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new WireError('a text is not valid UTF-8');
  }
}

function exact(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new WireError('a number is out of range');
  return number;
}

function encode(message: Message, schema: Schema): WireWriter {
  const writer = new WireWriter();
  for (const [number, { key, kind, many }] of schema) {
    const value = message[key];
    const values = many ? (value as unknown[]) : value === undefined ? [] : [value];
    for (const each of values) put(writer, number, kind, each);
  }
  for (const unread of message.rest) writer.raw(unread);
  return writer;
}

function put(writer: WireWriter, number: number, kind: Field['kind'], value: unknown): void {
  switch (kind) {
    case 'integer':
    case 'whole':
      writer.tag(number, Wire.varint).varint(BigInt(value as number | bigint));
      return;
    case 'float':
      writer.tag(number, Wire.fixed32).float(value as number);
      return;
    case 'bytes':
      writer.bytes(number, value as Uint8Array);
      return;
    case 'text':
      writer.bytes(number, new TextEncoder().encode(value as string));
      return;
    default:
      writer.message(number, encode(value as Message, kind));
  }
}

/** A message schema: field numbers and their properties. */
export type Schema = ReadonlyMap<number, Field>;

/** One field. `whole` is an integer that a JavaScript number holds exactly, `integer` a bigint. */
export interface Field {
  key: string;
  kind: 'whole' | 'integer' | 'float' | 'text' | 'bytes' | Schema;
  many: boolean;
}

const one = (key: string, kind: Field['kind']): Field => ({ key, kind, many: false });
const many = (key: string, kind: Field['kind']): Field => ({ key, kind, many: true });
const schema = (fields: Record<number, Field>): Schema =>
  new Map(Object.entries(fields).map(([number, field]) => [Number(number), field]));

const textEntry = schema({ 1: one('key', 'text'), 2: one('value', 'text') });

const tensor = schema({
  1: many('dims', 'whole'),
  2: one('dataType', 'whole'),
  4: one('floatData', 'bytes'),
  5: one('int32Data', 'bytes'),
  7: one('int64Data', 'bytes'),
  8: one('name', 'text'),
  9: one('rawData', 'bytes'),
  13: many('externalData', textEntry),
  14: one('dataLocation', 'whole'),
});

const attribute = schema({
  1: one('name', 'text'),
  2: one('f', 'float'),
  3: one('i', 'integer'),
  4: one('s', 'bytes'),
  5: one('t', tensor),
  7: many('floats', 'float'),
  8: many('ints', 'integer'),
  20: one('type', 'whole'),
});

const node = schema({
  1: many('inputs', 'text'),
  2: many('outputs', 'text'),
  3: one('name', 'text'),
  4: one('opType', 'text'),
  5: many('attributes', attribute),
  7: one('domain', 'text'),
});

const dimension = schema({ 1: one('value', 'whole'), 2: one('parameter', 'text') });
const shape = schema({ 1: many('dims', dimension) });
const tensorType = schema({ 1: one('elemType', 'whole'), 2: one('shape', shape) });
const type = schema({ 1: one('tensorType', tensorType) });
const valueInfo = schema({ 1: one('name', 'text'), 2: one('type', type) });

const graph = schema({
  1: many('nodes', node),
  2: one('name', 'text'),
  5: many('initializers', tensor),
  11: many('inputs', valueInfo),
  12: many('outputs', valueInfo),
  13: many('valueInfo', valueInfo),
});

const opset = schema({ 1: one('domain', 'text'), 2: one('version', 'whole') });

/** Field numbers of ModelProto and its parts; properties are those of `OnnxModel`. */
export const MODEL_SCHEMA: Schema = schema({
  1: one('irVersion', 'whole'),
  2: one('producerName', 'text'),
  3: one('producerVersion', 'text'),
  7: one('graph', graph),
  8: many('opsets', opset),
});
