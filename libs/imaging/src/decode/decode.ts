import type { Sharp } from 'sharp';
import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { codingOfAvif } from '../formats/avif-color.js';
import { convertSamples } from '../color/coded-samples.js';
import { deepValues, wordsOf } from '../raster/deep-values.js';
import type { DeepRaster, Raster } from '../raster/raster-shape.js';
import type { Rect, Size } from '../raster/pixel-rect.js';
import { codingToConvert, type CodedImage } from '../formats/png-color.js';
import { sharp } from '../raster/sharp.js';

/**
 * How libjpeg calls it when data runs out. A text only chooses between two codes of a refusal: libvips keeps the texts of
 * all images in one place.
 */
const PREMATURE_END = /premature end/i;

/** How JPEG and WebP begin, which have 8 bits a channel. */
const SHALLOW_FIRST_BYTES = new Set([0xff, 0x52]);

/** A size to decode to: `fill` changes the proportions, `cover` keeps them and cuts off what is too much. */
export interface DecodedSize extends Size {
  fit: 'fill' | 'cover';
}

/** Width and height of an image as it is shown, and whether it is without transparency whatever its pixels are. */
export interface ShownImage extends Size {
  isOpaque: boolean;
  /** It has 16 bits a value. */
  isDeep: boolean;
}

/**
 * What the header tells of an image as it is shown, its EXIF orientation applied. No pixel is decoded.
 * @throws Problem `image-corrupt`
 */
export async function shownImage(image: Buffer): Promise<ShownImage> {
  try {
    const { autoOrient, hasAlpha, format, depth } = await sharp(image, {
      limitInputPixels: false,
    }).metadata();
    // Other formats of more than 8 bits have 10 or 12.
    const isDeep = format === 'png' && depth === 'ushort';
    return { width: autoOrient.width, height: autoOrient.height, isOpaque: !hasAlpha, isDeep };
  } catch {
    throw new Problem('image-corrupt');
  }
}

/**
 * What the model sees: 8-bit sRGB, `sidePixels` × `sidePixels` × 3 (rows, columns, channels), aspect ratio not
 * kept, upright, transparent areas on white. JPEGs are shrunk while loading, and Lanczos-3 is what the networks
 * of this family were fed with in training and by their reference tools.
 * @param maxPixels refuses images with more, whatever their header said
 * @param region the part of the upright image to show the model, instead of the whole
 * @throws Problem `image-truncated` | `image-corrupt`
 */
export async function decodeForModel(
  image: Buffer,
  sidePixels: number,
  maxPixels: number,
  region?: Rect,
): Promise<Buffer> {
  const { data } = await pixelsOf(image, maxPixels, (opened) =>
    squared(shownPart(opened, region).flatten({ background: '#fff' }), sidePixels).removeAlpha(),
  );
  return data;
}

/**
 * What the model sees before transparent areas are filled: as `decodeForModel`, with alpha as the fourth channel.
 * Colors are resampled multiplied by alpha, so that those hidden under alpha 0 have no weight.
 * @throws Problem `image-corrupt`
 */
export async function decodeWithAlpha(
  image: Buffer,
  sidePixels: number,
  maxPixels: number,
  region?: Rect,
): Promise<Buffer> {
  const { data } = await pixelsOf(image, maxPixels, (opened) =>
    squared(shownPart(opened, region), sidePixels).ensureAlpha(),
  );
  return data;
}

/**
 * All pixels of an image: 8-bit sRGB with alpha, upright (EXIF orientation applied), first frame only. CMYK,
 * grey, palettes, 16 bits and embedded ICC profiles are converted.
 * @param maxPixels refuses images with more, whatever their header said
 * @param size gives the image in another size; JPEGs are then shrunk while loading
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

/**
 * As `decodeFull`, with the 16 bits a value that the image has.
 * @throws Problem `image-corrupt`
 */
export async function decodeDeep(image: Buffer, maxPixels: number, size?: DecodedSize): Promise<DeepRaster> {
  const { data, info } = await pixelsOf(
    image,
    maxPixels,
    (opened) => sizedTo(opened, size).ensureAlpha(),
    16,
  );
  return { data: wordsOf(data), width: info.width, height: info.height };
}

const shownPart = (opened: Sharp, region: Rect | undefined): Sharp =>
  region === undefined ? opened : opened.extract(region);

const squared = (opened: Sharp, sidePixels: number): Sharp =>
  opened.resize(sidePixels, sidePixels, { fit: 'fill', kernel: 'lanczos3' }).toColourspace('srgb');

const sizedTo = (opened: Sharp, size: DecodedSize | undefined): Sharp =>
  size === undefined ? opened : opened.resize({ ...size, kernel: 'lanczos3' });

interface Pixels {
  data: Buffer;
  info: { width: number; height: number; channels: number };
}

/**
 * Opens, converts and reads the values, of 8 bits or of 16. libvips' messages may quote an image's metadata:
 * they end here.
 */
async function pixelsOf(
  image: Buffer,
  maxPixels: number,
  convert: (opened: Sharp) => Sharp,
  depth: 8 | 16 = 8,
): Promise<Pixels> {
  const options = { limitInputPixels: maxPixels, failOn: 'warning', sequentialRead: true, pages: 1 } as const;
  try {
    const opened = convert(sharp(image, options).autoOrient());
    const coded = codingToConvert(image) ?? codingOfAvif(image);
    if (coded !== undefined) return await convertedPixels(opened, coded, depth);
    const inSrgb = (await hasDeepProfile(image)) ? opened.withIccProfile('srgb') : opened;
    const read = depth === 16 ? deepValues(inSrgb) : inSrgb.raw({ depth: 'uchar' });
    return await read.toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw new Problem(PREMATURE_END.test(String(error)) ? 'image-truncated' : 'image-corrupt');
  }
}

/** Reads all the bits that there are and converts them, in place. */
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
 * True for colour of more than 8 bits with an ICC profile, in PNG and AVIF. sharp converts those to Display P3 and
 * leaves them there, which would wash colours out: they need a further step to sRGB.
 */
async function hasDeepProfile(image: Buffer): Promise<boolean> {
  if (SHALLOW_FIRST_BYTES.has(image[0] ?? 0)) return false;
  const { space, hasProfile } = await sharp(image, { limitInputPixels: false }).metadata();
  return space === 'rgb16' && hasProfile;
}
