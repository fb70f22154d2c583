import type { Sharp } from 'sharp';
import { failure } from '#contracts/failure-facts.js';
import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import type { JobOptions } from '#contracts/job-options.js';
import { codingOfAvif } from '../formats/avif-color.js';
import { convertSamples } from '../color/color-coding.js';
import {
  MAX_DEEP_PIXELS,
  rasterOf,
  toRaster8,
  type AnyRaster,
  type DeepRaster,
  type Raster,
  type RgbRaster,
} from '../raster/raster.js';
import type { Rect, Size } from '../raster/pixel-rect.js';
import { codingToConvert, type CodedImage } from '../formats/png-color.js';
import { sharp, deepValues, wordsOf } from '../raster/sharp.js';

/**
 * libjpeg's message for missing data. It only selects between two error codes: libvips collects the messages of all
 * images in one buffer.
 */
const PREMATURE_END = /premature end/i;

/** First bytes of JPEG and WebP, which have 8 bits a channel. */
const SHALLOW_FIRST_BYTES = new Set([0xff, 0x52]);

/** Size to decode to: `fill` changes the proportions, `cover` keeps them and crops. */
export interface DecodedSize extends Size {
  fit: 'fill' | 'cover';
}

/** Size of the model's input for one image, and the filter that images are resized with. */
export interface ModelFrame extends Size {
  kernel: 'lanczos3' | 'linear';
}

/** A square frame for Lanczos-3, on which models of the ISNet family were trained. */
export const squareFrame = (side: number): ModelFrame => ({ width: side, height: side, kernel: 'lanczos3' });

/** Size of the upright image, and facts from its header. */
export interface ImageHeader extends Size {
  isOpaque: boolean;
  /** It is a PNG of 16 bits a value. */
  isDeep: boolean;
}

/**
 * Reads the header of an image, with its EXIF orientation applied. No pixel is decoded.
 * @throws Problem `image-corrupt`
 */
export async function readImageHeader(image: Buffer): Promise<ImageHeader> {
  try {
    const { autoOrient, hasAlpha, format, depth } = await sharp(image, {
      limitInputPixels: false,
    }).metadata();
    // AVIF of more than 8 bits has 10 or 12.
    const isDeep = format === 'png' && depth === 'ushort';
    return { width: autoOrient.width, height: autoOrient.height, isOpaque: !hasAlpha, isDeep };
  } catch {
    throw new Problem('image-corrupt');
  }
}

/**
 * The model's input: 8-bit sRGB in the size of the frame, aspect ratio not kept, upright, transparent areas white.
 * JPEGs are shrunk while loading.
 * @param maxPixels limit on the decoded size, whatever the header said
 * @param region part of the upright image to decode instead of the whole
 * @throws Problem `image-truncated` | `image-corrupt`
 */
export async function decodeForModel(
  image: Buffer,
  frame: ModelFrame,
  maxPixels: number,
  region?: Rect,
): Promise<RgbRaster & { data: Buffer }> {
  const { data } = await pixelsOf(image, maxPixels, (opened) =>
    framed(shownPart(opened, region).flatten({ background: '#fff' }), frame).removeAlpha(),
  );
  return { data, width: frame.width, height: frame.height };
}

/**
 * As `decodeForModel`, with alpha as the fourth channel instead of a white background. Colors are resampled
 * premultiplied, so that colors under alpha 0 have no weight.
 * @throws Problem `image-corrupt`
 */
export async function decodeWithAlpha(
  image: Buffer,
  frame: ModelFrame,
  maxPixels: number,
  region?: Rect,
): Promise<Raster> {
  const { data } = await pixelsOf(image, maxPixels, (opened) =>
    framed(shownPart(opened, region), frame).ensureAlpha(),
  );
  return { data, width: frame.width, height: frame.height };
}

/**
 * All pixels of an image: 8-bit sRGB with alpha, upright (EXIF orientation applied), first frame only. CMYK, gray,
 * palettes, 16 bits and embedded ICC profiles are converted.
 * @param maxPixels limit on the decoded size, whatever the header said
 * @param size decodes to another size; JPEGs are then shrunk while loading
 * @throws Problem `image-truncated` | `image-corrupt`
 */
export async function decodeFull(
  image: Buffer,
  maxPixels: number,
  size?: DecodedSize,
): Promise<Raster & { data: Buffer }> {
  const { data, info } = await pixelsOf(image, maxPixels, (opened) =>
    sizedTo(opened, size).toColourspace('srgb').ensureAlpha(),
  );
  return { data, width: info.width, height: info.height };
}

/** As `decodeFull`, with 16 bits a value. @throws Problem `image-corrupt` */
export async function decodeDeep(image: Buffer, maxPixels: number, size?: DecodedSize): Promise<DeepRaster> {
  const { data, info } = await pixelsOf(image, maxPixels, (opened) => sizedTo(opened, size).ensureAlpha(), {
    depth: 16,
    isConverted: true,
  });
  return { data: wordsOf(data), width: info.width, height: info.height };
}

/**
 * All pixels of an RGB image with the values of the file: no conversion of colors. Otherwise as `decodeFull`.
 * @param depth bits a value; 16 only for an image that has them
 * @throws Problem `image-truncated` | `image-corrupt`
 */
export async function decodeValues(
  image: Buffer,
  maxPixels: number,
  size: DecodedSize | undefined,
  depth: 8 | 16,
): Promise<AnyRaster> {
  const convert = (opened: Sharp): Sharp => {
    const sized = sizedTo(opened, size);
    return (depth === 16 ? sized : sized.toColourspace('srgb')).ensureAlpha();
  };
  const { data, info } = await pixelsOf(image, maxPixels, convert, { depth, isConverted: false });
  return rasterOf(depth === 16 ? wordsOf(data) : data, info);
}

