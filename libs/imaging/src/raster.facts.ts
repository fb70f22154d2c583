import type { Raster } from './matte.js';
import { rectOf, type Rect } from './pixel.rect.js';

/** Least alpha that counts as visible, 5 %: networks leave a haze below that, which would make every box too large. */
const LEAST_VISIBLE = 13;

/**
 * The smallest rectangle around everything visible; undefined when nothing is. Only the background around it and
 * its outermost pixels are looked at.
 */
export function foregroundBox({ data, width, height }: Raster): Rect | undefined {
  const isVisible = (x: number, y: number): boolean =>
    (data[4 * (y * width + x) + 3] as number) >= LEAST_VISIBLE;
  const rowShows = (y: number): boolean => {
    for (let x = 0; x < width; x += 1) if (isVisible(x, y)) return true;
    return false;
  };
  let [left, top, right, bottom] = [width, 0, 0, height];
  while (top < bottom && !rowShows(top)) top += 1;
  if (top === bottom) return undefined;
  while (!rowShows(bottom - 1)) bottom -= 1;
  for (let y = top; y < bottom; y += 1) {
    for (let x = 0; x < left; x += 1) if (isVisible(x, y)) left = x;
    for (let x = width - 1; x >= right; x -= 1) if (isVisible(x, y)) right = x + 1;
  }
  return rectOf(left, top, right, bottom);
}

/** True when no pixel is transparent at all. */
export function isOpaque({ data }: Raster): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return false;
  return true;
}
