import { colorantMatrix, inverse, product, type Primaries, type WhitePoint } from './color-matrix.js';
import { maxValueOf } from '../raster/raster.js';

/** How the values of an image encode light. */
export interface ColorCoding {
  primaries: Primaries;
  white: WhitePoint;
  transfer: Transfer;
}

/**
 * Transfer function from values to light: sRGB, a power, one of the two HDR curves of ITU-R BT.2100 with a peak of
 * `peak` cd/m², or a table of light at even steps.
 */
export type Transfer =
  | { kind: 'srgb' }
  | { kind: 'power'; exponent: number }
  | { kind: 'table'; light: Float32Array }
  | { kind: 'pq'; peak: number }
  | { kind: 'hlg'; peak: number };

/** White of SDR content in HDR, cd/m²: ITU-R BT.2408, section 2. */
export const SDR_WHITE = 203;
/** Peak of HDR where the file gives none, cd/m². */
export const HDR_PEAK = 1000;

const D65: WhitePoint = [0.3127, 0.329];
const DCI_WHITE: WhitePoint = [0.314, 0.351];
const BT_709: Primaries = [0.64, 0.33, 0.3, 0.6, 0.15, 0.06];
const P3: Primaries = [0.68, 0.32, 0.265, 0.69, 0.15, 0.06];
const BT_601: Primaries = [0.63, 0.34, 0.31, 0.595, 0.155, 0.07];

export const SRGB: ColorCoding = { primaries: BT_709, white: D65, transfer: { kind: 'srgb' } };
/** Adobe RGB (1998), version 2005-05. */
export const ADOBE_RGB: ColorCoding = {
  primaries: [0.64, 0.33, 0.21, 0.71, 0.15, 0.06],
  white: D65,
  transfer: { kind: 'power', exponent: 563 / 256 },
};

/** Display P3: the primaries of DCI-P3 (SMPTE RP 431-2) with the white point and the curve of sRGB. */
export const DISPLAY_P3: ColorCoding = { primaries: P3, white: D65, transfer: { kind: 'srgb' } };

/** Primaries by their number in ITU-T H.273, table 2. */
const PRIMARIES: Readonly<Record<number, readonly [Primaries, WhitePoint]>> = {
  1: [BT_709, D65],
  5: [[0.64, 0.33, 0.29, 0.6, 0.15, 0.06], D65],
  6: [BT_601, D65],
  7: [BT_601, D65],
  9: [[0.708, 0.292, 0.17, 0.797, 0.131, 0.046], D65],
  11: [P3, DCI_WHITE],
  12: [P3, D65],
};

/**
 * Color coding of ITU-T H.273 code points; undefined for those that RGB images do not use. The curves of BT.601,
 * BT.709 and BT.2020 count as sRGB, as displays treat them.
 * @param peak peak of the image, cd/m²; used for HDR only
 */
export function codingOf(primaries: number, transfer: number, peak = HDR_PEAK): ColorCoding | undefined {
  const chromaticities = PRIMARIES[primaries];
  const curve = transferOf(transfer, peak);
  if (chromaticities === undefined || curve === undefined) return undefined;
  return { primaries: chromaticities[0], white: chromaticities[1], transfer: curve };
}

/** Transfer characteristics of ITU-T H.273, table 3. */
function transferOf(code: number, peak: number): Transfer | undefined {
  switch (code) {
    case 1:
    case 6:
    case 13:
    case 14:
    case 15:
      return { kind: 'srgb' };
    case 4:
      return { kind: 'power', exponent: 2.2 };
    case 5:
      return { kind: 'power', exponent: 2.8 };
    case 8:
      return { kind: 'power', exponent: 1 };
    case 16:
      return { kind: 'pq', peak };
    case 18:
      return { kind: 'hlg', peak: HDR_PEAK };
    default:
      return undefined;
  }
}

/** True for sRGB itself, which needs no conversion. */
export const isSrgb = ({ primaries, white, transfer }: ColorCoding): boolean =>
  transfer.kind === 'srgb' && isNear(primaries, BT_709) && isNear(white, D65);

/** True when chromaticities differ by rounding only. */
export const isNear = (one: readonly number[], other: readonly number[]): boolean =>
  one.every((value, i) => Math.abs(value - (other[i] as number)) < 0.002);