const shownPart = (opened: Sharp, region: Rect | undefined): Sharp =>
  region === undefined ? opened : opened.extract(region);

const framed = (opened: Sharp, { width, height, kernel }: ModelFrame): Sharp =>
  opened.resize(width, height, { fit: 'fill', kernel }).toColourspace('srgb');

const sizedTo = (opened: Sharp, size: DecodedSize | undefined): Sharp =>
  size === undefined ? opened : opened.resize({ ...size, kernel: 'lanczos3' });

interface Pixels {
  data: Buffer;
  info: { width: number; height: number; channels: number };
}

/**
 * Opens, converts and reads pixels of 8 or 16 bits. libvips' messages may quote metadata of the image: they are not
 * passed on.
 */
async function pixelsOf(
  image: Buffer,
  maxPixels: number,
  convert: (opened: Sharp) => Sharp,
  { depth, isConverted }: { depth: 8 | 16; isConverted: boolean } = { depth: 8, isConverted: true },
): Promise<Pixels> {
  const options = { limitInputPixels: maxPixels, failOn: 'warning', sequentialRead: true, pages: 1 } as const;
  try {
    const opened = convert(sharp(image, { ...options, ignoreIcc: !isConverted }).autoOrient());
    if (!isConverted) {
      const values = depth === 16 ? deepValues(opened) : opened.raw({ depth: 'uchar' });
      return await values.toBuffer({ resolveWithObject: true });
    }
    const coded = codingToConvert(image) ?? codingOfAvif(image);
    if (coded !== undefined) return await convertedPixels(opened, coded, depth);
    const inSrgb = (await hasDeepProfile(image)) ? opened.withIccProfile('srgb') : opened;
    const read = depth === 16 ? deepValues(inSrgb) : inSrgb.raw({ depth: 'uchar' });
    return await read.toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw new Problem(PREMATURE_END.test(String(error)) ? 'image-truncated' : 'image-corrupt');
  }
}

/** Reads pixels with their full bit depth and converts them to sRGB in place. */
async function convertedPixels(opened: Sharp, { coding, depth }: CodedImage, to: 8 | 16): Promise<Pixels> {
  const read = depth === 16 ? deepValues(opened) : opened.raw();
  const { data, info } = await read.toBuffer({ resolveWithObject: true });
  const values = depth === 16 ? wordsOf(data) : data;
  convertSamples({ values, channels: info.channels }, to === 16 ? values : data, coding);
  if (to === depth) return { data, info };
  wipe(data.subarray(values.length));
  return { data: data.subarray(0, values.length), info };
}

/**
 * True for color of more than 8 bits with an ICC profile, in PNG and AVIF. sharp converts such images to Display P3
 * and stops there, which washes colors out: they need a conversion to sRGB.
 */
async function hasDeepProfile(image: Buffer): Promise<boolean> {
  if (SHALLOW_FIRST_BYTES.has(image[0] ?? 0)) return false;
  const { space, hasProfile } = await sharp(image, { limitInputPixels: false }).metadata();
  return space === 'rgb16' && hasProfile;
}

/** The ICC profile of an RGB image without metadata, which the caller wipes; undefined for other images and without one. */
export async function readColorProfile(image: Buffer): Promise<Buffer | undefined> {
  const { space, icc } = await sharp(image, { limitInputPixels: false }).metadata();
  return space === 'srgb' || space === 'rgb16' ? icc : undefined;
}

/** A decoded image. All processing uses 8 bits a value. */
export interface DecodedImage {
  full: Raster;
  /** The same with 16 bits a value, where the result has 16 bits. */
  deep: DeepRaster | undefined;
}

/** Bits a value of the decoded image and of the result. */
export interface Depths {
  decoded: 8 | 16;
  result: 8 | 16;
}

/**
 * Bit depths for the option `bit_depth`. An 8-bit image with a 16-bit result is processed with 8.
 * @param size to which the image is decoded
 * @throws Problem `image-too-many-pixels` when 16 bits are requested for an image above `MAX_DEEP_PIXELS`
 */
export function depthsOf(
  { bit_depth }: Pick<JobOptions, 'bit_depth'>,
  { isDeep }: Pick<ImageHeader, 'isDeep'>,
  { width, height }: Size,
): Depths {
  const isTooLarge = width * height > MAX_DEEP_PIXELS;
  if (bit_depth === '16' && isTooLarge) {
    throw failure('image-too-many-pixels', { max_deep_pixels: MAX_DEEP_PIXELS });
  }
  const result = bit_depth === '16' || (bit_depth === 'auto' && isDeep && !isTooLarge) ? 16 : 8;
  return { result, decoded: isDeep ? result : 8 };
}

/** Decodes all pixels of an image. @throws Problem `image-corrupt` */
export async function decodeImage(
  image: Buffer,
  maxPixels: number,
  size: DecodedSize | undefined,
  { decoded }: Depths,
): Promise<DecodedImage> {
  if (decoded === 8) return { full: await decodeFull(image, maxPixels, size), deep: undefined };
  const deep = await decodeDeep(image, maxPixels, size);
  return { full: toRaster8(deep), deep };
}

/** Overwrites all pixels with zeros. */
export const wipeImage = ({ full, deep }: DecodedImage): void => wipe(full.data, deep?.data);
