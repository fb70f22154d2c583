import { wipe } from '#vault/wipe.js';
import type { Density } from './density.js';
import { readDensity } from './image.density.js';
import type { ImageFacts, ImageLimits } from './image.facts.js';
import { guardFile } from './image.guard.js';
import { mendJpeg } from './jpeg.mend.js';
import { stripMetadata } from './metadata.strip.js';

/** An image that is fit for a decoder. */
export interface OpenedImage {
  facts: ImageFacts;
  /** The file without metadata, as a rule in the memory of the one that was given. */
  image: Buffer;
  /** What the file says of its density, as it is shown. */
  density: Density | undefined;
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
  const density = readDensity(file.subarray(0, facts.bytes));
  const stripped = stripMetadata(file, facts);
  const own = stripped.buffer === file.buffer ? undefined : stripped;
  if (facts.format !== 'jpeg') return { facts, density, image: stripped, wipe: () => wipe(own) };
  try {
    const mended = mendJpeg(stripped, own ?? file);
    const wipeAll = (): void => {
      mended.wipe();
      wipe(own);
    };
    return { facts, density, image: mended.image, wipe: wipeAll };
  } catch (error) {
    wipe(own);
    throw error;
  }
}
