import type { Transfer } from '../color/color-coding.js';

const TAG_COUNT_AT = 128;
const TAG_ENTRY_BYTES = 12;
const MAX_TAGS = 100;
/** Steps that every curve is written in: as many as 12 bits. */
const STEPS = 4095;

/**
 * From values to light by a gray profile (ICC.1:2022, monochrome, section 8.3.4) whose connection space is XYZ; undefined
 * for any other profile, and for a curve that is damaged.
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

function tagIn(profile: Buffer, name: string): Buffer {
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

type Curve = (value: number) => number;

/** A curve with a table, an exponent or nothing (section 10.6), or a parametric one (10.18). */
function curveIn(tag: Buffer): Curve | undefined {
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

/** How many parameters each kind has, in the order of the table in section 10.18: g, a, b, c, d, e, f. */
const PARAMETERS = [1, 3, 4, 5, 7];

function parametricCurve(data: Buffer, kind: number): Curve | undefined {
  const count = PARAMETERS[kind];
  if (count === undefined || data.length < 4 * count) return undefined;
  const given = Array.from({ length: count }, (_, i) => data.readInt32BE(4 * i) / 65_536);
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = given;
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
