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

/** Formats that are decoded in TypeScript, which is memory-safe: no native decoder reads these files. */
const OWN_DECODERS: Partial<Record<ImageFormat, (file: Buffer) => PlainImage>> = {
  gif: gifPixels,
  bmp: bmpPixels,
  tiff: tiffPixels,
};

/** An image that is ready for a decoder. */
export interface OpenedImage {
  facts: ImageFacts;
  /**
   * The file without metadata, usually in the memory of the given file. For formats decoded in TypeScript: a PNG of
   * its pixels, in memory of its own.
   */
  image: Buffer;
  density: Density | undefined;
  /** Wipes memory of its own, once no decoder reads it any more. */
  wipe: () => void;
}

/**
 * Validates a file, removes its metadata in place, and repairs it, so that a decoder accepts it without warnings. The
 * result is JPEG, PNG, WebP or AVIF.
 * @throws Problem `image-type-unsupported` | `image-truncated` | `image-corrupt` | `image-too-many-pixels` |
 * `image-too-complex`
 */
export function openImage(file: Buffer, limits: ImageLimits): OpenedImage {
  const facts = guardFile(file, limits);
  const read = OWN_DECODERS[facts.format];
  const imageBytes = file.subarray(0, facts.bytes);
  if (read !== undefined) {
    const image = plainPng(read(imageBytes));
    return { facts, image, density: readDensity(image), wipe: () => wipe(image) };
  }
  const density = readDensity(imageBytes);
  const image = stripMetadata(file, facts);
  const isMoved = image.buffer !== file.buffer;
  const wipeMoved = (): void => wipe(isMoved ? image : undefined);
  if (facts.format !== 'jpeg') return { facts, image, density, wipe: wipeMoved };
  try {
    const repaired = repairJpeg(image, isMoved ? image : file);
    const wipeBoth = (): void => {
      repaired.wipe();
      wipeMoved();
    };
    return { facts, image: repaired.image, density, wipe: wipeBoth };
  } catch (error) {
    wipeMoved();
    throw error;
  }
}
