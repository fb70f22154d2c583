import { INPUT_FORMATS, type InputFormat } from '#contracts/input-formats.js';
import { Problem } from '#contracts/problem-catalog.js';

/** Containers the service can take. */
export type ImageFormat = InputFormat;

/** What a header says. Sizes are of the stored pixels: an orientation may swap them when shown. */
export interface ImageFacts {
  format: ImageFormat;
  /** Pixels, at least 1. */
  width: number;
  /** Pixels, at least 1. */
  height: number;
  /** Progressive JPEG, interlaced PNG and AVIF: no row is complete before the last byte has been read. */
  progressive: boolean;
}

/** Largest image the service takes, and the formats it takes. */
export interface ImageLimits {
  maxPixels: number;
  /** The same for progressive JPEG, interlaced PNG and AVIF, which cost more to open. */
  maxProgressivePixels: number;
  maxSidePixels: number;
  /** Formats that are taken; all that can be unless given. */
  formats?: readonly ImageFormat[] | undefined;
}

/** Formats that these limits let through. */
export const formatsOf = ({ formats }: Pick<ImageLimits, 'formats'>): readonly ImageFormat[] =>
  formats ?? INPUT_FORMATS;

/**
 * Limit of AVIF, whatever the settings say: libheif decodes an image whole and libvips holds it a second time, up to 28
 * bytes a pixel with 10 bits a channel and alpha.
 */
export const MAX_AVIF_PIXELS = 25_000_000;

/** @throws Problem `image-too-many-pixels` when the image is beyond a limit, which is named */
export function checkDimensions(
  { format, width, height, progressive }: ImageFacts,
  limits: ImageLimits,
): void {
  if (Math.max(width, height) > limits.maxSidePixels) {
    throw new Problem('image-too-many-pixels', { limit: limits.maxSidePixels, unit: 'pixels a side' });
  }
  const limit = Math.min(
    limits.maxPixels,
    progressive ? limits.maxProgressivePixels : Infinity,
    format === 'avif' ? MAX_AVIF_PIXELS : Infinity,
  );
  if (width * height > limit) throw new Problem('image-too-many-pixels', { limit, unit: 'pixels' });
}

/** Facts of an image of this size. @throws Problem `image-corrupt` when a side is 0 */
export function sized(format: ImageFormat, width: number, height: number, progressive = false): ImageFacts {
  if (width < 1 || height < 1) throw new Problem('image-corrupt');
  return { format, width, height, progressive };
}

/** Hears the facts of an image as soon as its header has been read. */
export type OnImageFacts = (facts: ImageFacts) => void;
