import { wipe } from '#crypto/wipe.js';
import type { GridScratch } from './grid-scratch.js';
import type { TileWindow } from './grid-tiles.js';

/** Radius of the windows in which alpha is taken to be linear in colour, in cells. */
export const WINDOW_RADIUS = 2;
/** Variance of colour, on a scale of 0 to 1, below which a window counts as flat. */
const EPSILON = 1e-4;
/** Variance of alpha below which a window is of one alpha, whatever its colours do. */
const MIN_VARIANCE = 1e-5;

/** One plane for each of R, G and B. */
type Triple = [Float32Array, Float32Array, Float32Array];

/** Around each cell: alpha ≈ `slopes` · colour + `offset`, with colour and alpha from 0 to 1. */
export interface LinearModels {
  slopes: Triple;
  offset: Float32Array;
  /** Variance of alpha in the window, and the part of it that the model accounts for. */
  variance: Float32Array;
  explained: Float32Array;
}

/**
 * Fits alpha to colour in the window around each cell, by ridge regression: the first half of the guided filter
 * with a colour guide. K. He, J. Sun, X. Tang, "Guided Image Filtering", IEEE TPAMI 35 (2013), section 3.5.
 * @returns planes lent by `scratch`
 */
export function fitModels({ pixels, tile }: TileWindow, scratch: GridScratch): LinearModels {
  const { width, height } = tile.window;
  const slopes: Triple = [scratch.lend(), scratch.lend(), scratch.lend()];
  const models = { slopes, offset: scratch.lend(), variance: scratch.lend(), explained: scratch.lend() };
  const columns = new Int32Array((width + 2 * WINDOW_RADIUS) * SUMS);
  const stride = width * 4;
  const zeros = height * stride;
  for (let y = -WINDOW_RADIUS; y < height; y += 1) {
    const entering = y + WINDOW_RADIUS < height ? (y + WINDOW_RADIUS) * stride : zeros;
    const leaving = y > WINDOW_RADIUS ? (y - WINDOW_RADIUS - 1) * stride : zeros;
    slide(columns, pixels, { entering, leaving, stride });
    if (y < 0) continue;
    const rows = reachOf(y, height);
    for (let x = 0, i = y * width; x < width; x += 1, i += 1) {
      fitCell(models, i, { columns, from: x * SUMS, share: 1 / (rows * reachOf(x, width)) });
    }
  }
  wipe(columns);
  return models;
}

/** Sums of a column: alpha, its square, R, G, B, these times alpha, and RR, RG, RB, GG, GB, BB; exact, of bytes. */
const SUMS = 14;

/** How many of `count` cells are in the window around cell `i` of them. */
const reachOf = (i: number, count: number): number =>
  Math.min(i + WINDOW_RADIUS, count - 1) - Math.max(i - WINDOW_RADIUS, 0) + 1;

/** Where rows of pixels begin that come into the windows and go out of them, and their length. */
interface Slide {
  entering: number;
  leaving: number;
  stride: number;
}

/** Moves the columns' sums a row on. */
function slide(columns: Int32Array, pixels: Uint8Array, { entering, leaving, stride }: Slide): void {
  for (let x = 0, to = WINDOW_RADIUS * SUMS; x < stride; x += 4, to += SUMS) {
    const r = pixels[entering + x] as number;
    const g = pixels[entering + x + 1] as number;
    const b = pixels[entering + x + 2] as number;
    const a = pixels[entering + x + 3] as number;
    const oldR = pixels[leaving + x] as number;
    const oldG = pixels[leaving + x + 1] as number;
    const oldB = pixels[leaving + x + 2] as number;
    const oldA = pixels[leaving + x + 3] as number;
    columns[to] = (columns[to] as number) + a - oldA;
    columns[to + 1] = (columns[to + 1] as number) + a * a - oldA * oldA;
    columns[to + 2] = (columns[to + 2] as number) + r - oldR;
    columns[to + 3] = (columns[to + 3] as number) + g - oldG;
    columns[to + 4] = (columns[to + 4] as number) + b - oldB;
    columns[to + 5] = (columns[to + 5] as number) + r * a - oldR * oldA;
    columns[to + 6] = (columns[to + 6] as number) + g * a - oldG * oldA;
    columns[to + 7] = (columns[to + 7] as number) + b * a - oldB * oldA;
    columns[to + 8] = (columns[to + 8] as number) + r * r - oldR * oldR;
    columns[to + 9] = (columns[to + 9] as number) + r * g - oldR * oldG;
    columns[to + 10] = (columns[to + 10] as number) + r * b - oldR * oldB;
    columns[to + 11] = (columns[to + 11] as number) + g * g - oldG * oldG;
    columns[to + 12] = (columns[to + 12] as number) + g * b - oldG * oldB;
    columns[to + 13] = (columns[to + 13] as number) + b * b - oldB * oldB;
  }
}

/** Sums of columns, where those of a window begin, and what one cell of it counts. */
interface Window {
  columns: Int32Array;
  from: number;
  share: number;
}

/** One of the `SUMS` over the columns of a window. */
const sumOf = (columns: Int32Array, at: number): number =>
  (columns[at] as number) +
  (columns[at + SUMS] as number) +
  (columns[at + 2 * SUMS] as number) +
  (columns[at + 3 * SUMS] as number) +
  (columns[at + 4 * SUMS] as number);

/** The model of one window: a symmetric 3 × 3 system by its adjugate. */
function fitCell({ slopes, offset, variance, explained }: LinearModels, i: number, window: Window): void {
  const { columns, from, share } = window;
  const linear = share / 255;
  const square = linear / 255;
  const a = linear * sumOf(columns, from);
  const spread = square * sumOf(columns, from + 1) - a * a;
  variance[i] = spread;
  if (spread < MIN_VARIANCE) {
    slopes[0][i] = slopes[1][i] = slopes[2][i] = explained[i] = 0;
    offset[i] = a;
    return;
  }
  const r = linear * sumOf(columns, from + 2);
  const g = linear * sumOf(columns, from + 3);
  const b = linear * sumOf(columns, from + 4);
  const ra = square * sumOf(columns, from + 5) - r * a;
  const ga = square * sumOf(columns, from + 6) - g * a;
  const ba = square * sumOf(columns, from + 7) - b * a;
  const rr = square * sumOf(columns, from + 8) - r * r + EPSILON;
  const rg = square * sumOf(columns, from + 9) - r * g;
  const rb = square * sumOf(columns, from + 10) - r * b;
  const gg = square * sumOf(columns, from + 11) - g * g + EPSILON;
  const gb = square * sumOf(columns, from + 12) - g * b;
  const bb = square * sumOf(columns, from + 13) - b * b + EPSILON;
  const irr = gg * bb - gb * gb;
  const irg = rb * gb - rg * bb;
  const irb = rg * gb - rb * gg;
  // EPSILON on the diagonal keeps the determinant above 0.
  const scale = 1 / (rr * irr + rg * irg + rb * irb);
  const slopeR = (irr * ra + irg * ga + irb * ba) * scale;
  const slopeG = (irg * ra + (rr * bb - rb * rb) * ga + (rg * rb - rr * gb) * ba) * scale;
  const slopeB = (irb * ra + (rg * rb - rr * gb) * ga + (rr * gg - rg * rg) * ba) * scale;
  slopes[0][i] = slopeR;
  slopes[1][i] = slopeG;
  slopes[2][i] = slopeB;
  offset[i] = a - slopeR * r - slopeG * g - slopeB * b;
  explained[i] = slopeR * ra + slopeG * ga + slopeB * ba;
}
