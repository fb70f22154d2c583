import { LOW_CONFIDENCE, type ResultHint } from '#contracts/result-hints.js';
import { wipe } from '#crypto/wipe.js';
import type { Mask, RgbRaster } from '../raster/raster.js';
import { groundLikeness } from './ground-likeness.js';
import { OPACITY_ENTROPY, SURELY_IN } from './opacity-entropy.js';
import { maskParts, type MaskParts } from './mask-parts.js';

/** Side of the grid on which the calibration was made; lengths are in its cells. */
const GRID_SIDE = 512;
/** Opacity from which a cell is inside the subject. */
const INSIDE_FROM = 128;
/** Mass below which a mask is empty, as a share of its cells. */
const MIN_MASS = 1e-4;
/** Share of the cells from which a mask covers the whole picture: then it separates nothing. */
const WHOLE_FROM = 0.99;
const CONFIDENCE_OF_WHOLE = 0.5;
/** Mean thickness up to which a part that leaves the picture may be a strip of the background: a rope, a pole. */
const STRIP_CELLS = 16;

/** What makes a mask doubtful. */
export interface MaskDoubts {
  /** Entropy of all cells by the sum of their opacity, in bits. */
  spread: number;
  /** Entropy by the length of the outline: the width of the undecided band, in cells of a grid of `GRID_SIDE`. */
  band: number;
  /** Share of the opacity that is not in the largest part, 0 to 1. */
  scattered: number;
  /** Thin parts that leave the picture at the left, the top or the right: number of these sides, weighted by share. */
  strips: number;
}

/**
 * Logistic regression of the soft IoU of the refined result with the true alpha, on composites with known alpha:
 * logarithms of `spread` and `band`, each not below its floor, then `scattered` and `strips`.
 */
const CALIBRATION = { bias: 1.07, spread: -0.61, band: -0.5, scattered: -3.34, strips: -1.87 };
const SPREAD_FLOOR = 0.005;
const BAND_FLOOR = 0.2;
const MAX_STRIPS = 2;

/**
 * Expected soft IoU of the cut-out with the true alpha, 0 to 1 with two decimals; 0 for an empty mask. It sees that a
 * mask is undecided, scattered or made of strips, or that it covers a hole with plain ground in it. It does not see
 * that a crisp mask is wrong otherwise: glass that the model takes for opaque.
 * @param mask first output of the model, before any cleaning; not changed
 * @param picture what the mask covers, in any size; not changed
 */
export function confidenceOf(mask: Mask, picture: RgbRaster): number {
  const doubts = doubtsOf(mask);
  if (doubts === undefined) return 0;
  const { bias, spread, band, scattered, strips } = CALIBRATION;
  const logit =
    bias +
    spread * Math.log(Math.max(doubts.spread, SPREAD_FLOOR)) +
    band * Math.log(Math.max(doubts.band, BAND_FLOOR)) +
    scattered * doubts.scattered +
    strips * Math.min(doubts.strips, MAX_STRIPS);
  // What has the color of the ground should not be there.
  const confidence = (1 - groundLikeness(mask, picture)) / (1 + Math.exp(-logit));
  return rounded(coversAll(mask) ? Math.min(confidence, CONFIDENCE_OF_WHOLE) : confidence);
}

/** The hints of a confidence. */
export const confidenceHints = (confidence: number): ResultHint[] =>
  confidence < LOW_CONFIDENCE ? ['low-confidence'] : [];

const rounded = (confidence: number): number => Math.round(100 * confidence) / 100;

/** Measures what makes a mask doubtful. Undefined when the mask is empty. */
export function doubtsOf(mask: Mask): MaskDoubts | undefined {
  const { entropy, mass } = totalsOf(mask);
  if (mass < MIN_MASS * mask.data.length) return undefined;
  const found = maskParts(mask, INSIDE_FROM);
  try {
    if (found.parts.length === 0) return undefined;
    const scale = GRID_SIDE / Math.sqrt(mask.width * mask.height);
    const outlines = outlinesOf(mask, found);
    const outline = outlines.reduce((sum, { length }) => sum + length, 0);
    return {
      spread: entropy / mass,
      band: (scale * entropy) / Math.max(outline, 1),
      ...shapeDoubts(found, outlines, scale),
    };
  } finally {
    wipe(found.labels);
  }
}

/** Entropy in bits, sum of opacity, and number of certain cells of the subject. */
function totalsOf({ data }: Mask): { entropy: number; mass: number; opaque: number } {
  const counts = new Uint32Array(256);
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i] as number;
    counts[value] = (counts[value] as number) + 1;
  }
  const totals = { entropy: 0, mass: 0, opaque: 0 };
  for (const [value, count] of counts.entries()) {
    totals.entropy += count * (OPACITY_ENTROPY[value] as number);
    totals.mass += (count * value) / 255;
    if (value >= SURELY_IN) totals.opaque += count;
  }
  return totals;
}

/** Outline of a part. */
interface Outline {
  /** Sides of cells between the part and the rest of the picture. */
  length: number;
  /** Sides of the picture that it touches, without the lower one, on which subjects stand. */
  sides: number;
}

function outlinesOf({ width, height }: Mask, { parts, labels }: MaskParts): Outline[] {
  const outlines = parts.map(({ box }) => ({
    length: 0,
    sides: Number(box.left === 0) + Number(box.top === 0) + Number(box.left + box.width === width),
  }));
  for (let y = 0, cell = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, cell += 1) {
      const label = labels[cell] as number;
      const right = x + 1 < width ? (labels[cell + 1] as number) : label;
      const below = y + 1 < height ? (labels[cell + width] as number) : label;
      // One of the two is -1: outside of all parts.
      if (label < 0 !== right < 0) (outlines[Math.max(label, right)] as Outline).length += 1;
      if (label < 0 !== below < 0) (outlines[Math.max(label, below)] as Outline).length += 1;
    }
  }
  return outlines;
}

function shapeDoubts(
  { parts }: MaskParts,
  outlines: readonly Outline[],
  scale: number,
): Pick<MaskDoubts, 'scattered' | 'strips'> {
  const total = parts.reduce((sum, { mass }) => sum + mass, 0);
  const largest = Math.max(...parts.map(({ mass }) => mass));
  let strips = 0;
  for (const [index, { mass }] of parts.entries()) {
    const { length, sides } = outlines[index] as Outline;
    const thickness = ((2 * mass) / 255 / Math.max(length, 1)) * scale;
    strips += sides * (mass / total) * Math.max(0, 1 - thickness / STRIP_CELLS);
  }
  return { scattered: 1 - largest / total, strips };
}

/** True when nearly all cells are opaque. */
const coversAll = (mask: Mask): boolean => totalsOf(mask).opaque >= WHOLE_FROM * mask.data.length;
