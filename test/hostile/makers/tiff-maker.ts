import { deflateSync } from 'node:zlib';
import { colorAt } from './pattern.js';

/** Values of a field; a text counts as ASCII, bytes as what they are. */
export type TiffValue = readonly number[] | string | Buffer;

/** Options of a TIFF; defaults are typical. */
export interface TiffSpec {
  width: number;
  height: number;
  order?: 'II' | 'MM';
  /** 1 none, 8 Deflate. */
  compression?: number;
  rowsPerStrip?: number;
  /** Fields beside those that are needed, or instead of them; `undefined` leaves one out. */
  fields?: Readonly<Record<number, TiffValue | undefined>>;
  /** The coded strips, instead of those of the pattern. */
  strips?: readonly Buffer[];
  /** Where the next directory is said to be. */
  next?: number;
  /** The directory comes before the pixels. */
  isFirst?: boolean;
}

const SHORT = 3;
const LONG = 4;

/** A TIFF of the pattern in RGB, 8 bits. */
export function tiff(spec: TiffSpec): Buffer {
  const { width, height, order = 'II', compression = 1, rowsPerStrip = height } = spec;
  const strips = spec.strips ?? stripsOf(spec, rowsPerStrip);
  const data = Buffer.concat(strips);
  const sizes = strips.map((strip) => strip.length);
  const build = (dataFrom: number): { head: Buffer; directoryAt: (at: number) => Buffer } => {
    const offsets = sizes.map((_, i) => dataFrom + sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
    const fields = new Map<number, TiffValue | undefined>([
      [256, [width]],
      [257, [height]],
      [258, [8, 8, 8]],
      [259, [compression]],
      [262, [2]],
      [273, offsets],
      [277, [3]],
      [278, [rowsPerStrip]],
      [279, sizes],
      ...Object.entries(spec.fields ?? {}).map(([tag, value]): [number, TiffValue | undefined] => [
        Number(tag),
        value,
      ]),
    ]);
    const writer = new Writer(order);
    return { head: writer.head(), directoryAt: (at) => writer.directory(at, fields, spec.next ?? 0) };
  };
  const length = build(0).directoryAt(0).length;
  if (spec.isFirst === true) {
    const { head, directoryAt } = build(8 + length);
    return Buffer.concat([head, writeLong(order, 8), directoryAt(8), data]);
  }
  const { head, directoryAt } = build(8);
  return Buffer.concat([head, writeLong(order, 8 + data.length), data, directoryAt(8 + data.length)]);
}

function stripsOf({ width, height, compression = 1 }: TiffSpec, rows: number): Buffer[] {
  const strips: Buffer[] = [];
  for (let top = 0; top < height; top += rows) {
    const strip = Buffer.alloc(3 * width * Math.min(rows, height - top));
    for (let i = 0; 3 * i < strip.length; i += 1) {
      strip.set(colorAt(i % width, top + Math.floor(i / width), { width, height }), 3 * i);
    }
    strips.push(compression === 8 ? deflateSync(strip) : strip);
  }
  return strips;
}

function writeLong(order: 'II' | 'MM', value: number): Buffer {
  const bytes = Buffer.alloc(4);
  if (order === 'II') bytes.writeUInt32LE(value);
  else bytes.writeUInt32BE(value);
  return bytes;
}

class Writer {
  constructor(private readonly order: 'II' | 'MM') {}

  head(): Buffer {
    return Buffer.from(this.order === 'II' ? 'II*\0' : 'MM\0*', 'latin1');
  }

  private short(value: number): Buffer {
    const bytes = Buffer.alloc(2);
    if (this.order === 'II') bytes.writeUInt16LE(value);
    else bytes.writeUInt16BE(value);
    return bytes;
  }

  /** Entries in the order of their tags, followed by the values that do not fit into them. */
  directory(at: number, fields: Map<number, TiffValue | undefined>, next: number): Buffer {
    const given = [...fields]
      .filter(([, value]) => value !== undefined)
      .sort(([one], [other]) => one - other);
    let tailAt = at + 2 + 12 * given.length + 4;
    const tails: Buffer[] = [];
    const entries = given.map(([tag, value]) => {
      const { type, count, bytes } = this.value(value!);
      const isInside = bytes.length <= 4;
      const shown = isInside
        ? Buffer.concat([bytes, Buffer.alloc(4 - bytes.length)])
        : writeLong(this.order, tailAt);
      if (!isInside) {
        tails.push(bytes);
        tailAt += bytes.length;
      }
      return Buffer.concat([this.short(tag), this.short(type), writeLong(this.order, count), shown]);
    });
    return Buffer.concat([this.short(given.length), ...entries, writeLong(this.order, next), ...tails]);
  }

  private value(value: TiffValue): { type: number; count: number; bytes: Buffer } {
    if (typeof value === 'string')
      return { type: 2, count: value.length + 1, bytes: Buffer.from(`${value}\0`) };
    if (Buffer.isBuffer(value)) return { type: 7, count: value.length, bytes: value };
    const isShort = value.every((each) => each < 0x1_0000);
    const bytes = Buffer.concat(
      value.map((each) => (isShort ? this.short(each) : writeLong(this.order, each))),
    );
    return { type: isShort ? SHORT : LONG, count: value.length, bytes };
  }
}
