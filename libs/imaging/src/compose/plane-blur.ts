import { wipe } from '#crypto/wipe.js';
import { BoxFilter } from '../raster/box-filter.js';
import type { Size } from '../raster/pixel-rect.js';

/** Box filters in a row; three are within 3 % of a Gaussian (W. M. Wells, PAMI 8(2), 1986). */
const PASSES = 3;

/** A plane blurred by about a Gaussian. At the border the windows are cut to the plane. @param sigma in cells */
export function blurPlane(plane: Float32Array, size: Size, sigma: number): Float32Array {
  const filter = new BoxFilter(size);
  // The variance of a box of 2r + 1 cells is (r² + r) / 3.
  const radius = Math.max(1, Math.round((Math.sqrt(1 + (12 * sigma * sigma) / PASSES) - 1) / 2));
  let [source, target] = [Float32Array.from(plane), new Float32Array(plane.length)];
  for (let pass = 0; pass < PASSES; pass += 1) {
    filter.apply(target, source, radius);
    [source, target] = [target, source];
  }
  filter.wipe();
  wipe(target);
  return source;
}

/** A plane whose cells are sums over discs, divided by the area of a disc, by running sums along the rows. @param radius in cells */
export function discPlane(plane: Float32Array, { width, height }: Size, radius: number): Float32Array {
  const sums = new Float64Array((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0, at = y * (width + 1); x < width; x += 1, at += 1) {
      sums[at + 1] = (sums[at] as number) + (plane[y * width + x] as number);
    }
  }
  const reach = Math.floor(radius);
  const halves = Array.from({ length: reach + 1 }, (_, dy) =>
    Math.floor(Math.sqrt(radius * radius - dy * dy)),
  );
  const area = halves.reduce((sum, half, dy) => sum + (dy === 0 ? 1 : 2) * (2 * half + 1), 0);
  const out = new Float32Array(plane.length);
  for (let y = 0; y < height; y += 1) {
    for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row += 1) {
      const half = halves[Math.abs(row - y)] as number;
      const begin = row * (width + 1);
      for (let x = 0, at = y * width; x < width; x += 1, at += 1) {
        const to = sums[begin + Math.min(width, x + half + 1)] as number;
        const from = sums[begin + Math.max(0, x - half)] as number;
        out[at] = (out[at] as number) + (to - from) / area;
      }
    }
  }
  wipe(sums);
  return out;
}
