import { readFile } from 'node:fs/promises';
import sharp from 'sharp';

/** A JPEG of about `megapixels`, enlarged from a public-domain photograph: real content at any size. */
export async function photoOf(megapixels: number, source = 'test/photos/astronaut.jpg'): Promise<Buffer> {
  const side = Math.round(Math.sqrt(megapixels * 1e6));
  // From memory: the service's decoder blocks loaders that open files.
  return sharp(await readFile(source))
    .resize(side, side, { fit: 'fill' })
    .jpeg({ quality: 90 })
    .toBuffer();
}
