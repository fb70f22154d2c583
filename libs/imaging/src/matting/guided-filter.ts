import { wipe } from '#crypto/wipe.js';
import type { PlanePool } from '../raster/box-filter.js';
import { forEachRow, type TileWindow } from './grid-tiles.js';

/** Floats a cell: slopes of R, G and B, offset, and gate; for colors and alpha from 0 to 255. */
export const REFINEMENT_CHANNELS = 5;

/** Radius in which uncertainty is averaged, in cells. */
const UNCERTAINTY_RADIUS = 4;
/** Mean uncertainty at which an area starts to count as hair or fur, and at which it fully does. */
const WIDE_FROM = 0.25;
const WIDE_TO = 0.5;
/**
 * Share of alpha's variance that colors must explain at an edge before the gate opens, and the range over which it
 * opens.
 */
const EXPLAINED_FROM = 0.6;
const EXPLAINED_RANGE = 0.3;
/** Variance of alpha below which nothing needs to be explained. */
const IDLE_VARIANCE = 1e-3;

/**
 * Coefficients that compute alpha from the color of a full-size pixel, so that details thinner than the mask's cells
 * are separated from the background. Each is multiplied by the gate of its cell, 0 to 1.
 *
 * Method: K. He, J. Sun, X. Tang, "Guided Image Filtering", IEEE TPAMI 35 (2013), with coefficients on a coarse grid
 * as in K. He, J. Sun, "Fast Guided Filter", arXiv:1505.00996 (2015). The gate is an addition: where colors do not
 * separate subject and background, the filter would smear the mask, so the mask is kept.
 * @param cells `REFINEMENT_CHANNELS` floats for each cell of the grid; the cells of the tile are written
 */
export function guidedCoefficients(cells: Float32Array, window: TileWindow, pool: PlanePool): void {
  const { alpha, tile, grid } = window;
  const models = fitLinearModels(window, pool);
  const gate = gateOf(alpha, models, pool);
  [...models.slopes, models.offset].forEach((plane, channel) => {
    const mean = pool.mean(plane, WINDOW_RADIUS);
    const scale = channel < 3 ? 1 : 255;
    forEachRow(tile, grid, (inWindow, inGrid, count) => {
      for (let i = inWindow, at = inGrid * REFINEMENT_CHANNELS + channel; i < inWindow + count; i += 1) {
        cells[at] = scale * (gate[i] as number) * (mean[i] as number);
        at += REFINEMENT_CHANNELS;
      }
    });
    pool.release(mean);
  });
  forEachRow(tile, grid, (inWindow, inGrid, count) => {
    for (let i = 0; i < count; i += 1) {
      cells[(inGrid + i) * REFINEMENT_CHANNELS + 4] = gate[inWindow + i] as number;
    }
  });
  pool.release(gate, ...models.slopes, models.offset, models.variance, models.explained);
}

/**
 * Gate of each cell, 0 to 1: the share of alpha's variance that colors explain, compared with a threshold that
 * decreases from edges (thin lines of uncertainty) to hair and fur (wide areas of it).
 */
function gateOf(alpha: Float32Array, { variance, explained }: LinearModels, pool: PlanePool): Float32Array {
  const gate = wideness(alpha, pool);
  const varianceMean = pool.mean(variance, WINDOW_RADIUS);
  const explainedMean = pool.mean(explained, WINDOW_RADIUS);
  for (let i = 0; i < gate.length; i += 1) {
    const share = (explainedMean[i] as number) / ((varianceMean[i] as number) + IDLE_VARIANCE);
    gate[i] = ramp(share - EXPLAINED_FROM * (1 - (gate[i] as number)), 0, EXPLAINED_RANGE);
  }
  pool.release(varianceMean, explainedMean);
  return gate;
}

