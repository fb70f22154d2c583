import sharp from 'sharp';

/** Alpha of an encoded image, one byte a pixel, rows from the top. */
export const alphaOf = (image: Uint8Array): Promise<Buffer> =>
  sharp(image).ensureAlpha().extractChannel(3).raw().toBuffer();

/** Difference of two alphas of the same size. */
export interface AlphaDistance {
  /** Mean absolute difference, of 255. */
  mae: number;
  /** Soft intersection over union: sum of the smaller values divided by the sum of the larger ones. */
  iou: number;
}

/** @throws RangeError when the two differ in size */
export function alphaDistance(own: Uint8Array, reference: Uint8Array): AlphaDistance {
  if (own.length !== reference.length) throw new RangeError('the alphas differ in size');
  let [difference, both, either] = [0, 0, 0];
  own.forEach((value, i) => {
    const other = reference[i] ?? 0;
    difference += Math.abs(value - other);
    both += Math.min(value, other);
    either += Math.max(value, other);
  });
  return { mae: Number((difference / own.length).toFixed(3)), iou: Number((both / either).toFixed(4)) };
}
