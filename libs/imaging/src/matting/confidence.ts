import { LOW_CONFIDENCE, type ResultHint } from '#contracts/result-hints.js';
import { wipe } from '#crypto/wipe.js';
import type { Mask } from '../raster/raster.js';
import { maskParts, type MaskParts } from './mask-parts.js';

/** Side of the grid on which the calibration was made; lengths are in its cells. */
const GRID_SIDE = 512;
/** Opacity up to which a cell is certainly background, and from which it is certainly subject. */
const SURELY_OUT = 5;
const SURELY_IN = 250;
/** Opacity from which a cell is inside the subject. */
const INSIDE_FROM = 128;
/** Mass below which a mask is empty, as a share of its cells. */
const MIN_MASS = 1e-4;
/** Share of the cells from which a mask covers the whole picture: then it separates nothing. */
const WHOLE_FROM = 0.99;
const CONFIDENCE_OF_WHOLE = 0.5;
/** Mean thickness up to which a part that leaves the picture may be a strip of the background: a rope, a pole. */
const STRIP_CELLS = 16;

/** Binary entropy of each opacity, in bits; 0 where a cell is certain. */
const ENTROPY = Float64Array.from({ length: 256 }, (_, value) => {
  if (value <= SURELY_OUT || value >= SURELY_IN) return 0;
  const p = value / 255;
  return -p * Math.log2(p) - (1 - p) * Math.log2(1 - p);
});

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
const CALIBRATION = { bias: 1.3, spread: -0.51, band: -0.88, scattered: -3.28, strips: -2.4 };
const SPREAD_FLOOR = 0.005;
const BAND_FLOOR = 0.2;
const MAX_STRIPS = 2;

/**
 * Expected soft IoU of the cut-out with the true alpha, 0 to 1 with two decimals; 0 for an empty mask. It sees that a
 * mask is undecided, scattered or made of strips. It does not see that a crisp mask is wrong: glass that the model takes
 * for opaque, a hole that it fills.
 * @param mask first output of the model, before any cleaning; not changed
 */
export function confidenceOf(mask: Mask): number {
  const doubts = doubtsOf(mask);
  if (doubts === undefined) return 0;
  const { bias, spread, band, scattered, strips } = CALIBRATION;
  const logit =
    bias +
    spread * Math.log(Math.max(doubts.spread, SPREAD_FLOOR)) +
    band * Math.log(Math.max(doubts.band, BAND_FLOOR)) +
    scattered * doubts.scattered +
    strips * Math.min(doubts.strips, MAX_STRIPS);
  const confidence = 1 / (1 + Math.exp(-logit));
  return rounded(coversAll(mask) ? Math.min(confidence, CONFIDENCE_OF_WHOLE) : confidence);
}

/** The hints of a confidence. */
export const confidenceHints = (confidence: number): ResultHint[] =>
  confidence < LOW_CONFIDENCE ? ['low-confidence'] : [];

const rounded = (confidence: number): number => Math.round(100 * confidence) / 100;

/** Measures what makes a mask doubtful. Undefined when the mask is empty. */
export function doubtsOf(mask: Mask): MaskDoubts | undefined {
  let [entropy, mass] = [0, 0];
  for (const value of mask.data) {
    entropy += ENTROPY[value] as number;
    mass += value / 255;
  }
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
  const count = (cell: number, beside: number): void => {
    const [one, other] = [labels[cell] as number, labels[beside] as number];
    if (one < 0 === other < 0) return;
    (outlines[Math.max(one, other)] as Outline).length += 1;
  };
  for (let y = 0, cell = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, cell += 1) {
      if (x + 1 < width) count(cell, cell + 1);
      if (y + 1 < height) count(cell, cell + width);
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
function coversAll({ data }: Mask): boolean {
  let opaque = 0;
  for (const value of data) if (value >= SURELY_IN) opaque += 1;
  return opaque >= WHOLE_FROM * data.length;
}
