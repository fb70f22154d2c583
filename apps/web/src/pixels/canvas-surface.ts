import type { Rect, Size } from './frame-geometry.js';

/** A context of a canvas outside the page. */
export type Surface = OffscreenCanvasRenderingContext2D;

/** More than this browser can hold in one canvas. */
export class TooLargeForCanvas extends Error {
  override readonly name = 'TooLargeForCanvas';
}

/**
 * A new canvas, tried out: browsers make one that is too large without a word and then draw nothing on it.
 *
 * @throws TooLargeForCanvas
 */
export function surfaceOf({ width, height }: Size): Surface {
  const surface = new OffscreenCanvas(width, height).getContext('2d');
  if (surface === null) throw new TooLargeForCanvas();
  surface.fillRect(width - 1, height - 1, 1, 1);
  const [, , , alpha] = surface.getImageData(width - 1, height - 1, 1, 1).data;
  if (alpha !== 255) throw new TooLargeForCanvas();
  surface.clearRect(width - 1, height - 1, 1, 1);
  surface.imageSmoothingQuality = 'high';
  return surface;
}

/** A canvas filled with a picture, scaled to its size. */
export function surfaceWith(picture: CanvasImageSource, size: Size): Surface {
  const surface = surfaceOf(size);
  surface.drawImage(picture, 0, 0, size.width, size.height);
  return surface;
}

/** The pixels of a part of a surface. */
export const pixelsOf = (surface: Surface, { left, top, width, height }: Rect): Uint8ClampedArray =>
  surface.getImageData(left, top, width, height).data;
