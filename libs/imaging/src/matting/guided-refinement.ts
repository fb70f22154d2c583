import type { GridScratch } from './grid-scratch.js';
import { forEachRow, type TileWindow } from './grid-tiles.js';
import { fitModels, WINDOW_RADIUS, type LinearModels } from './linear-models.js';

/** Floats a cell: factors of R, G, B, what is added, and the gate; for colours and alpha from 0 to 255. */
export const REFINEMENT_CHANNELS = 5;

/** Radius around a cell in which uncertainty is averaged, in cells. */
const UNCERTAINTY_RADIUS = 4;
/** Mean uncertainty from which an area begins to count as hair or fur, and from which it surely does. */
const WIDE_FROM = 0.25;
const WIDE_TO = 0.5;
/** Share of alpha's variance that colours must explain at an edge before the gate opens, and how much more opens it. */
const EXPLAINED_FROM = 0.6;
const EXPLAINED_RANGE = 0.3;
/** Variance of alpha that is not worth explaining. */
const IDLE_VARIANCE = 1e-3;

/**
 * Coefficients that give alpha from a full-size pixel's own colour, so that what is thinner than the mask's cells
 * can be told from what is behind it. Each is multiplied by its cell's gate, 0 to 1, already.
 *
 * Method: He, Sun, Tang, "Guided Image Filtering", IEEE TPAMI 35 (2013), its coefficients taken on a coarse grid as
 * in He, Sun, "Fast Guided Filter", arXiv:1505.00996 (2015). The gate is our own: where colours do not tell the
 * subject from the background, the filter would smear the mask, and the mask is kept as it is.
 * @param cells `REFINEMENT_CHANNELS` floats for each cell of the grid, of which the tile's are written
 */
export function guidedCoefficients(cells: Float32Array, window: TileWindow, scratch: GridScratch): void {
  const { alpha, tile, grid } = window;
  const models = fitModels(window, scratch);
  const gate = gateOf(alpha, models, scratch);
  [...models.slopes, models.offset].forEach((plane, channel) => {
    const mean = scratch.mean(plane, WINDOW_RADIUS);
    const scale = channel < 3 ? 1 : 255;
    forEachRow(tile, grid, (inWindow, inGrid, count) => {
      for (let i = inWindow, at = inGrid * REFINEMENT_CHANNELS + channel; i < inWindow + count; i += 1) {
        cells[at] = scale * (gate[i] as number) * (mean[i] as number);
        at += REFINEMENT_CHANNELS;
      }
    });
    scratch.takeBack(mean);
  });
  forEachRow(tile, grid, (inWindow, inGrid, count) => {
    for (let i = 0; i < count; i += 1) {
      cells[(inGrid + i) * REFINEMENT_CHANNELS + 4] = gate[inWindow + i] as number;
    }
  });
  scratch.takeBack(gate, ...models.slopes, models.offset, models.variance, models.explained);
}

/**
 * How much each cell takes of the refinement, 0 to 1: the share of alpha's variance around it that colours
 * explain, against a demand that falls from edges, which are thin lines of uncertainty, to hair and fur, which
 * are wide areas of it.
 */
function gateOf(
  alpha: Float32Array,
  { variance, explained }: LinearModels,
  scratch: GridScratch,
): Float32Array {
  const gate = wideness(alpha, scratch);
  const all = scratch.mean(variance, WINDOW_RADIUS);
  const told = scratch.mean(explained, WINDOW_RADIUS);
  for (let i = 0; i < gate.length; i += 1) {
    const share = (told[i] as number) / ((all[i] as number) + IDLE_VARIANCE);
    gate[i] = ramp(share - EXPLAINED_FROM * (1 - (gate[i] as number)), 0, EXPLAINED_RANGE);
  }
  scratch.takeBack(all, told);
  return gate;
}

/** 0 at edges, 1 inside wide areas of uncertain alpha. */
function wideness(alpha: Float32Array, scratch: GridScratch): Float32Array {
  const uncertain = scratch.lend();
  for (let i = 0; i < uncertain.length; i += 1) {
    const own = alpha[i] as number;
    uncertain[i] = 4 * own * (1 - own);
  }
  const wide = scratch.mean(uncertain, UNCERTAINTY_RADIUS);
  scratch.takeBack(uncertain);
  for (let i = 0; i < wide.length; i += 1) wide[i] = ramp(wide[i] as number, WIDE_FROM, WIDE_TO);
  return wide;
}

/** 0 up to `from`, 1 from `to`, a straight line between. */
const ramp = (value: number, from: number, to: number): number =>
  Math.min(Math.max((value - from) / (to - from), 0), 1);
