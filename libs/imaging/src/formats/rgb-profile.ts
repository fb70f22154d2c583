import { D50, type Matrix } from '../color/color-matrix.js';
import type { Curve, RgbSpace } from '../color/rgb-space.js';
import { curveIn, matrixProfile, tagIn } from './icc-profile.js';
import { MAX_PROFILE_BYTES } from './image-facts.js';

/** The space of a profile, and a profile that has nothing else. */
export interface RgbProfile {
  space: RgbSpace;
  /** Written anew from matrix and curves. */
  profile: Buffer;
}

const HEAD_BYTES = 128;
const ENTRY_BYTES = 12;
const MAX_TAGS = 100;
/** Classes of profiles that images have: display, input device, color space. */
const CLASSES = new Set(['mntr', 'scnr', 'spac']);
/** Tags of tables that take precedence over matrix and curves (ICC.1:2022, section 9.2). */
const TABLES = /^[AD]2B\d$/;
const MAX_CURVE_ENTRIES = 4096;
/** Parameters of each kind of parametric curve (section 10.18). */
const PARAMETERS = [1, 3, 4, 5, 7];
/** Colorants above this are not physical. */
const MAX_COLORANT = 4;
/** White of the colorants together, compared with D50: rounding and older adaptations. */
const WHITE_TOLERANCE = 0.02;
/** Values at which a curve is examined. */
const SAMPLES = 1024;
/** What a curve may lack to black and white. */
const END_TOLERANCE = 0.02;

/** Name of a kept profile. The name of the original is text of the client's and is not kept. */
export const KEPT_NAME = 'RGB of the original';

/**
 * Reads an RGB profile that consists of a matrix and three curves (ICC.1:2022, section 8.3.3 and 8.4.3), as those of cameras and
 * displays do. Nothing of the file is copied but nine numbers and the curves: no text, no maker, no date.
 * @returns undefined for other kinds of profile and for anything that is damaged or implausible
 */
export function readRgbProfile(profile: Buffer): RgbProfile | undefined {
  if (!isRgbProfile(profile)) return undefined;
  const columns = ['rXYZ', 'gXYZ', 'bXYZ'].map((name) => xyzIn(tagIn(profile, name)));
  const matrix = matrixOf(columns);
  const curves = ['rTRC', 'gTRC', 'bTRC'].map((name) => curveOf(tagIn(profile, name)));
  const [red, green, blue] = curves;
  if (matrix === undefined || red === undefined || green === undefined || blue === undefined)
    return undefined;
  const isOne = red.tag.equals(green.tag) && red.tag.equals(blue.tag);
  const [second, third] = isOne ? [red, red] : [green, blue];
  return {
    space: { matrix, curves: [red.curve, second.curve, third.curve] },
    profile: matrixProfile(matrix, [red.tag, second.tag, third.tag], KEPT_NAME),
  };
}

/** Header (section 7.2) and tag table (7.3): sizes, class, spaces, and tags inside of the profile. */
function isRgbProfile(profile: Buffer): boolean {
  const { length } = profile;
  if (length < HEAD_BYTES + 4 || length > MAX_PROFILE_BYTES || profile.readUInt32BE(0) !== length)
    return false;
  if (!CLASSES.has(profile.toString('latin1', 12, 16))) return false;
  if (profile.toString('latin1', 16, 24) !== 'RGB XYZ ' || profile.toString('latin1', 36, 40) !== 'acsp')
    return false;
  const count = profile.readUInt32BE(HEAD_BYTES);
  const tableEnd = HEAD_BYTES + 4 + ENTRY_BYTES * count;
  if (count > MAX_TAGS || tableEnd > length) return false;
  for (let at = HEAD_BYTES + 4; at < tableEnd; at += ENTRY_BYTES) {
    const [from, size] = [profile.readUInt32BE(at + 4), profile.readUInt32BE(at + 8)];
    if (from < tableEnd || from + size > length) return false;
    if (TABLES.test(profile.toString('latin1', at, at + 4))) return false;
  }
  return true;
}

function xyzIn(tag: Buffer): number[] {
  if (tag.length < 20 || tag.toString('latin1', 0, 4) !== 'XYZ ') return [];
  return [8, 12, 16].map((at) => tag.readInt32BE(at) / 65_536);
}

/** The matrix with these columns; undefined unless its white is D50 and it can be inverted. */
function matrixOf(columns: readonly number[][]): Matrix | undefined {
  const [red, green, blue] = columns as [number[], number[], number[]];
  if (columns.some((column) => column.length !== 3)) return undefined;
  const [a, b, c] = [0, 1, 2].map((i) => [red[i], green[i], blue[i]] as [number, number, number]);
  if (a === undefined || b === undefined || c === undefined) return undefined;
  const matrix: Matrix = [a, b, c];
  const isPlausible = matrix.every(
    (row, i) =>
      row.every((value) => Math.abs(value) < MAX_COLORANT) &&
      Math.abs(row[0] + row[1] + row[2] - (D50[i] as number)) < WHITE_TOLERANCE,
  );
  return isPlausible && Math.abs(determinant(matrix)) > 1e-4 ? matrix : undefined;
}

const determinant = ([[a, b, c], [d, e, f], [g, h, i]]: Matrix): number =>
  a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);

/** A curve that never falls and runs from black to white, and a tag with nothing else. */
function curveOf(tag: Buffer): { curve: Curve; tag: Buffer } | undefined {
  const length = lengthOf(tag);
  if (length === undefined || tag.length < length) return undefined;
  const kept = Buffer.from(tag.subarray(0, length));
  kept.fill(0, 4, 8);
  if (kept.toString('latin1', 0, 4) === 'para') kept.fill(0, 10, 12);
  const curve = curveIn(kept);
  if (curve === undefined) return undefined;
  let last = curve(0);
  if (!(Math.abs(last) <= END_TOLERANCE) || !(Math.abs(curve(1) - 1) <= END_TOLERANCE)) return undefined;
  for (let i = 1; i <= SAMPLES; i += 1) {
    const light = curve(i / SAMPLES);
    if (!(light >= last - 1e-3)) return undefined;
    last = Math.max(light, last);
  }
  return { curve, tag: kept };
}

function lengthOf(tag: Buffer): number | undefined {
  if (tag.length < 12) return undefined;
  const type = tag.toString('latin1', 0, 4);
  if (type === 'curv') {
    const entries = tag.readUInt32BE(8);
    return entries > MAX_CURVE_ENTRIES ? undefined : 12 + 2 * entries;
  }
  const parameters = type === 'para' ? PARAMETERS[tag.readUInt16BE(8)] : undefined;
  return parameters === undefined ? undefined : 12 + 4 * parameters;
}
