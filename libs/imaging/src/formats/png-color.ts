import { crc32, inflateSync } from 'node:zlib';
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
import { grayTransferOf } from './icc-gray.js';
import { MAX_PROFILE_BYTES } from './color-profile.js';

/** A chunk of a PNG: from its length to behind its checksum. */
export interface PngChunk {
  type: string;
  from: number;
  to: number;
}

/** What decides how a PNG's values stand for colors. */
export interface PngColor {
  /** Undefined where that is sRGB, or what a profile says. */
  coding?: ColorCoding;
  /** The chunks that say it: one with a profile, those of the coding, or none. */
  chunks: readonly PngChunk[];
}

/** What is to be converted once it is decoded. */
export interface CodedImage {
  coding: ColorCoding;
  /** Bits of a value. */
  depth: 8 | 16;
}

/** Chunks that say something of colors (third edition, sections 11.3.2 and 4.3). */
const COLOR_CHUNKS = new Set(['cICP', 'iCCP', 'sRGB', 'gAMA', 'cHRM', 'cLLI']);

/** Powers nearer to that of sRGB than this part are sRGB: 45455, 45000 and 50000 are written for it. */
const SRGB_POWER = 2.2;
const POWER_TOLERANCE = 0.05;
/** Colorants beyond this are none of real light. */
const MAX_COLORANT = 4;
const HIGHEST_PEAK = 10_000;
const PNG_FIRST_BYTE = 0x89;
const DEPTH_AT = 24;
const COLOR_TYPE_AT = 25;
const HAS_COLOR = 2;

/** All chunks of a PNG whose lengths the guard has checked. */
export function* chunksOf(file: Buffer): Generator<PngChunk, void> {
  for (let from = 8; from + 12 <= file.length;) {
    const to = from + 12 + file.readUInt32BE(from);
    yield { type: file.toString('latin1', from + 4, from + 8), from, to };
    from = to;
  }
}

/** True when a chunk's checksum is right. */
export const isSound = (file: Buffer, { from, to }: PngChunk): boolean =>
  crc32(file.subarray(from + 4, to - 4)) === file.readUInt32BE(to - 4);

/**
 * True for a PNG whose coding can be written as a profile: color of at most 8 bits a value. Of gray lcms is off by up to
 * 13 of 255, or does nothing; of 16 bits it smooths the curves of HDR, by up to 6. These are converted once decoded.
 */
export const takesProfile = (file: Buffer): boolean =>
  ((file[COLOR_TYPE_AT] ?? 0) & HAS_COLOR) !== 0 && file[DEPTH_AT] !== 16;

/** The coding of a stripped PNG that is to be converted once it is decoded. */
export function codingToConvert(image: Buffer): CodedImage | undefined {
  if (image[0] !== PNG_FIRST_BYTE || takesProfile(image)) return undefined;
  const depth = image[DEPTH_AT] === 16 ? 16 : 8;
  const { coding = depth === 16 ? grayProfileIn(image) : undefined } = colorOf(image);
  return coding && { coding, depth };
}

/** The coding of a gray image by its profile, which libvips applies at 8 bits alone. */
function grayProfileIn(image: Buffer): ColorCoding | undefined {
  const chunk = colorOf(image).chunks.find(({ type }) => type === 'iCCP');
  const profile = chunk && inflatedProfile(image.subarray(chunk.from + 8, chunk.to - 4));
  const transfer = profile && grayTransferOf(profile);
  wipe(profile);
  return transfer && { ...SRGB, transfer };
}

/**
 * What counts of all that a PNG says of its colors, in the order of the third edition (section 4.3): cICP, iCCP, sRGB,
 * gAMA with cHRM. Of each the first chunk before the pixels; one that is damaged, or has values that no display has, counts
 * as absent.
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

/** Brightest light, in 10,000ths of cd/m². */
function peakOf(light: Buffer | undefined): number {
  const peak = light?.length === 8 ? light.readUInt32BE(0) / 10_000 : 0;
  return peak > 0 ? Math.min(Math.max(peak, SDR_WHITE), HIGHEST_PEAK) : HDR_PEAK;
}

/** A power and chromaticities, in 100,000ths. Chromaticities without a power say nothing. */
function measuredCoding(gama: Buffer | undefined, chrm: Buffer | undefined): ColorCoding | undefined {
  const gamma = gama?.length === 4 ? gama.readUInt32BE(0) / 100_000 : 0;
  if (gamma < 0.01 || gamma > 10) return undefined;
  const { primaries, white } = chromaticities(chrm) ?? SRGB;
  const isPlain = isNear(primaries, SRGB.primaries) && isNear(white, SRGB.white);
  if (isPlain && Math.abs(gamma * SRGB_POWER - 1) <= POWER_TOLERANCE) return undefined;
  return { primaries, white, transfer: { kind: 'power', exponent: 1 / gamma } };
}

/** White and primaries; undefined when these are no colors that light can have. */
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

/** Gray takes profiles of gray, and color those of RGB (11.3.2.3). Any other counts as absent. */
function isProfileFor(file: Buffer, body: Buffer | undefined): boolean {
  const profile = body && inflatedProfile(body);
  const isGray = ((file[COLOR_TYPE_AT] ?? 0) & HAS_COLOR) === 0;
  const colorSpace = profile?.toString('latin1', 16, 20);
  wipe(profile);
  return colorSpace === (isGray ? 'GRAY' : 'RGB ');
}

/**
 * What stands behind a name, a zero and the method; undefined when it is damaged, or larger than any profile: a few bytes
 * can stand for gigabytes. The caller wipes it.
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
