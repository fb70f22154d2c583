import type { GridScratch } from './grid.scratch.js';

/** Radius of the windows in which alpha is taken to be linear in colour, in cells. */
export const WINDOW_RADIUS = 2;
/** Variance of colour, on a scale of 0 to 1, below which a window counts as flat. */
const EPSILON = 1e-4;
/** Variance of alpha below which a window is of one alpha, whatever its colours do. */
const LEAST_VARIANCE = 1e-5;

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
 * @param guide cells × 3 bytes, R G B
 * @param alpha opacity of each cell, 0 to 1
 * @returns planes lent by `scratch`
 */
export function fitModels(guide: Uint8Array, alpha: Float32Array, scratch: GridScratch): LinearModels {
  const means = windowMeans(guide, alpha, scratch);
  const slopes: Triple = [scratch.lend(), scratch.lend(), scratch.lend()];
  const models = { slopes, offset: scratch.lend(), variance: scratch.lend(), explained: scratch.lend() };
  for (let i = 0; i < alpha.length; i += 1) fitCell(models, means, i);
  const { colour, alpha: mean, alphaSquare, cross, square } = means;
  scratch.takeBack(...colour, mean, alphaSquare, ...cross, ...square);
  return models;
}

/** Window means of colour, of alpha and of their products. */
interface WindowMeans {
  colour: Triple;
  alpha: Float32Array;
  alphaSquare: Float32Array;
  /** R, G, B times alpha. */
  cross: Triple;
  /** RR, RG, RB, GG, GB, BB. */
  square: [...Triple, ...Triple];
}

function windowMeans(guide: Uint8Array, alpha: Float32Array, scratch: GridScratch): WindowMeans {
  const colour = [0, 1, 2].map((channel) => channelOf(guide, channel, scratch)) as Triple;
  const [r, g, b] = colour;
  const pairs = [
    [r, r],
    [r, g],
    [r, b],
    [g, g],
    [g, b],
    [b, b],
  ] as const;
  const means = {
    colour: colour.map((plane) => scratch.mean(plane, WINDOW_RADIUS)) as Triple,
    alpha: scratch.mean(alpha, WINDOW_RADIUS),
    alphaSquare: scratch.meanOfProduct(alpha, alpha, WINDOW_RADIUS),
    cross: colour.map((plane) => scratch.meanOfProduct(plane, alpha, WINDOW_RADIUS)) as Triple,
    square: pairs.map(([p, q]) => scratch.meanOfProduct(p, q, WINDOW_RADIUS)) as WindowMeans['square'],
  };
  scratch.takeBack(...colour);
  return means;
}

function channelOf(guide: Uint8Array, channel: number, scratch: GridScratch): Float32Array {
  const plane = scratch.lend();
  for (let i = 0, at = channel; i < plane.length; i += 1, at += 3) plane[i] = (guide[at] as number) / 255;
  return plane;
}

const at = (plane: Float32Array, i: number): number => plane[i] as number;

/** The model of one window: a symmetric 3 × 3 system by its adjugate. */
function fitCell({ slopes, offset, variance, explained }: LinearModels, means: WindowMeans, i: number): void {
  const { colour, cross, square } = means;
  const a = at(means.alpha, i);
  const spread = at(means.alphaSquare, i) - a * a;
  variance[i] = spread;
  if (spread < LEAST_VARIANCE) {
    slopes[0][i] = slopes[1][i] = slopes[2][i] = explained[i] = 0;
    offset[i] = a;
    return;
  }
  const r = at(colour[0], i);
  const g = at(colour[1], i);
  const b = at(colour[2], i);
  const ra = at(cross[0], i) - r * a;
  const ga = at(cross[1], i) - g * a;
  const ba = at(cross[2], i) - b * a;
  const rr = at(square[0], i) - r * r + EPSILON;
  const rg = at(square[1], i) - r * g;
  const rb = at(square[2], i) - r * b;
  const gg = at(square[3], i) - g * g + EPSILON;
  const gb = at(square[4], i) - g * b;
  const bb = at(square[5], i) - b * b + EPSILON;
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
