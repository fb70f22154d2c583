import { lightOf, type ColorCoding, type Transfer } from '../color/color-coding.js';
import { colorantMatrix, D50 } from '../color/color-matrix.js';

/** Entries of a curve that no formula of ICC writes: 16-bit HDR is off by less than half a byte between two of them. */
const CURVE_ENTRIES = 4096;
const HEAD_BYTES = 128;
const ENTRY_BYTES = 12;

/**
 * The smallest ICC profile (ICC.1:2022, three-component matrix-based display profile, section 8.4.3) that says what a
 * coding says. About 400 bytes; 8 KiB for HDR.
 */
export function iccProfile({ primaries, white, transfer }: ColorCoding): Buffer {
  const matrix = colorantMatrix(primaries, white);
  const curve = curveTag(transfer);
  const colorant = (column: 0 | 1 | 2): Buffer => xyzTag(matrix.map((row) => row[column]));
  return joined([
    ['desc', textTag()],
    ['cprt', textTag()],
    ['wtpt', xyzTag(D50)],
    ['rXYZ', colorant(0)],
    ['gXYZ', colorant(1)],
    ['bXYZ', colorant(2)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ]);
}

/** s15Fixed16Number: a number in 65,536ths. */
function fixed(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeInt32BE(Math.round(value * 65_536), 4 * i));
  return bytes;
}

const xyzTag = (values: readonly number[]): Buffer => Buffer.concat([typed('XYZ '), fixed(values)]);

/** A parametric curve (section 10.18) where there is a formula, else a table (10.6). */
function curveTag(transfer: Transfer): Buffer {
  if (transfer.kind === 'srgb') return parametric(3, [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045]);
  if (transfer.kind === 'power') return parametric(0, [transfer.exponent]);
  const light = lightOf(transfer);
  const tag = Buffer.alloc(12 + 2 * CURVE_ENTRIES);
  tag.write('curv', 0, 'latin1');
  tag.writeUInt32BE(CURVE_ENTRIES, 8);
  for (let i = 0; i < CURVE_ENTRIES; i += 1) {
    tag.writeUInt16BE(Math.round(65_535 * Math.min(1, light(i / (CURVE_ENTRIES - 1)))), 12 + 2 * i);
  }
  return tag;
}

const parametric = (kind: number, values: readonly number[]): Buffer =>
  Buffer.concat([typed('para'), Buffer.from([0, kind, 0, 0]), fixed(values)]);

const typed = (type: string): Buffer => Buffer.from(`${type}\0\0\0\0`, 'latin1');

/** One letter of text in one language (section 10.15): readers ask for a name. */
function textTag(): Buffer {
  const tag = Buffer.alloc(30);
  tag.write('mluc', 0, 'latin1');
  tag.writeUInt32BE(1, 8);
  tag.writeUInt32BE(12, 12);
  tag.write('enUS', 16, 'latin1');
  tag.writeUInt32BE(2, 20);
  tag.writeUInt32BE(28, 24);
  tag.write('\0c', 28, 'latin1');
  return tag;
}

/** Header, table of tags, tags; one that comes again is written once. */
function joined(tags: readonly [name: string, tag: Buffer][]): Buffer {
  const table = Buffer.alloc(4 + ENTRY_BYTES * tags.length);
  table.writeUInt32BE(tags.length, 0);
  const places = new Map<Buffer, number>();
  const bodies: Buffer[] = [];
  let end = HEAD_BYTES + table.length;
  tags.forEach(([name, tag], i) => {
    const from = places.get(tag) ?? end;
    if (from === end) {
      places.set(tag, end);
      bodies.push(tag, Buffer.alloc(-tag.length & 3));
      end += tag.length + (-tag.length & 3);
    }
    table.write(name, 4 + ENTRY_BYTES * i, 'latin1');
    table.writeUInt32BE(from, 8 + ENTRY_BYTES * i);
    table.writeUInt32BE(tag.length, 12 + ENTRY_BYTES * i);
  });
  return Buffer.concat([header(end), table, ...bodies]);
}

/** Section 7.2: version 4.4, a display's profile from RGB to XYZ. */
function header(length: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(length, 0);
  head.writeUInt32BE(0x04400000, 8);
  head.write('mntrRGB XYZ ', 12, 'latin1');
  head.writeUInt16BE(2022, 24);
  head.writeUInt16BE(1, 26);
  head.writeUInt16BE(1, 28);
  head.write('acsp', 36, 'latin1');
  fixed(D50).copy(head, 68);
  return head;
}
