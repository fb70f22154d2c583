import { rectOf, type Rect } from '../raster/pixel-rect.js';
import type { Raster } from '../raster/raster.js';
import { MIN_VISIBLE_ALPHA } from './matte.js';

/** The bounding box of the visible pixels in a part of an image; undefined when there are none. */
export function visibleBox({ data, width }: Raster, within: Rect): Rect | undefined {
  const isVisible = (x: number, y: number): boolean =>
    (data[4 * (y * width + x) + 3] as number) >= MIN_VISIBLE_ALPHA;
  let { left, top } = within;
  let [right, bottom] = [left + within.width, top + within.height];
  const hasRow = (y: number): boolean => {
    for (let x = left; x < right; x += 1) if (isVisible(x, y)) return true;
    return false;
  };
  const hasColumn = (x: number): boolean => {
    for (let y = top; y < bottom; y += 1) if (isVisible(x, y)) return true;
    return false;
  };
  while (top < bottom && !hasRow(top)) top += 1;
  while (top < bottom && !hasRow(bottom - 1)) bottom -= 1;
  while (left < right && !hasColumn(left)) left += 1;
  while (left < right && !hasColumn(right - 1)) right -= 1;
  return left < right && top < bottom ? rectOf(left, top, right, bottom) : undefined;
}