/** Light for a value of 0 to 1, where 1 is white; HDR is tone-mapped to that range. */
export function lightOf(transfer: Transfer): (value: number) => number {
  switch (transfer.kind) {
    case 'srgb':
      return (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    case 'power':
      return (value) => value ** transfer.exponent;
    case 'table':
      return (value) => between(transfer.light, value * (transfer.light.length - 1));
    case 'pq': {
      const tone = shoulder(transfer.peak / SDR_WHITE);
      return (value) => tone((10_000 * pqLight(value)) / SDR_WHITE);
    }
    case 'hlg': {
      const tone = shoulder(transfer.peak / SDR_WHITE);
      return (value) => tone((transfer.peak * hlgLight(value) ** HLG_GAMMA) / SDR_WHITE);
    }
  }
}

/** Linear interpolation in a table. */
function between(table: Float32Array, place: number): number {
  const left = Math.floor(place);
  const from = table[left] as number;
  return from + (place - left) * ((table[left + 1] ?? from) - from);
}

/** sRGB value (IEC 61966-2-1) for light of 0 to 1. */
export const srgbValue = (light: number): number =>
  light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;

/** Light up to which tone mapping is the identity. */
const KNEE = 0.92;

/**
 * Tone mapping: identity up to the knee, then a rational curve with the same slope at the knee that reaches 1 at
 * `peak`.
 */
function shoulder(peak: number): (light: number) => number {
  const room = 1 - KNEE;
  const reach = Math.max((peak - KNEE) / room, 1);
  return (light) => {
    if (light <= KNEE) return light;
    const over = (light - KNEE) / room;
    return KNEE + room * Math.min(1, (over * (1 + over / reach ** 2)) / (1 + over));
  };
}

/** PQ: light as a share of 10,000 cd/m² (ITU-R BT.2100, table 4). */
function pqLight(value: number): number {
  const power = value ** (1 / 78.84375);
  return (Math.max(0, power - 0.8359375) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125);
}

/** HLG: scene light (ITU-R BT.2100, table 5), and the system gamma of a display of 1,000 cd/m². */
const HLG_GAMMA = 1.2;
const hlgLight = (value: number): number =>
  value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12;

/** Decoded values of 8 or 16 bits; 3 or 4 a pixel: red, green, blue, alpha. */
export interface Samples {
  values: Uint8Array | Uint16Array;
  channels: number;
}

/** Steps of light from black to white. Exact for 8 bits; 16-bit values are within a 50th of an 8-bit step. */
const STEPS = 65_535;

/**
 * Converts values of a color coding to sRGB by tables and a matrix; alpha is kept. Works in place, also from 16 to 8
 * bits at the start of the same memory: a pixel is read before it is written.
 * @param to receives as many values, of 8 or 16 bits
 */
export function convertSamples(
  { values, channels }: Samples,
  to: Uint8Array | Uint16Array,
  coding: ColorCoding,
): void {
  const [from, last] = [maxValueOf(values), maxValueOf(to)];
  const curve = lightOf(coding.transfer);
  const light = Float32Array.from({ length: from + 1 }, (_, i) => STEPS * Math.min(1, curve(i / from)));
  const valueOf = Uint16Array.from({ length: STEPS + 1 }, (_, i) => Math.round(last * srgbValue(i / STEPS)));
  const stepOf = (sum: number): number => (sum <= 0 ? 0 : sum >= STEPS ? STEPS : (sum + 0.5) | 0);
  const [[a, b, c], [d, e, f], [g, h, i]] = toSrgb(coding);
  const shift = from === last ? 0 : 8;
  for (let at = 0; at < values.length; at += channels) {
    const red = light[values[at] as number] as number;
    const green = light[values[at + 1] as number] as number;
    const blue = light[values[at + 2] as number] as number;
    const alpha = (values[at + 3] as number) >> shift;
    to[at] = valueOf[stepOf(a * red + b * green + c * blue)] as number;
    to[at + 1] = valueOf[stepOf(d * red + e * green + f * blue)] as number;
    to[at + 2] = valueOf[stepOf(g * red + h * green + i * blue)] as number;
    if (channels === 4) to[at + 3] = alpha;
  }
}

const toSrgb = ({ primaries, white }: ColorCoding): ReturnType<typeof product> =>
  product(inverse(colorantMatrix(SRGB.primaries, SRGB.white)), colorantMatrix(primaries, white));
