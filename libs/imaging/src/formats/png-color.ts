import { inflateSync } from 'node:zlib';
import { wipe } from '#crypto/wipe.js';
import {
  codingOf,
  HDR_PEAK,
  isNear,
  isSrgb,
  SDR_WHITE,
  SRGB,
  type ColorCoding,
} from '../color/color-coding.js';
import { colorantMatrix } from '../color/color-matrix.js';
import { chunksOf, isSound, type PngChunk } from './png-chunks.js';
import { MAX_PROFILE_BYTES } from './image-facts.js';
import { grayTransferOf } from './icc-profile.js';

/** Color information of a PNG. */
export interface PngColor {
  /** Undefined for sRGB, and when there is a profile. */
  coding?: ColorCoding;
  /** Chunks that define it: a profile, those of the coding, or none. */
  chunks: readonly PngChunk[];
}

/** A color coding that is converted after decoding. */
export interface CodedImage {
  coding: ColorCoding;
  /** Bits of a value. */
  depth: 8 | 16;
}

/** Chunks with color information (third edition, sections 11.3.2 and 4.3). */
const COLOR_CHUNKS = new Set(['cICP', 'iCCP', 'sRGB', 'gAMA', 'cHRM', 'cLLI']);

/** Gamma values within this share of sRGB's are treated as sRGB: 45455, 45000 and 50000 are written for it. */
const SRGB_POWER = 2.2;
const POWER_TOLERANCE = 0.05;
/** Colorants above this are not physical. */
const MAX_COLORANT = 4;
const HIGHEST_PEAK = 10_000;
const PNG_FIRST_BYTE = 0x89;
const DEPTH_AT = 24;
const COLOR_TYPE_AT = 25;
const HAS_COLOR = 2;

/**
 * True for a PNG whose color coding can be written as a profile: color of at most 8 bits a value. For gray, lcms is
 * off by up to 13 of 255 or does nothing; for 16 bits it smooths the curves of HDR, by up to 6. Such images are
 * converted after decoding.
 */
export const takesProfile = (file: Buffer): boolean =>
  ((file[COLOR_TYPE_AT] ?? 0) & HAS_COLOR) !== 0 && file[DEPTH_AT] !== 16;

/** True for a PNG of gray values, with or without alpha. */
export const isGrayPng = (image: Buffer): boolean =>
  image[0] === PNG_FIRST_BYTE && ((image[COLOR_TYPE_AT] ?? 0) & HAS_COLOR) === 0;

/** Color coding of a stripped PNG that must be converted after decoding. */
export function codingToConvert(image: Buffer): CodedImage | undefined {
  if (image[0] !== PNG_FIRST_BYTE || takesProfile(image)) return undefined;
  const depth = image[DEPTH_AT] === 16 ? 16 : 8;
  const { coding = depth === 16 ? grayProfileIn(image) : undefined } = colorOf(image);
  return coding && { coding, depth };
}

/** Color coding of a gray image from its profile, which libvips applies at 8 bits only. */
function grayProfileIn(image: Buffer): ColorCoding | undefined {
  const chunk = colorOf(image).chunks.find(({ type }) => type === 'iCCP');
  const profile = chunk && inflatedProfile(image.subarray(chunk.from + 8, chunk.to - 4));
  const transfer = profile && grayTransferOf(profile);
  wipe(profile);
  return transfer && { ...SRGB, transfer };
}

/**
 * Color information of a PNG that takes precedence, in the order of the third edition (section 4.3): cICP, iCCP,
 * sRGB, gAMA with cHRM. The first chunk of each type before the pixels counts; damaged or implausible ones are
 * ignored.
 */
