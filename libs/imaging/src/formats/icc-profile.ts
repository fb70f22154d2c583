import { lightOf, type ColorCoding, type Transfer } from '../color/color-coding.js';
import type { Curve } from '../color/rgb-space.js';
import { colorantMatrix, D50, type Matrix } from '../color/color-matrix.js';

/**
 * Entries of a curve that ICC has no formula for: 16-bit HDR is off by less than half an 8-bit step between two
 * entries.
 */
const CURVE_ENTRIES = 4096;
const HEAD_BYTES = 128;
const ENTRY_BYTES = 12;

/** Name of a profile that only decoders see. */
const UNNAMED = 'c';

/**
 * The smallest ICC profile for a color coding (ICC.1:2022, three-component matrix-based display profile, section
 * 8.4.3). About 400 bytes; 8 KiB for HDR.
 */
export function iccProfile({ primaries, white, transfer }: ColorCoding, name = UNNAMED): Buffer {
  const curve = curveTag(transfer);
  return matrixProfile(colorantMatrix(primaries, white), [curve, curve, curve], name);
}

/**
 * A matrix-based display profile.
 * @param matrix from linear RGB to XYZ under D50
 * @param curves tags of the curves of red, green and blue
 * @param name Latin letters that applications show
 */
export function matrixProfile(
  matrix: Matrix,
  curves: readonly [Buffer, Buffer, Buffer],
  name: string,
): Buffer {
  const colorant = (column: 0 | 1 | 2): Buffer => xyzTag(matrix.map((row) => row[column]));
  return joined([
    ['desc', textTag(name)],
    ['cprt', textTag(UNNAMED)],
    ['wtpt', xyzTag(D50)],
    ['rXYZ', colorant(0)],
    ['gXYZ', colorant(1)],
    ['bXYZ', colorant(2)],
    ['rTRC', curves[0]],
    ['gTRC', curves[1]],
    ['bTRC', curves[2]],
  ]);
}

/** s15Fixed16Number: a number in 65,536ths. */
function fixed(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeInt32BE(Math.round(value * 65_536), 4 * i));
  return bytes;
}

const xyzTag = (values: readonly number[]): Buffer => Buffer.concat([typed('XYZ '), fixed(values)]);

/** A parametric curve (section 10.18) where there is a formula, otherwise a table (10.6). */
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

/** A text in one language (section 10.15): readers require a description. */
function textTag(text: string): Buffer {
  const tag = Buffer.alloc(28 + 2 * text.length);
  tag.write('mluc', 0, 'latin1');
  tag.writeUInt32BE(1, 8);
  tag.writeUInt32BE(12, 12);
  tag.write('enUS', 16, 'latin1');
  tag.writeUInt32BE(2 * text.length, 20);
  tag.writeUInt32BE(28, 24);
  for (let i = 0; i < text.length; i += 1) tag.writeUInt16BE(text.charCodeAt(i), 28 + 2 * i);
  return tag;
}

/** Header, tag table and tags; identical tags are written once. */
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

/** Header (section 7.2): version 4.4, a display profile from RGB to XYZ. */
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

const TAG_COUNT_AT = 128;
const TAG_ENTRY_BYTES = 12;
const MAX_TAGS = 100;
/** Entries of a sampled curve: 12 bits. */
const STEPS = 4095;

/**
 * Transfer function of a gray profile (ICC.1:2022, monochrome, section 8.3.4) whose connection space is XYZ;
 * undefined for any other profile and for a damaged curve.
 */
export function grayTransferOf(profile: Buffer): Transfer | undefined {
  if (profile.length < TAG_COUNT_AT + 4 || profile.toString('latin1', 16, 24) !== 'GRAYXYZ ')
    return undefined;
  const curve = curveIn(tagIn(profile, 'kTRC'));
  if (curve === undefined) return undefined;
  const light = Float32Array.from({ length: STEPS + 1 }, (_, i) =>
    Math.min(Math.max(curve(i / STEPS), 0), 1),
  );
  return light.every(Number.isFinite) ? { kind: 'table', light } : undefined;
}

/** The bytes of a tag, as far as the profile has them; none without it. */
export function tagIn(profile: Buffer, name: string): Buffer {
  const count = Math.min(profile.readUInt32BE(TAG_COUNT_AT), MAX_TAGS);
  for (let i = 0; i < count; i += 1) {
    const at = TAG_COUNT_AT + 4 + TAG_ENTRY_BYTES * i;
    if (at + TAG_ENTRY_BYTES > profile.length) break;
    if (profile.toString('latin1', at, at + 4) !== name) continue;
    const from = profile.readUInt32BE(at + 4);
    return profile.subarray(from, from + profile.readUInt32BE(at + 8));
  }
  return Buffer.alloc(0);
}

/** A curve with a table, an exponent or the identity (section 10.6), or a parametric one (10.18). */
export function curveIn(tag: Buffer): Curve | undefined {
  const type = tag.toString('latin1', 0, 4);
  if (tag.length < 12) return undefined;
  if (type === 'curv') return sampledCurve(tag.subarray(12), tag.readUInt32BE(8));
  return type === 'para' ? parametricCurve(tag.subarray(12), tag.readUInt16BE(8)) : undefined;
}

function sampledCurve(data: Buffer, count: number): Curve | undefined {
  if (data.length < 2 * count) return undefined;
  if (count === 0) return (value) => value;
  if (count === 1) return (value) => value ** (data.readUInt16BE(0) / 256);
  const last = count - 1;
  return (value) => {
    const left = Math.min(Math.floor(value * last), last - 1);
    const [from, to] = [data.readUInt16BE(2 * left), data.readUInt16BE(2 * left + 2)];
    return (from + (value * last - left) * (to - from)) / 65_535;
  };
}

/** Number of parameters of each kind, in the order of the table in section 10.18: g, a, b, c, d, e, f. */
const PARAMETERS = [1, 3, 4, 5, 7];

function parametricCurve(data: Buffer, kind: number): Curve | undefined {
  const count = PARAMETERS[kind];
  if (count === undefined || data.length < 4 * count) return undefined;
  const parameters = Array.from({ length: count }, (_, i) => data.readInt32BE(4 * i) / 65_536);
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = parameters;
  const power = (value: number): number => Math.max(0, a * value + b) ** g;
  switch (kind) {
    case 0:
      return power;
    case 1:
      return (value) => (a * value >= -b ? power(value) : 0);
    case 2:
      return (value) => (a * value >= -b ? power(value) : 0) + c;
    default:
      return (value) => (value >= d ? power(value) + e : c * value + f);
  }
}
