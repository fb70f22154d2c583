import type { JobOptions } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import { DISPLAY_P3, SRGB } from './color/color-coding.js';
import { isSameSpace, RgbConversion, spaceOf, type Rgb, type RgbSpace } from './color/rgb-space.js';
import {
  decodeValues,
  readColorProfile,
  type DecodedImage,
  type DecodedSize,
  type Depths,
} from './decode/decode.js';
import { iccProfile } from './formats/icc-profile.js';
import { codedSpaceOf } from './formats/coded-space.js';
import { KEPT_NAME, readRgbProfile, type RgbProfile } from './formats/rgb-profile.js';
import type { Matting } from './matting-contract.js';
import type { Rect } from './raster/pixel-rect.js';
import { byteOf, isDeep, maxValueOf, toRaster16, type AnyRaster, type Raster } from './raster/raster.js';

/** The colors of a result that are not those of sRGB. */
export interface ResultColors {
  space: RgbSpace;
  /** ICC profile for the result. */
  profile: Buffer;
  /** Space of the values in the file; undefined when they are converted to sRGB first. */
  own: RgbSpace | undefined;
}

const SRGB_SPACE = spaceOf(SRGB);
const P3_SPACE = spaceOf(DISPLAY_P3);

/**
 * The colors that the option `icc` asks for; undefined for sRGB without a profile, which `keep` becomes for an image that has no
 * usable RGB profile.
 * @param image the encoded image without metadata
 */
export async function resultColorsOf(
  image: Buffer,
  icc: JobOptions['icc'],
): Promise<ResultColors | undefined> {
  if (icc === 'srgb') return undefined;
  const own = await ownProfileOf(image);
  if (icc === 'keep') return own && { ...own, own: own.space };
  // The values of an image in P3 stay as they are.
  const isP3 = own !== undefined && isSameSpace(own.space, P3_SPACE);
  const profile = iccProfile(DISPLAY_P3, 'Display P3');
  return { space: P3_SPACE, profile, own: isP3 ? P3_SPACE : own?.space };
}

/** The RGB space of the values in a file, by its code points or its profile. */
async function ownProfileOf(image: Buffer): Promise<RgbProfile | undefined> {
  const coding = codedSpaceOf(image);
  if (coding === 'gray') return undefined;
  if (coding !== undefined) return { space: spaceOf(coding), profile: iccProfile(coding, KEPT_NAME) };
  const profile = await readColorProfile(image);
  try {
    return profile && readRgbProfile(profile);
  } finally {
    wipe(profile);
  }
}

/** Conversion of 8-bit colors of sRGB, such as those of a background. */
export const fromSrgb = ({ space }: ResultColors): RgbConversion => new RgbConversion(SRGB_SPACE, space, 255);

/** What is decoded again to get the values of the file. */
export interface OwnSource {
  image: Buffer;
  maxPixels: number;
  resized: DecodedSize | undefined;
  depths: Depths;
}

/**
 * Applies a matte to an image, whose result has other colors than sRGB. The matte and the colors of edges are those of sRGB; a
 * pixel that they leave as it is has the exact color of the file, in the space of the result.
 * @param decoded the image in sRGB; its 8-bit pixels are matted
 * @returns the matted image, which the caller wipes if it is another one than the decoded, and the box of the subject
 * @throws Problem as `decodeValues`
 */
export async function matteInColors(
  { full, deep }: DecodedImage,
  matting: Matting,
  colors: ResultColors,
  { image, maxPixels, resized, depths }: OwnSource,
): Promise<{ matted: AnyRaster; box: Rect | undefined }> {
  const { own, space } = colors;
  if (own === undefined) {
    const box = matteWhole(full, matting);
    const matted = depths.result === 16 ? toRaster16(full, deep) : full;
    new RgbConversion(SRGB_SPACE, space, maxValueOf(matted.data)).convertImage(matted);
    return { matted, box };
  }
  const source = await decodeValues(image, maxPixels, resized, depths.decoded);
  try {
    const last = maxValueOf(source.data);
    if (own !== space) new RgbConversion(own, space, last).convertImage(source);
    const box = matteOver(full, matting, source, new RgbConversion(SRGB_SPACE, space, 255));
    if (depths.result === 8 || isDeep(source)) return { matted: source, box };
    const matted = toRaster16(source, undefined);
    wipe(source.data);
    return { matted, box };
  } catch (error) {
    wipe(source.data);
    throw error;
  }
}

/** Applies the matte to all rows. Returns the box of the subject; undefined when nothing is visible. */
export function matteWhole(image: Raster, matting: Matting): Rect | undefined {
  const pass = matting.passOver(image);
  try {
    pass.rows(0, image.height);
    return pass.foreground;
  } finally {
    pass.wipe();
  }
}

const ROWS_AT_A_TIME = 64;

/** Applies the matte to an image, and what it changes to `source`, which has the same pixels in another space. */
function matteOver(
  image: Raster,
  matting: Matting,
  source: AnyRaster,
  conversion: RgbConversion,
): Rect | undefined {
  const { data, width, height } = image;
  const pass = matting.passOver(image);
  const before = new Uint8Array(4 * width * ROWS_AT_A_TIME);
  try {
    for (let from = 0; from < height; from += ROWS_AT_A_TIME) {
      const to = Math.min(from + ROWS_AT_A_TIME, height);
      const rows = data.subarray(4 * width * from, 4 * width * to);
      before.set(rows);
      pass.rows(from, to);
      const shown = source.data.subarray(4 * width * from, 4 * width * to);
      carryOver({ before, after: rows, to: shown }, conversion);
    }
    return pass.foreground;
  } finally {
    wipe(before);
    pass.wipe();
  }
}

/** Rows before and after the matte, and the same rows in another space before it. */
interface MattedRows {
  before: Uint8Array;
  after: Uint8Array;
  to: Uint8Array | Uint16Array;
}

/** Changes a color by as much as the matte changed it, and sets the alpha. */
function carryOver({ before, after, to }: MattedRows, conversion: RgbConversion): void {
  const full = maxValueOf(to);
  const wider = full / 255;
  const [was, is]: [Rgb, Rgb] = [
    [0, 0, 0],
    [0, 0, 0],
  ];
  for (let at = 0; at < after.length; at += 4) {
    const alpha = after[at + 3] as number;
    if (alpha === 0) {
      to[at] = to[at + 1] = to[at + 2] = to[at + 3] = 0;
      continue;
    }
    const own = to[at + 3] as number;
    if (alpha !== (full === 255 ? own : byteOf(own))) to[at + 3] = wider * alpha;
    if (isSameColor(before, after, at)) continue;
    conversion.convert(before, at, was);
    conversion.convert(after, at, is);
    for (let k = 0; k < 3; k += 1) {
      const value = (to[at + k] as number) + wider * ((is[k] as number) - (was[k] as number));
      to[at + k] = Math.min(Math.max(Math.round(value), 0), full);
    }
  }
}

const isSameColor = (one: Uint8Array, other: Uint8Array, at: number): boolean =>
  one[at] === other[at] && one[at + 1] === other[at + 1] && one[at + 2] === other[at + 2];
