import { readFileSync } from 'node:fs';
import sharp from 'sharp';

/** Photos of test/photos: a portrait, an animal, a product. */
export const PHOTOS = ['astronaut', 'chelsea', 'coffee'] as const;

/** Encoded photo. */
export const photo = (name: (typeof PHOTOS)[number]): Buffer => readFileSync(`test/photos/${name}.jpg`);

/** Matte that the plainest use of the same network gives: one byte a pixel (bench/pipeline/reference-alpha.mjs). */
export const referenceAlpha = (name: (typeof PHOTOS)[number]): Promise<Buffer> =>
  sharp(readFileSync(`test/photos/${name}.alpha.png`))
    .extractChannel(0)
    .raw()
    .toBuffer();

/** A photo of about 4 megapixels, made from a small one. */
export const fourMegapixels = (): Promise<Buffer> =>
  sharp(photo('astronaut')).resize(2000, 2000).jpeg({ quality: 90 }).toBuffer();

/** Soft intersection over union of two mattes: 1 when equal. */
export function softIou(a: Uint8Array, b: Uint8Array): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i += 1) {
    both += Math.min(a[i]!, b[i]!);
    either += Math.max(a[i]!, b[i]!);
  }
  return both / either;
}
