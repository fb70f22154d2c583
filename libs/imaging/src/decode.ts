import type { Sharp } from 'sharp';
import { Problem } from '#contracts/problem.catalogue.js';
import type { Raster } from './matte.js';
import type { Rect, Size } from './pixel.rect.js';
import { sharp } from './sharp.gate.js';

/** How JPEG and WebP begin, which have 8 bits a channel. */
const SHALLOW_FIRST_BYTES = new Set([0xff, 0x52]);

/** A size to decode to: `fill` changes the proportions, `cover` keeps them and cuts off what is too much. */
export interface DecodedSize extends Size {
  fit: 'fill' | 'cover';
}

/** Width and height of an image as it is shown, and whether it is without transparency whatever its pixels are. */
export interface ShownImage extends Size {
  isOpaque: boolean;
}

/**
 * What the header tells of an image as it is shown, its EXIF orientation applied. No pixel is decoded.
 * @throws Problem `image-corrupt`
 */
export async function shownImage(image: Buffer): Promise<ShownImage> {
  try {
    const { autoOrient, hasAlpha } = await sharp(image, { limitInputPixels: false }).metadata();
    return { width: autoOrient.width, height: autoOrient.height, isOpaque: !hasAlpha };
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
 * @throws Problem `image-corrupt`
 */
export async function decodeForModel(
  image: Buffer,
  sidePixels: number,
  maxPixels: number,
  region?: Rect,
): Promise<Buffer> {
  const { data } = await pixelsOf(image, maxPixels, (opened) =>
    (region === undefined ? opened : opened.extract(region))
      .flatten({ background: '#fff' })
      .resize(sidePixels, sidePixels, { fit: 'fill', kernel: 'lanczos3' })
      .toColourspace('srgb')
      .removeAlpha(),
  );
  return data;
}

/**
 * All pixels of an image: 8-bit sRGB with alpha, upright (EXIF orientation applied), first frame only. CMYK,
 * grey, palettes, 16 bits and embedded ICC profiles are converted.
 * @param maxPixels refuses images with more, whatever their header said
 * @param size gives the image in another size; JPEGs are then shrunk while loading
 * @throws Problem `image-corrupt`
 */
export async function decodeFull(
  image: Buffer,
  maxPixels: number,
  size?: DecodedSize,
): Promise<Raster & { data: Buffer }> {
  const { data, info } = await pixelsOf(image, maxPixels, (opened) =>
    (size === undefined ? opened : opened.resize({ ...size, kernel: 'lanczos3' }))
      .toColourspace('srgb')
      .ensureAlpha(),
  );
  return { data, width: info.width, height: info.height };
}

interface Pixels {
  data: Buffer;
  info: { width: number; height: number };
}

/** Opens, converts as told and reads the bytes. libvips' messages may quote an image's metadata: they end here. */
async function pixelsOf(
  image: Buffer,
  maxPixels: number,
  convert: (opened: Sharp) => Sharp,
): Promise<Pixels> {
  const options = { limitInputPixels: maxPixels, failOn: 'warning', sequentialRead: true, pages: 1 } as const;
  try {
    const opened = convert(sharp(image, options).autoOrient());
    const inSrgb = (await hasDeepProfile(image)) ? opened.withIccProfile('srgb') : opened;
    return await inSrgb.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  } catch {
    throw new Problem('image-corrupt');
  }
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
