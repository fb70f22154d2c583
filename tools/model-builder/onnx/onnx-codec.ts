import { MODEL_SCHEMA, type Field, type Schema } from './onnx.schema.js';
import type { OnnxModel } from './onnx-types.js';
import { Wire, WireError, WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

type Message = Record<string, unknown> & { rest: Uint8Array[] };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads an ONNX file. Weights stay where they are: tensors hold views into `bytes`, which must not change.
 * @throws WireError when it is none
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  return decode(bytes, MODEL_SCHEMA) as unknown as OnnxModel;
}

/**
 * Writes an ONNX file: fields in the order of their numbers, the same model always to the same bytes.
 * @returns its pieces in order; those with weights are views of what the model holds
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

/** Lists of numbers come one by one or packed into bytes; whatever else is unexpected is kept unread. */
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
    throw new WireError('a text is not UTF-8');
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
