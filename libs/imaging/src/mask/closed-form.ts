import { wipe } from '#crypto/wipe.js';
import { PlanePool } from '../raster/box-filter.js';
import { toGrid } from '../matting/guide-grid.js';
import type { Mask } from '../raster/raster.js';
import { resampled } from './plane-resampling.js';

/** Radius of the windows in which alpha is modeled as linear in color, in cells. */
const RADIUS = 2;
/** Regularization: variance of color, on a scale of 0 to 1, below which a window counts as flat. */
const EPSILON = 1e-5;
const MAX_STEPS = 60;
/** Grids with a shorter side are not halved for a first estimate. */
const MIN_COARSE_SIDE = 48;
/** Residual, as a share of that of a constant, at which the solution is exact enough for 8 bits. */
const TOLERANCE = 2e-3;

/** A cell of a trimap whose alpha is to be found. */
export const UNKNOWN = 128;

/**
 * Finds alpha in the unknown cells of a trimap, from the colors around them, by closed-form matting: alpha is linear in color
 * in every window, and fixed in the known cells.
 *
 * Method: A. Levin, D. Lischinski, Y. Weiss, "A Closed-Form Solution to Natural Image Matting", IEEE TPAMI 30 (2008), with
 * windows of 5 × 5 cells and the matting Laplacian as box filters, as in K. He, J. Sun, X. Tang, "Fast Matting Using Large
 * Kernel Matting Laplacian Matrices", CVPR 2010; conjugate gradients, which start
 * from the solution on a grid of half the size.
 * @param guide colors of the image on the grid of the trimap: cells × 3 bytes, R G B
 * @param trimap 0 background, 255 subject, `UNKNOWN`; its unknown cells are replaced
 */
export function solveTrimap(guide: Uint8Array, trimap: Mask): void {
  const { data } = trimap;
  const unknown = Uint8Array.from(data, (value) => (value === UNKNOWN ? 1 : 0));
  if (!unknown.includes(1)) return;
  const start = coarseSolution(guide, trimap);
  const pool = new PlanePool(trimap);
  try {
    const alpha = solve(new MattingLaplacian(guide, pool), { known: data, unknown, start, pool });
    for (let i = 0; i < data.length; i += 1) {
      if (unknown[i] === 1) data[i] = Math.round(255 * Math.min(Math.max(alpha[i] as number, 0), 1));
    }
  } finally {
    pool.wipe();
    wipe(start);
  }
}

/** The solution on a grid of half the size, enlarged; undefined for a small grid. */
function coarseSolution(guide: Uint8Array, { data, width, height }: Mask): Uint8Array | undefined {
  if (Math.min(width, height) < 2 * MIN_COARSE_SIDE) return undefined;
  const size = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const colors = toGrid({ data: guide, width, height }, size);
  const half = resampled({ data, width, height }, size, 'area');
  try {
    // A cell that is not wholly known is unknown.
    for (let i = 0; i < half.data.length; i += 1) {
      const value = half.data[i] as number;
      if (value !== 0 && value !== 255) half.data[i] = UNKNOWN;
    }
    solveTrimap(colors, half);
    return resampled(half, { width, height }, 'area').data;
  } finally {
    wipe(colors, half.data);
  }
}

interface Problem {
  /** 0, 255, or `UNKNOWN`. */
  known: Uint8Array;
  /** 1 in unknown cells. */
  unknown: Uint8Array;
  /** First estimate, 0 to 255. */
  start: Uint8Array | undefined;
  pool: PlanePool;
}

/** Alpha from 0 to 1, by conjugate gradients over the unknown cells. The plane belongs to the pool. */
function solve(laplacian: MattingLaplacian, { known, unknown, start, pool }: Problem): Float32Array {
  const [alpha, residual, direction, product] = [pool.borrow(), pool.borrow(), pool.borrow(), pool.borrow()];
  /** Energy of the residual of an estimate, which becomes `alpha`. */
  const begin = (estimateAt: (i: number) => number): number => {
    for (let i = 0; i < alpha.length; i += 1) {
      alpha[i] = (unknown[i] === 1 ? estimateAt(i) : (known[i] as number)) / 255;
    }
    laplacian.apply(product, alpha);
    for (let i = 0; i < alpha.length; i += 1) residual[i] = unknown[i] === 1 ? -(product[i] as number) : 0;
    return dot(residual, residual);
  };
  let energy = begin(() => UNKNOWN);
  const target = TOLERANCE ** 2 * energy;
  if (start !== undefined) energy = begin((i) => start[i] as number);
  direction.set(residual);
  for (let step = 0; step < MAX_STEPS && energy > target && energy > 0; step += 1) {
    laplacian.apply(product, direction);
    for (let i = 0; i < product.length; i += 1) if (unknown[i] === 0) product[i] = 0;
    const length = energy / dot(direction, product);
    for (let i = 0; i < alpha.length; i += 1) {
      alpha[i] = (alpha[i] as number) + length * (direction[i] as number);
      residual[i] = (residual[i] as number) - length * (product[i] as number);
    }
    const next = dot(residual, residual);
    for (let i = 0; i < alpha.length; i += 1) {
      direction[i] = (residual[i] as number) + (next / energy) * (direction[i] as number);
    }
    energy = next;
  }
  return alpha;
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += (one[i] as number) * (other[i] as number);
  return sum;
}

type Triple = [Float32Array, Float32Array, Float32Array];
type Six = [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];

