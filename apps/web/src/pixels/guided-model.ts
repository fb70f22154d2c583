import type { Size } from './frame-geometry.js';

/** Radius of the windows in which alpha is modeled as linear in color, in cells: as in the service. */
export const WINDOW_RADIUS = 2;
/** Regularization: variance of color, on a scale of 0 to 1, below which a window counts as flat. */
const EPSILON = 1e-4;
/** A weight that keeps windows without evidence defined. */
const MIN_WEIGHT = 1e-6;

/** Alpha ≈ slopes · color + offset around each cell; colors and alpha from 0 to 1. */
export interface GuidedModel {
  slopes: readonly [Float32Array, Float32Array, Float32Array];
  offset: Float32Array;
}

/** Mean of a plane over windows of this radius, by running sums. */
export function boxMean(plane: Float32Array, { width, height }: Size, radius: number): Float32Array {
  const rows = new Float32Array(plane.length);
  for (let start = 0; start < plane.length; start += width) {
    let sum = 0;
    for (let x = 0; x < Math.min(radius, width); x++) sum += plane[start + x] as number;
    for (let x = 0; x < width; x++) {
      if (x + radius < width) sum += plane[start + x + radius] as number;
      if (x > radius) sum -= plane[start + x - radius - 1] as number;
      rows[start + x] = sum / cellsAround(x, width, radius);
    }
  }
  // Sums of columns move down a row at a time, because neighbors in a row are neighbors in memory.
  const sums = new Float64Array(width);
  const means = new Float32Array(plane.length);
  for (let y = -radius; y < height; y++) {
    const [entering, leaving] = [(y + radius) * width, (y - radius - 1) * width];
    if (y + radius < height)
      for (let x = 0; x < width; x++) sums[x] = (sums[x] as number) + (rows[entering + x] as number);
    if (leaving >= 0)
      for (let x = 0; x < width; x++) sums[x] = (sums[x] as number) - (rows[leaving + x] as number);
    if (y < 0) continue;
    const share = 1 / cellsAround(y, height, radius);
    for (let x = 0; x < width; x++) means[y * width + x] = share * (sums[x] as number);
  }
  return means;
}

/** Number of the `count` cells in the window around cell `i`. */
const cellsAround = (i: number, count: number, radius: number): number =>
  Math.min(count - 1, i + radius) - Math.max(0, i - radius) + 1;

/**
 * Fits alpha to color in the window around each cell, with weights.
 *
 * Method: K. He, J. Sun, X. Tang, "Guided Image Filtering", IEEE TPAMI 35 (2013), section 3.5, with a color guide.
 * @param guide planes of R, G and B
 */
export function fitGuidedModel(
  guide: readonly [Float32Array, Float32Array, Float32Array],
  alpha: Float32Array,
  weights: Float32Array,
  size: Size,
): GuidedModel {
  const total = boxMean(weights, size, WINDOW_RADIUS);
  const mean = (...planes: Float32Array[]): Float32Array => {
    const product = weights.slice();
    for (const plane of planes)
      for (let i = 0; i < product.length; i++) product[i] = (product[i] as number) * (plane[i] as number);
    const sums = boxMean(product, size, WINDOW_RADIUS);
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) / ((total[i] as number) + MIN_WEIGHT);
    return sums;
  };
  const [r, g, b] = guide;
  const first = [mean(r), mean(g), mean(b), mean(alpha)];
  const squares = [mean(r, r), mean(r, g), mean(r, b), mean(g, g), mean(g, b), mean(b, b)];
  const products = [mean(r, alpha), mean(g, alpha), mean(b, alpha)];
  const model = solve([...first, ...squares, ...products]);
  return { slopes: [mean(model[0]), mean(model[1]), mean(model[2])], offset: mean(model[3]) };
}

type Planes = [Float32Array, Float32Array, Float32Array, Float32Array];

/** Solves the 3 × 3 system of each cell by its adjugate. Returns three slopes and the offset. */
function solve(means: readonly Float32Array[]): Planes {
  const count = means[0]?.length ?? 0;
  const plane = (): Float32Array => new Float32Array(count);
  const model: Planes = [plane(), plane(), plane(), plane()];
  for (let i = 0; i < count; i++) {
    const at = (k: number): number => (means[k] as Float32Array)[i] as number;
    const [r, g, b, a] = [at(0), at(1), at(2), at(3)];
    const rr = at(4) - r * r + EPSILON;
    const rg = at(5) - r * g;
    const rb = at(6) - r * b;
    const gg = at(7) - g * g + EPSILON;
    const gb = at(8) - g * b;
    const bb = at(9) - b * b + EPSILON;
    const [ra, ga, ba] = [at(10) - r * a, at(11) - g * a, at(12) - b * a];
    const [irr, irg, irb] = [gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg];
    // EPSILON on the diagonal keeps the determinant above 0.
    const scale = 1 / (rr * irr + rg * irg + rb * irb);
    const mixed = rg * rb - rr * gb;
    const slopeR = (irr * ra + irg * ga + irb * ba) * scale;
    const slopeG = (irg * ra + (rr * bb - rb * rb) * ga + mixed * ba) * scale;
    const slopeB = (irb * ra + mixed * ga + (rr * gg - rg * rg) * ba) * scale;
    model[0][i] = slopeR;
    model[1][i] = slopeG;
    model[2][i] = slopeB;
    model[3][i] = a - slopeR * r - slopeG * g - slopeB * b;
  }
  return model;
}
