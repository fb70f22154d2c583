import { wipe } from '#crypto/wipe.js';
import { bmpPixels } from '../formats/bmp-pixels.js';
import { gifPixels } from '../formats/gif-pixels.js';
import type { Density } from '../formats/density.js';
import { readDensity } from './image-density.js';
import type { ImageFacts, ImageFormat, ImageLimits } from '../formats/image-facts.js';
import { guardFile } from './image-guard.js';
import { repairJpeg } from '../formats/jpeg-repair.js';
import { stripMetadata } from './metadata-strip.js';
import { plainPng, type PlainImage } from '../formats/plain-image.js';
import { tiffPixels } from '../formats/tiff-pixels.js';

/** Formats that own code reads, in memory-safe JavaScript: no native decoder ever sees these files. */
const OWN_READERS: Partial<Record<ImageFormat, (file: Buffer) => PlainImage>> = {
  gif: gifPixels,
  bmp: bmpPixels,
  tiff: tiffPixels,
};

/** An image that is fit for a decoder. */
export interface OpenedImage {
  facts: ImageFacts;
  /**
   * The file without metadata, as a rule in the memory of the one that was given; or, of a format that own code reads, a
   * PNG of its pixels, in memory of its own.
   */
  image: Buffer;
  density: Density | undefined;
  /** Wipes what has memory of its own, once no decoder reads it any more. */
  wipe: () => void;
}

/**
 * Guards a file, takes its metadata out in place, and makes it one that a decoder has nothing to complain of: JPEG, PNG,
 * WebP or AVIF.
 * @throws Problem `image-type-unsupported` | `image-truncated` | `image-corrupt` | `image-too-many-pixels` |
 * `image-too-complex`
 */
export function openImage(file: Buffer, limits: ImageLimits): OpenedImage {
  const facts = guardFile(file, limits);
  const read = OWN_READERS[facts.format];
  const whole = file.subarray(0, facts.bytes);
  if (read !== undefined) {
    const image = plainPng(read(whole));
    return { facts, image, density: readDensity(image), wipe: () => wipe(image) };
  }
  const density = readDensity(whole);
  const image = stripMetadata(file, facts);
  const isMoved = image.buffer !== file.buffer;
  const wipeMoved = (): void => wipe(isMoved ? image : undefined);
  if (facts.format !== 'jpeg') return { facts, image, density, wipe: wipeMoved };
  try {
    const mended = repairJpeg(image, isMoved ? image : file);
    const wipeBoth = (): void => {
      mended.wipe();
      wipeMoved();
    };
    return { facts, image: mended.image, density, wipe: wipeBoth };
  } catch (error) {
    wipeMoved();
    throw error;
  }
}
