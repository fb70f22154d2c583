import type { CoarseBlurFusion } from './blur-fusion-coarse.js';
import type { GridScratch } from './grid-scratch.js';
import { forEachRow, type Tile, type TileWindow } from './grid-tiles.js';
import type { Size } from '../raster/pixel-rect.js';

/** Floats a cell: R, G, B of the foreground, then of the background, 0 to 255. */
export const COLOR_CHANNELS = 6;

/** Radius of the second pass, in cells: near, so that colours follow the subject's texture. */
const RADIUS = 3;
/** A window with less of a side than this has no colour of it to tell: the pass before is believed. */
const MIN_SHARE = 1e-5;

/**
 * What the subject and what lies behind it would look like alone, where the two are mixed.
 *
 * Method: M. Forte, "Approximate Fast Foreground Colour Estimation" (blur fusion), IEEE ICIP 2021: means of the
 * colours, weighted with alpha for the foreground and with 1 − alpha for the background; the foreground is then
 * moved so that both mixed by alpha give the image; twice: over wide windows (`far`, on a coarser grid, which is our
 * own), and over small ones.
 * @param cells `COLOR_CHANNELS` floats for each cell of the grid, of which the tile's are written
 */
export function estimateColors(
  cells: Float32Array,
  window: TileWindow,
  far: CoarseBlurFusion,
  scratch: GridScratch,
): void {
  const { pixels, alpha, tile } = window;
  const share = scratch.mean(alpha, RADIUS);
  const [front, back] = [scratch.lend(), scratch.lend()];
  const planes = Array.from({ length: COLOR_CHANNELS }, () => scratch.lend());
  far.read(planes, tile.window);
  for (let channel = 0; channel < 3; channel += 1) {
    const [foreground, background] = [planes[channel], planes[channel + 3]] as [Float32Array, Float32Array];
    for (let i = 0, at = channel; i < front.length; i += 1, at += 4) {
      const own = alpha[i] as number;
      const behind = background[i] as number;
      const moved = fitted(pixels[at] as number, own, foreground[i] as number, behind);
      foreground[i] = moved;
      front[i] = own * moved;
      back[i] = (1 - own) * behind;
    }
    const before = scratch.mean(front, RADIUS);
    const behind = scratch.mean(back, RADIUS);
    forEachRow(tile, window.grid, (inWindow, inGrid, count) => {
      for (let i = inWindow, at = inGrid * COLOR_CHANNELS + channel; i < inWindow + count; i += 1) {
        const part = share[i] as number;
        if (1 - part > MIN_SHARE) background[i] = (behind[i] as number) / (1 - part);
        if (part > MIN_SHARE) {
          const mean = (before[i] as number) / part;
          const value = pixels[4 * i + channel] as number;
          foreground[i] = fitted(value, alpha[i] as number, mean, background[i] as number);
        }
        cells[at] = foreground[i] as number;
        cells[at + 3] = background[i] as number;
        at += COLOR_CHANNELS;
      }
    });
    scratch.takeBack(before, behind);
  }
  scratch.takeBack(share, front, back, ...planes);
}

/** Where nothing is mixed: the guide's own colours, for the foreground and for the background. */
export function copyColors(cells: Float32Array, guide: Uint8Array, tile: Tile, grid: Size): void {
  forEachRow(tile, grid, (_, inGrid, count) => {
    for (
      let from = 3 * inGrid, at = inGrid * COLOR_CHANNELS;
      from < 3 * (inGrid + count);
      from += 3, at += 6
    ) {
      cells[at] = cells[at + 3] = guide[from] as number;
      cells[at + 1] = cells[at + 4] = guide[from + 1] as number;
      cells[at + 2] = cells[at + 5] = guide[from + 2] as number;
    }
  });
}

/** The foreground moved so that both mixed by alpha, `own`, are nearer to the image's `value`; 0 to 255. */
export function fitted(value: number, own: number, foreground: number, background: number): number {
  const left = value - own * foreground - (1 - own) * background;
  return Math.min(Math.max(foreground + own * left, 0), 255);
}
