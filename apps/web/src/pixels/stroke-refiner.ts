import type { ColorEvidence } from './color-evidence.js';
import type { Stroke } from './edit.js';
import type { Rect, Size } from './frame-geometry.js';
import { boxMean, fitGuidedModel } from './guided-model.js';
import { leveled, type RefinedWindow } from './refined-pixels.js';
import { coverage, FAR } from './stroke-field.js';

/** Up to this distance, in radii, the middle of a stroke is what the person means. */
const CORE = 0.2;
/** Weight of a cell of the core as a sample of its side: the path of the hand is rough. */
const CORE_SAMPLE = 0.25;
/** Evidence against the core above which a cell of it is not fixed. */
const CONTRARY = 0.5;
/** Share of such cells above which the person means the colors of the other side, unless there is something else to mean. */
const MAX_CONTRARY_SHARE = 0.7;
/** Share of the cells that a stroke would change whose colors are of its side: thin hair before a wall. */
const MIN_SUPPORT_SHARE = 0.06;
/** Evidence from which it counts fully against the plain brush. */
const CLEAR = 0.6;
/** Weight of evidence, and of a cell without any, beside known cells in the guided filter. */
const EVIDENCE_WEIGHT = 0.3;
const MIN_WEIGHT = 0.02;
/** Radius in which the colors of subject and background are averaged, in cells. */
const COLOR_RADIUS = 6;
const MIN_COLOR_WEIGHT = 0.02;

/** Cells around a tile that its results depend on. */
export const MARGIN = 14;

/** A part of the grid on which a stroke is refined. */
export interface RefineWindow {
  /** Position and size, in cells. */
  rect: Rect;
  /** The photo. */
  rgba: Uint8ClampedArray;
  /** Alpha before the stroke, 0 to 1. */
  before: Float32Array;
  /** Distance from the middle line of the stroke, in radii. */
  distance: Float32Array;
}

type Mode = Stroke['mode'];

/** Adds the colors around a stroke, where alpha is known, and those of its core. */
export function addEvidence(evidence: ColorEvidence, window: RefineWindow, mode: Mode): void {
  const { distance, before, rgba } = window;
  for (let i = 0; i < distance.length; i++) {
    const [far, alpha] = [distance[i] as number, before[i] as number];
    if (far >= FAR) continue;
    if (far >= 1) {
      if (alpha > 0.95) evidence.add(rgba, 4 * i, true);
      else if (alpha < 0.05) evidence.add(rgba, 4 * i, false);
    } else if (far < CORE) evidence.add(rgba, 4 * i, mode === 'keep', CORE_SAMPLE);
  }
}

/** Evidence of a color against the side of the stroke, 0 to 1. */
const contraryOf = (share: number, mode: Mode): number =>
  Math.max(0, mode === 'keep' ? 1 - 2 * share : 2 * share - 1);

/**
 * True if colors separate what the stroke is for from the rest. Otherwise it stays as it was painted: its middle has the colors
 * of the other side, and so has all that it would change.
 */
export function isConclusive(evidence: ColorEvidence, windows: readonly RefineWindow[], mode: Mode): boolean {
  if (!evidence.isSufficient) return false;
  let [core, against, changed, supported] = [0, 0, 0, 0];
  for (const { distance, before, rgba } of windows) {
    for (let i = 0; i < distance.length; i++) {
      const far = distance[i] as number;
      if (far >= 1) continue;
      const contrary = contraryOf(evidence.subjectShare(rgba, 4 * i), mode);
      const change = mode === 'keep' ? 1 - (before[i] as number) : (before[i] as number);
      changed += change;
      if (contrary === 0) supported += change;
      if (far >= CORE) continue;
      core++;
      if (contrary > CONTRARY) against++;
    }
  }
  return against <= MAX_CONTRARY_SHARE * core || supported >= MIN_SUPPORT_SHARE * changed;
}

/** Alpha that the plain brush gives. */
const plainAlpha = (before: number, distance: number, mode: Mode): number => {
  const covered = coverage(distance);
  return mode === 'keep' ? before + (1 - before) * covered : before * (1 - covered);
};

/** Refines a window: alpha as a linear function of color around each cell, and colors of both sides. */
export function refineWindow(window: RefineWindow, evidence: ColorEvidence, mode: Mode): RefinedWindow {
  const { rect, rgba, distance } = window;
  const channel = (offset: number): Float32Array =>
    Float32Array.from(distance, (_, i) => (rgba[4 * i + offset] as number) / 255);
  const guide = [channel(0), channel(1), channel(2)] as const;
  const { alpha, weights } = estimate(window, evidence, mode);
  const model = fitGuidedModel(guide, alpha, weights, rect);
  const [slopeR, slopeG, slopeB] = model.slopes;
  const refined = alpha.map((own, i) => {
    if ((distance[i] as number) >= 1) return own;
    const [r, g, b] = guide.map((plane) => plane[i] as number) as [number, number, number];
    return leveled(
      (slopeR[i] as number) * r +
        (slopeG[i] as number) * g +
        (slopeB[i] as number) * b +
        (model.offset[i] as number),
    );
  });
  const colors = [
    ...sideColors(guide, refined, rect),
    ...sideColors(
      guide,
      refined.map((own) => 1 - own),
      rect,
    ),
  ];
  return { rect, cells: interleaved([distance, ...model.slopes, model.offset, ...colors]) };
}

/** The values of each cell side by side. */
function interleaved(planes: readonly Float32Array[]): Float32Array {
  const cells = new Float32Array(planes.length * (planes[0]?.length ?? 0));
  for (const [at, plane] of planes.entries())
    for (let i = 0; i < plane.length; i++) cells[i * planes.length + at] = plane[i] as number;
  return cells;
}

/** Alpha of each cell before it is filtered, and how certain it is. */
function estimate(
  window: RefineWindow,
  evidence: ColorEvidence,
  mode: Mode,
): Record<'alpha' | 'weights', Float32Array> {
  const { rgba, before, distance } = window;
  const alpha = before.slice();
  const weights = new Float32Array(alpha.length).fill(1);
  for (let i = 0; i < alpha.length; i++) {
    const far = distance[i] as number;
    if (far >= 1) continue;
    const share = evidence.subjectShare(rgba, 4 * i);
    const contrary = contraryOf(share, mode);
    if (far < CORE && contrary <= CONTRARY) {
      alpha[i] = mode === 'keep' ? 1 : 0;
      weights[i] = (1 - contrary) ** 2;
      continue;
    }
    const clear = Math.abs(2 * share - 1);
    const plain = plainAlpha(before[i] as number, far, mode);
    alpha[i] = plain + Math.min(1, clear / CLEAR) * (share - plain);
    weights[i] = EVIDENCE_WEIGHT * clear + MIN_WEIGHT;
  }
  return { alpha, weights };
}

/**
 * Mean colors of one side, weighted by its share of each cell.
 * Method: M. Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021 (blur fusion).
 */
function sideColors(guide: readonly Float32Array[], share: Float32Array, size: Size): Float32Array[] {
  const shares = boxMean(share, size, COLOR_RADIUS);
  return guide.map((plane) => {
    const product = plane.map((value, i) => value * (share[i] as number));
    const means = boxMean(product, size, COLOR_RADIUS);
    return plane.map((own, i) => {
      const total = shares[i] as number;
      return total > MIN_COLOR_WEIGHT ? (means[i] as number) / total : own;
    });
  });
}