export function colorOf(file: Buffer): PngColor {
  const found = new Map<string, PngChunk>();
  for (const chunk of chunksOf(file)) {
    if (chunk.type === 'IDAT') break;
    if (COLOR_CHUNKS.has(chunk.type) && !found.has(chunk.type) && isSound(file, chunk)) {
      found.set(chunk.type, chunk);
    }
  }
  const chunksNamed = (...types: string[]): PngChunk[] => types.flatMap((type) => found.get(type) ?? []);
  const bodyOf = (type: string): Buffer | undefined => {
    const chunk = found.get(type);
    return chunk && file.subarray(chunk.from + 8, chunk.to - 4);
  };
  const named = namedCoding(bodyOf('cICP'), bodyOf('cLLI'));
  if (named !== undefined) {
    return isSrgb(named) ? { chunks: [] } : { coding: named, chunks: chunksNamed('cICP', 'cLLI') };
  }
  if (isProfileFor(file, bodyOf('iCCP'))) return { chunks: chunksNamed('iCCP') };
  const measured = found.has('sRGB') ? undefined : measuredCoding(bodyOf('gAMA'), bodyOf('cHRM'));
  return measured === undefined ? { chunks: [] } : { coding: measured, chunks: chunksNamed('gAMA', 'cHRM') };
}

/** Code points of ITU-T H.273: primaries, transfer, matrix (none for RGB), full range. */
function namedCoding(cicp: Buffer | undefined, light: Buffer | undefined): ColorCoding | undefined {
  if (cicp?.length !== 4 || cicp[2] !== 0 || cicp[3] !== 1) return undefined;
  return codingOf(cicp.readUInt8(0), cicp.readUInt8(1), peakOf(light));
}

/** `cLLI`: peak, in 10,000ths of cd/m². */
function peakOf(light: Buffer | undefined): number {
  const peak = light?.length === 8 ? light.readUInt32BE(0) / 10_000 : 0;
  return peak > 0 ? Math.min(Math.max(peak, SDR_WHITE), HIGHEST_PEAK) : HDR_PEAK;
}

/** Gamma and chromaticities, in 100,000ths. Chromaticities without gamma are ignored. */
function measuredCoding(gama: Buffer | undefined, chrm: Buffer | undefined): ColorCoding | undefined {
  const gamma = gama?.length === 4 ? gama.readUInt32BE(0) / 100_000 : 0;
  if (gamma < 0.01 || gamma > 10) return undefined;
  const { primaries, white } = chromaticities(chrm) ?? SRGB;
  const isPlain = isNear(primaries, SRGB.primaries) && isNear(white, SRGB.white);
  if (isPlain && Math.abs(gamma * SRGB_POWER - 1) <= POWER_TOLERANCE) return undefined;
  return { primaries, white, transfer: { kind: 'power', exponent: 1 / gamma } };
}

/** White point and primaries; undefined when they are not physical. */
function chromaticities(chrm: Buffer | undefined): Pick<ColorCoding, 'primaries' | 'white'> | undefined {
  if (chrm?.length !== 32) return undefined;
  const value = (i: number): number => chrm.readUInt32BE(4 * i) / 100_000;
  const primaries = [value(2), value(3), value(4), value(5), value(6), value(7)] as const;
  const white = [value(0), value(1)] as const;
  const isReal = colorantMatrix(primaries, white)
    .flat()
    .every((part) => Math.abs(part) < MAX_COLORANT);
  return isReal ? { primaries, white } : undefined;
}

/** True when the profile matches the image: gray for gray, RGB for color (11.3.2.3). Other profiles are ignored. */
function isProfileFor(file: Buffer, body: Buffer | undefined): boolean {
  const profile = body && inflatedProfile(body);
  const isGray = ((file[COLOR_TYPE_AT] ?? 0) & HAS_COLOR) === 0;
  const colorSpace = profile?.toString('latin1', 16, 20);
  wipe(profile);
  return colorSpace === (isGray ? 'GRAY' : 'RGB ');
}

/**
 * The inflated profile after a name, a zero and the method; undefined when it is damaged or larger than
 * `MAX_PROFILE_BYTES`: a few bytes can inflate to gigabytes. The caller wipes it.
 */
function inflatedProfile(body: Buffer): Buffer | undefined {
  const zero = body.subarray(0, 80).indexOf(0);
  if (zero === -1 || body[zero + 1] !== 0) return undefined;
  try {
    return inflateSync(body.subarray(zero + 2), { maxOutputLength: MAX_PROFILE_BYTES });
  } catch {
    return undefined;
  }
}