/** The matting Laplacian of an image, as a product with a plane. All planes belong to the pool. */
class MattingLaplacian {
  private readonly color: Triple;
  private readonly mean: Triple;
  /** Inverse of the covariance of color in each window: rr, rg, rb, gg, gb, bb. */
  private readonly inverse: Six;
  /** Windows that contain each cell. */
  private readonly count: Float32Array;

  constructor(
    guide: Uint8Array,
    private readonly pool: PlanePool,
  ) {
    this.color = [0, 1, 2].map((channel) => {
      const plane = pool.borrow();
      for (let i = 0; i < plane.length; i += 1) plane[i] = (guide[3 * i + channel] as number) / 255;
      return plane;
    }) as Triple;
    this.mean = this.color.map((plane) => pool.mean(plane, RADIUS)) as Triple;
    this.count = this.windowCounts();
    this.inverse = this.invertCovariances();
  }

  /** Writes the product of the Laplacian with `plane` to `out`. */
  apply(out: Float32Array, plane: Float32Array): void {
    const { pool, color, count } = this;
    const { slopes, offset } = this.fit(plane);
    const means = slopes.map((each) => pool.mean(each, RADIUS)) as Triple;
    const shift = pool.mean(offset, RADIUS);
    for (let i = 0; i < out.length; i += 1) {
      const fitted =
        (means[0][i] as number) * (color[0][i] as number) +
        (means[1][i] as number) * (color[1][i] as number) +
        (means[2][i] as number) * (color[2][i] as number) +
        (shift[i] as number);
      out[i] = (count[i] as number) * ((plane[i] as number) - fitted);
    }
    pool.release(...slopes, offset, ...means, shift);
  }

  /** Linear model of `plane` in color around each cell. */
  private fit(plane: Float32Array): { slopes: Triple; offset: Float32Array } {
    const { pool, mean, inverse } = this;
    const average = pool.mean(plane, RADIUS);
    const slopes = this.color.map((color, channel) => {
      const product = pool.borrow();
      for (let i = 0; i < product.length; i += 1) product[i] = (color[i] as number) * (plane[i] as number);
      const covariance = pool.mean(product, RADIUS);
      const own = mean[channel] as Float32Array;
      for (let i = 0; i < covariance.length; i += 1) {
        covariance[i] = (covariance[i] as number) - (own[i] as number) * (average[i] as number);
      }
      pool.release(product);
      return covariance;
    }) as Triple;
    const [rr, rg, rb, gg, gb, bb] = inverse;
    for (let i = 0; i < average.length; i += 1) {
      const [r, g, b] = [slopes[0][i] as number, slopes[1][i] as number, slopes[2][i] as number];
      const red = (rr[i] as number) * r + (rg[i] as number) * g + (rb[i] as number) * b;
      const green = (rg[i] as number) * r + (gg[i] as number) * g + (gb[i] as number) * b;
      const blue = (rb[i] as number) * r + (gb[i] as number) * g + (bb[i] as number) * b;
      slopes[0][i] = red;
      slopes[1][i] = green;
      slopes[2][i] = blue;
      average[i] =
        (average[i] as number) -
        red * (mean[0][i] as number) -
        green * (mean[1][i] as number) -
        blue * (mean[2][i] as number);
    }
    return { slopes, offset: average };
  }

  private windowCounts(): Float32Array {
    const { width, height } = this.pool.size;
    const counts = this.pool.borrow();
    const reach = (at: number, end: number): number =>
      Math.min(at + RADIUS, end - 1) - Math.max(at - RADIUS, 0) + 1;
    for (let y = 0, i = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, i += 1) counts[i] = reach(x, width) * reach(y, height);
    }
    return counts;
  }

  private invertCovariances(): Six {
    const { pool, color, mean, count } = this;
    const pairs = [
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 1],
      [1, 2],
      [2, 2],
    ] as const;
    const planes = pairs.map(([one, other]) => {
      const product = pool.borrow();
      for (let i = 0; i < product.length; i += 1) {
        product[i] = (color[one][i] as number) * (color[other][i] as number);
      }
      const covariance = pool.mean(product, RADIUS);
      for (let i = 0; i < covariance.length; i += 1) {
        const floor = one === other ? EPSILON / (count[i] as number) : 0;
        covariance[i] =
          (covariance[i] as number) - (mean[one][i] as number) * (mean[other][i] as number) + floor;
      }
      pool.release(product);
      return covariance;
    }) as Six;
    for (let i = 0; i < count.length; i += 1) invertAt(planes, i);
    return planes;
  }
}

/** Inverts the symmetric matrix of cell `i` in place. Rounding may leave it without an inverse: then it becomes 0. */
function invertAt([rr, rg, rb, gg, gb, bb]: Six, i: number): void {
  const [a, b, c] = [rr[i] as number, rg[i] as number, rb[i] as number];
  const [d, e, f] = [gg[i] as number, gb[i] as number, bb[i] as number];
  const [minorA, minorB, minorC] = [d * f - e * e, c * e - b * f, b * e - c * d];
  const determinant = a * minorA + b * minorB + c * minorC;
  const scale = determinant > 0 ? 1 / determinant : 0;
  rr[i] = minorA * scale;
  rg[i] = minorB * scale;
  rb[i] = minorC * scale;
  gg[i] = (a * f - c * c) * scale;
  gb[i] = (b * c - a * e) * scale;
  bb[i] = (a * d - b * b) * scale;
}
