import { Problem } from '#contracts/problem.catalogue.js';

/** Containers the service takes. */
export type ImageFormat = 'jpeg' | 'png' | 'webp';

/** What a header tells. Sizes are of the stored pixels: an EXIF orientation may swap them when shown. */
export interface ImageFacts {
  format: ImageFormat;
  /** Pixels, at least 1. */
  width: number;
  /** Pixels, at least 1. */
  height: number;
  /** Progressive JPEG or interlaced PNG: no row is complete before the last byte has been read. */
  progressive: boolean;
}

/** Largest image the service takes. */
export interface ImageLimits {
  maxPixels: number;
  /** The same for progressive JPEG and interlaced PNG, which cost more to open. */
  maxProgressivePixels: number;
  maxSidePixels: number;
}

/** @throws Problem `image-too-many-pixels` when the image is beyond a limit */
export function checkDimensions(facts: ImageFacts, limits: ImageLimits): void {
  const { width, height } = facts;
  const maxPixels = facts.progressive ? limits.maxProgressivePixels : limits.maxPixels;
  const tooLong = Math.max(width, height) > limits.maxSidePixels;
  if (tooLong || width * height > Math.min(maxPixels, limits.maxPixels))
    throw new Problem('image-too-many-pixels');
}

/** Facts of an image of this size. @throws Problem `image-corrupt` when a side is 0 */
export function sized(format: ImageFormat, width: number, height: number, progressive = false): ImageFacts {
  if (width < 1 || height < 1) throw new Problem('image-corrupt');
  return { format, width, height, progressive };
}

/** Hears the facts of an image as soon as its header has been read. */
export type FactsHeard = (facts: ImageFacts) => void;
