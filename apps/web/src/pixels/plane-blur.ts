import type { Size } from './frame-geometry.js';

/** Number of box blurs in place of a Gaussian one. */
const PASSES = 3;

/** Radii of box blurs that together have this standard deviation (P. Kovesi, "Fast almost-Gaussian filtering", DICTA 2010). */
export function boxRadii(sigma: number): number[] {
  const ideal = Math.sqrt((12 * sigma * sigma) / PASSES + 1);
  const lower = Math.max(1, Math.floor(ideal) - (Math.floor(ideal) % 2 === 0 ? 1 : 0));
  const smaller = Math.round(
    (12 * sigma * sigma - PASSES * lower * lower - 4 * PASSES * lower - 3 * PASSES) / (-4 * lower - 4),
  );
  return Array.from({ length: PASSES }, (_, pass) => ((pass < smaller ? lower : lower + 2) - 1) / 2);
}

/** A line of a plane: its first value, the distance of its values, their number. */
interface Line {
  start: number;
  step: number;
  count: number;
}

/** Averages each value of a line with its neighbors up to `radius`. Beyond its ends the line repeats its last value. */
function blurLine(from: Float32Array, to: Float32Array, { start, step, count }: Line, radius: number): void {
  const at = (index: number): number => from[start + step * Math.min(count - 1, Math.max(0, index))] ?? 0;
  let sum = 0;
  for (let index = -radius; index <= radius; index++) sum += at(index);
  for (let index = 0; index < count; index++) {
    to[start + step * index] = sum / (2 * radius + 1);
    sum += at(index + radius + 1) - at(index - radius);
  }
}

/** Blurs a plane of one value a pixel in place. @param sigma standard deviation in pixels */
export function blurPlane(plane: Float32Array, { width, height }: Size, sigma: number): void {
  const other = new Float32Array(plane.length);
  for (const radius of boxRadii(sigma)) {
    if (radius === 0) continue;
    for (let y = 0; y < height; y++)
      blurLine(plane, other, { start: y * width, step: 1, count: width }, radius);
    for (let x = 0; x < width; x++) blurLine(other, plane, { start: x, step: width, count: height }, radius);
  }
}
