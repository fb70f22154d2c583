import type { JobOptions } from '#contracts/job-options.js';
import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { decodeDeep, decodeFull, type DecodedSize, type ShownImage } from './decode.js';
import { MAX_DEEP_PIXELS, shallowRaster } from '../raster/deep-raster.js';
import type { Size } from '../raster/pixel-rect.js';
import type { DeepRaster, Raster } from '../raster/raster-shape.js';

/** An image in full. All work on it is done with 8 bits a value. */
export interface FullImage {
  full: Raster;
  /** The same with the 16 bits a value that it had, where the result is to have as many. */
  deep: DeepRaster | undefined;
}

/** How many bits a value an image is decoded to, and its result has. */
export interface Depths {
  decoded: 8 | 16;
  result: 8 | 16;
}

/**
 * The depths that `bit_depth` comes to. An image of 8 bits whose result is to have 16 is worked on with 8.
 * @param size in which the image is decoded
 * @throws Problem `image-too-many-pixels` when 16 bits are asked for of an image beyond `MAX_DEEP_PIXELS`
 */
export function depthsOf(
  { bit_depth }: Pick<JobOptions, 'bit_depth'>,
  { isDeep }: Pick<ShownImage, 'isDeep'>,
  { width, height }: Size,
): Depths {
  const isTooLarge = width * height > MAX_DEEP_PIXELS;
  if (bit_depth === '16' && isTooLarge) {
    const detail = 'A result of 16 bits a channel has at most 25 million pixels';
    throw new Problem('image-too-many-pixels', { limit: MAX_DEEP_PIXELS, unit: 'pixels', detail });
  }
  const result = bit_depth === '16' || (bit_depth === 'auto' && isDeep && !isTooLarge) ? 16 : 8;
  return { result, decoded: isDeep ? result : 8 };
}

/** Decodes an image in full. @throws Problem `image-corrupt` */
export async function decodeWhole(
  image: Buffer,
  maxPixels: number,
  size: DecodedSize | undefined,
  { decoded }: Depths,
): Promise<FullImage> {
  if (decoded === 8) return { full: await decodeFull(image, maxPixels, size), deep: undefined };
  const deep = await decodeDeep(image, maxPixels, size);
  return { full: shallowRaster(deep), deep };
}

/** Overwrites all of its pixels. */
export const wipeWhole = ({ full, deep }: FullImage): void => wipe(full.data, deep?.data);
