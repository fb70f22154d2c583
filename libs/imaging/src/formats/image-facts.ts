import { INPUT_FORMATS, type InputFormat } from '#contracts/input-formats.js';
import { failure } from '#contracts/failure-facts.js';
import { Problem } from '#contracts/problem-catalog.js';

/** Image formats that the service can accept. */
export type ImageFormat = InputFormat;

/** Facts from an image header. Sizes are of the stored pixels: an orientation may swap them. */
export interface ImageFacts {
  format: ImageFormat;
  /** Pixels, at least 1. */
  width: number;
  /** Pixels, at least 1. */
  height: number;
  /** Progressive JPEG, interlaced PNG and AVIF: no row is complete before the last byte has been read. */
  progressive: boolean;
}

/** Limits on images, and the accepted formats. */
export interface ImageLimits {
  maxPixels: number;
  /** Limit for progressive JPEG, interlaced PNG and AVIF, which need more memory. */
  maxProgressivePixels: number;
  maxSidePixels: number;
  /** Accepted formats; all by default. */
  formats?: readonly ImageFormat[] | undefined;
}

/** Formats that these limits accept. */
export const formatsOf = ({ formats }: Pick<ImageLimits, 'formats'>): readonly ImageFormat[] =>
  formats ?? INPUT_FORMATS;

/**
 * Limit on the pixels of an AVIF, independent of the settings: libheif decodes an image as a whole and libvips holds
 * it a second time, up to 28 bytes a pixel with 10 bits a channel and alpha.
 */
export const MAX_AVIF_PIXELS = 25_000_000;

/** Largest color profile that is read, in bytes. Printer profiles have up to 2.5 MB. A larger one is ignored, and the image is taken as sRGB. */
export const MAX_PROFILE_BYTES = 4 * 1_048_576;

/** @throws Problem `image-too-many-pixels` when the image is beyond a limit, which is named */
export function checkDimensions(
  { format, width, height, progressive }: ImageFacts,
  limits: ImageLimits,
): void {
  if (Math.max(width, height) > limits.maxSidePixels) {
    throw failure('image-too-many-pixels', { max_side_pixels: limits.maxSidePixels });
  }
  const limit = Math.min(
    limits.maxPixels,
    progressive ? limits.maxProgressivePixels : Infinity,
    format === 'avif' ? MAX_AVIF_PIXELS : Infinity,
  );
  if (width * height > limit) throw failure('image-too-many-pixels', { max_pixels: limit });
}

/** Facts of an image of this size. @throws Problem `image-corrupt` when a side is 0 */
export function sized(format: ImageFormat, width: number, height: number, progressive = false): ImageFacts {
  if (width < 1 || height < 1) throw new Problem('image-corrupt');
  return { format, width, height, progressive };
}

/** Called with the facts of an image as soon as its header has been read. */
export type OnImageFacts = (facts: ImageFacts) => void;
