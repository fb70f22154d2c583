import type { Rect, Size } from './frame-geometry.js';

/** Drawing context of an offscreen canvas. */
export type Surface = OffscreenCanvasRenderingContext2D;

/** The canvas is too large for this browser. */
export class TooLargeForCanvas extends Error {
  override readonly name = 'TooLargeForCanvas';
}

/**
 * Creates a canvas and tests it: browsers create a canvas that is too large without an error and then draw nothing.
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

/** Creates a canvas with a picture scaled to its size. */
export function surfaceWith(picture: CanvasImageSource, size: Size): Surface {
  const surface = surfaceOf(size);
  surface.drawImage(picture, 0, 0, size.width, size.height);
  return surface;
}

/** The RGBA pixels of a rectangle. */
export const pixelsOf = (surface: Surface, { left, top, width, height }: Rect): Uint8ClampedArray =>
  surface.getImageData(left, top, width, height).data;
