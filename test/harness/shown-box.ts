import { ForegroundBox } from '#imaging/matting/matte.js';
import { type Raster } from '#imaging/raster/raster.js';
import type { Rect } from '#imaging/raster/pixel-rect.js';

/** Where anything is visible in a whole image; undefined when nothing is. */
export function shownBox({ data, width, height }: Raster): Rect | undefined {
  const box = new ForegroundBox();
  for (let y = 0; y < height; y += 1) box.include(data.subarray(4 * width * y), y, 0, width);
  return box.rect;
}
