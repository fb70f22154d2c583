import type { ImageFacts, ImageLimits } from './image.facts.js';
import { guardFile } from './image.guard.js';
import { mendJpeg } from './jpeg.mend.js';
import { stripMetadata } from './metadata.strip.js';

/** An image that is fit for a decoder. */
export interface OpenedImage {
  facts: ImageFacts;
  /** The file without metadata, as a rule in the memory of the one that was given. */
  image: Buffer;
  /** Wipes what has memory of its own, once no decoder reads it any more. */
  wipe: () => void;
}

/**
 * Guards a file, takes its metadata out in place, and makes it one that a decoder has nothing to complain of.
 * @throws Problem `image-type-unsupported` | `image-truncated` | `image-corrupt` | `image-too-many-pixels` |
 * `image-too-complex`
 */
export function openImage(file: Buffer, limits: ImageLimits): OpenedImage {
  const facts = guardFile(file, limits);
  const image = stripMetadata(file, facts);
  if (facts.format === 'jpeg') return { facts, ...mendJpeg(image, file) };
  return { facts, image, wipe: () => undefined };
}
