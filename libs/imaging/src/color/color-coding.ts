import type { Primaries, WhitePoint } from './color-matrix.js';

/** How the values of an image stand for light. */
export interface ColorCoding {
  primaries: Primaries;
  white: WhitePoint;
  transfer: Transfer;
}

/**
 * From values to light: the curve of sRGB, a power, or one of the two of HDR (ITU-R BT.2100), whose brightest light is
 * `peak` cd/m²; or a table of light at even steps.
 */
export type Transfer =
  | { kind: 'srgb' }
  | { kind: 'power'; exponent: number }
  | { kind: 'table'; light: Float32Array }
  | { kind: 'pq'; peak: number }
  | { kind: 'hlg'; peak: number };

/** White of what is no HDR, in HDR: ITU-R BT.2408, section 2. */
export const SDR_WHITE = 203;
/** Brightest light of HDR where a file says nothing else, cd/m². */
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
 * The coding that code points of ITU-T H.273 name; undefined for those that no image of this kind has. The curves of
 * BT.601, BT.709 and BT.2020 count as that of sRGB, which is what such images are shown with.
 * @param peak brightest light of the image, cd/m²; counts for HDR
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

/** True for what is shown right without any conversion. */
export const isSrgb = ({ primaries, white, transfer }: ColorCoding): boolean =>
  transfer.kind === 'srgb' && isNear(primaries, BT_709) && isNear(white, D65);

/** Chromaticities that differ by rounding alone. */
export const isNear = (one: readonly number[], other: readonly number[]): boolean =>
  one.every((value, i) => Math.abs(value - (other[i] as number)) < 0.002);

/** Light of a value of 0 to 1, where 1 is white; HDR is tone-mapped to that. */
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

/** The value of a table at a place, on the straight line between its two neighbors. */
function between(table: Float32Array, place: number): number {
  const left = Math.floor(place);
  const from = table[left] as number;
  return from + (place - left) * ((table[left + 1] ?? from) - from);
}

/** Value of sRGB (IEC 61966-2-1) for light of 0 to 1. */
export const srgbValue = (light: number): number =>
  light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;

/** Light up to which tone mapping changes nothing. */
const KNEE = 0.92;

/**
 * Tone mapping: the light itself up to the knee, so that what is no HDR stays as it is, then a rational curve with the
 * same slope at the knee that reaches 1 at `peak`.
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

/** Part of 10,000 cd/m² (ITU-R BT.2100, table 4). */
function pqLight(value: number): number {
  const power = value ** (1 / 78.84375);
  return (Math.max(0, power - 0.8359375) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125);
}

/** Scene light (ITU-R BT.2100, table 5), and the exponent by which a screen of 1,000 cd/m² shows it. */
const HLG_GAMMA = 1.2;
const hlgLight = (value: number): number =>
  value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12;