/** 0 at edges, 1 inside wide areas of uncertain alpha. */
function wideness(alpha: Float32Array, pool: PlanePool): Float32Array {
  const uncertain = pool.borrow();
  for (let i = 0; i < uncertain.length; i += 1) {
    const own = alpha[i] as number;
    uncertain[i] = 4 * own * (1 - own);
  }
  const wide = pool.mean(uncertain, UNCERTAINTY_RADIUS);
  pool.release(uncertain);
  for (let i = 0; i < wide.length; i += 1) wide[i] = ramp(wide[i] as number, WIDE_FROM, WIDE_TO);
  return wide;
}

/** 0 up to `from`, 1 from `to`, linear in between. */
const ramp = (value: number, from: number, to: number): number =>
  Math.min(Math.max((value - from) / (to - from), 0), 1);

/** Radius of the windows in which alpha is modeled as linear in color, in cells. */
export const WINDOW_RADIUS = 2;
/** Regularization: variance of color, on a scale of 0 to 1, below which a window counts as flat. */
const EPSILON = 1e-4;
/** Variance of alpha below which a window counts as constant. */
const MIN_VARIANCE = 1e-5;

/** One plane for each of R, G and B. */
type Triple = [Float32Array, Float32Array, Float32Array];

/** Around each cell: alpha ≈ `slopes` · color + `offset`, with color and alpha from 0 to 1. */
export interface LinearModels {
  slopes: Triple;
  offset: Float32Array;
  /** Variance of alpha in the window, and the part of it that the model accounts for. */
  variance: Float32Array;
  explained: Float32Array;
}

/**
 * Fits alpha to color in the window around each cell, by ridge regression: the first half of the guided filter with a
 * color guide. K. He, J. Sun, X. Tang, "Guided Image Filtering", IEEE TPAMI 35 (2013), section 3.5.
 * @returns planes borrowed from `pool`
 */
export function fitLinearModels({ pixels, tile }: TileWindow, pool: PlanePool): LinearModels {
  const { width, height } = tile.window;
  const slopes: Triple = [pool.borrow(), pool.borrow(), pool.borrow()];
  const models = { slopes, offset: pool.borrow(), variance: pool.borrow(), explained: pool.borrow() };
  const columns = new Int32Array((width + 2 * WINDOW_RADIUS) * SUMS);
  const stride = width * 4;
  const zeros = height * stride;
  for (let y = -WINDOW_RADIUS; y < height; y += 1) {
    const entering = y + WINDOW_RADIUS < height ? (y + WINDOW_RADIUS) * stride : zeros;
    const leaving = y > WINDOW_RADIUS ? (y - WINDOW_RADIUS - 1) * stride : zeros;
    slide(columns, pixels, { entering, leaving, stride });
    if (y < 0) continue;
    const rows = windowCells(y, height);
    for (let x = 0, i = y * width; x < width; x += 1, i += 1) {
      fitCell(models, i, { columns, from: x * SUMS, share: 1 / (rows * windowCells(x, width)) });
    }
  }
  wipe(columns);
  return models;
}

/** Sums of a column: alpha, its square, R, G, B, these times alpha, and RR, RG, RB, GG, GB, BB; exact integers. */
const SUMS = 14;

/** Number of the `count` cells that are in the window around cell `i`. */
const windowCells = (i: number, count: number): number =>
  Math.min(i + WINDOW_RADIUS, count - 1) - Math.max(i - WINDOW_RADIUS, 0) + 1;

/** Offsets of the rows of pixels that enter and leave the windows, and their length. */
interface Slide {
  entering: number;
  leaving: number;
  stride: number;
}

/** Moves the column sums down by one row. */
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

/** Column sums, the offset of a window in them, and the weight of one cell. */
interface Window {
  columns: Int32Array;
  from: number;
  share: number;
}

/** One of the `SUMS` over the five columns of a window. */
const sumOf = (columns: Int32Array, at: number): number =>
  (columns[at] as number) +
  (columns[at + SUMS] as number) +
  (columns[at + 2 * SUMS] as number) +
  (columns[at + 3 * SUMS] as number) +
  (columns[at + 4 * SUMS] as number);

/** Fits one window: solves a symmetric 3 × 3 system by its adjugate. */
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
