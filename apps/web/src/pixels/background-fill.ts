import type { Size } from './frame-geometry.js';

/** Colors of an image, one plane a channel, and how much each pixel counts: 0 for unknown, 1 for known. */
export interface WeightedImage extends Size {
  planes: readonly Float32Array[];
  weight: Float32Array;
}

/** Alpha (0 to 1) from which a pixel shows nothing of the background that could be used. */
const OPAQUE = 0.1;

/**
 * How much each pixel shows of the background. Pixels near the subject do not count: their colors are mixed with it.
 * @param alpha of the subject, 0 to 1
 * @param reach how far a subject's pixel extends, in pixels
 */
export function backgroundWeight(alpha: Float32Array, { width, height }: Size, reach: number): Float32Array {
  const across = new Float32Array(alpha.length);
  const weight = new Float32Array(alpha.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let found = 0;
      for (let near = Math.max(0, x - reach); near <= Math.min(width - 1, x + reach); near++)
        found = Math.max(found, alpha[y * width + near] ?? 0);
      across[y * width + x] = found;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let found = 0;
      for (let near = Math.max(0, y - reach); near <= Math.min(height - 1, y + reach); near++)
        found = Math.max(found, across[near * width + x] ?? 0);
      weight[y * width + x] = Math.max(0, 1 - found / OPAQUE);
    }
  }
  return weight;
}

/** Half the size: each pixel is the weighted mean of four. */
function halved({ width, height, planes, weight }: WeightedImage): WeightedImage {
  const size = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const count = size.width * size.height;
  const sums = planes.map(() => new Float32Array(count));
  const weights = new Float32Array(count);
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0; x < width; x++, from++) {
      const to = (y >> 1) * size.width + (x >> 1);
      const share = weight[from] ?? 0;
      weights[to] = (weights[to] ?? 0) + share;
      for (const [channel, sum] of sums.entries())
        sum[to] = (sum[to] ?? 0) + share * (planes[channel]?.[from] ?? 0);
    }
  }
  for (const sum of sums)
    for (const [at, total] of weights.entries()) if (total > 0) sum[at] = (sum[at] ?? 0) / total;
  return { ...size, planes: sums, weight: weights.map((total) => Math.min(1, total)) };
}

/** The value of a plane at a point, between its pixels. Coordinates beyond the plane repeat its edge. */
export function sampled(plane: Float32Array, { width, height }: Size, x: number, y: number): number {
  const [inX, inY] = [Math.min(width - 1, Math.max(0, x)), Math.min(height - 1, Math.max(0, y))];
  const [left, top] = [Math.floor(inX), Math.floor(inY)];
  const [right, bottom] = [Math.min(width - 1, left + 1), Math.min(height - 1, top + 1)];
  const at = (column: number, row: number): number => plane[row * width + column] ?? 0;
  const upper = at(left, top) + (at(right, top) - at(left, top)) * (inX - left);
  const lower = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * (inX - left);
  return upper + (lower - upper) * (inY - top);
}

/**
 * Fills the unknown pixels of an image in place from the known ones around them: pull and push (S. Gortler et al., "The
 * Lumigraph", SIGGRAPH 1996).
 */
export function fillUnknown(image: WeightedImage): void {
  const { width, height, planes, weight } = image;
  if (width * height <= 1) return;
  const coarse = halved(image);
  fillUnknown(coarse);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const known = weight[at] ?? 0;
      if (known >= 1) continue;
      for (const [channel, plane] of planes.entries()) {
        const below = coarse.planes[channel] ?? plane;
        const filled = sampled(below, coarse, x / 2 - 0.25, y / 2 - 0.25);
        plane[at] = known * (plane[at] ?? 0) + (1 - known) * filled;
      }
    }
  }
}
