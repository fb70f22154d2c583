import type { JobOptions } from '#contracts/job-options.js';
import { parseRegion, type Length } from '#contracts/option-values.js';
import { Problem } from '#contracts/problem-catalog.js';
import { rectOf, type Rect, type Size } from '../raster/pixel-rect.js';

/**
 * The region of interest in pixels of an upright image; undefined when it is the whole image. Parts of pixels
 * count as whole ones.
 * @throws Problem `roi-exceeds-bounds` when it reaches beyond the image; `roi-empty` when nothing is in it
 */
export function regionOf(options: Pick<JobOptions, 'roi'>, image: Size): Rect | undefined {
  const region = options.roi === undefined ? undefined : parseRegion(options.roi);
  if (region === undefined) return undefined;
  const { width, height } = image;
  const [left, right] = [Math.floor(pixelsOf(region.x1, width)), Math.ceil(pixelsOf(region.x2, width))];
  const [top, bottom] = [Math.floor(pixelsOf(region.y1, height)), Math.ceil(pixelsOf(region.y2, height))];
  if (Math.max(left, right) > width || Math.max(top, bottom) > height) {
    throw new Problem('roi-exceeds-bounds');
  }
  if (left >= right || top >= bottom) throw new Problem('roi-empty');
  const isWhole = left === 0 && top === 0 && right === width && bottom === height;
  return isWhole ? undefined : rectOf(left, top, right, bottom);
}

/** A tolerance keeps rounding noise of the percentage from claiming one more pixel. */
const pixelsOf = ({ value, unit }: Length, side: number): number =>
  unit === 'px' ? value : Math.round(value * side * 1e4) / 1e6;
