import sharp from 'sharp';

/** Alpha of an encoded image, one byte a pixel, rows from the top. */
export const alphaOf = (image: Uint8Array): Promise<Buffer> =>
  sharp(image).ensureAlpha().extractChannel(3).raw().toBuffer();

/** How far two alphas of the same size are apart. */
export interface AlphaDistance {
  /** Mean absolute difference, of 255. */
  mae: number;
  /** Soft intersection over union: sum of the lesser values by sum of the greater ones. */
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
