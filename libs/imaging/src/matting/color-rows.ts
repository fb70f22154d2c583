import { between, BilinearRows } from './bilinear-rows.js';
import { COLOR_CHANNELS, fitted } from './foreground-color.js';
import type { Run, Size } from '../raster/pixel-rect.js';

/**
 * Gives partly transparent pixels the subject's own colour, one row at a time: the estimated foreground, moved so
 * that over the estimated background it would give the pixel as it was.
 */
export class ColorRows {
  readonly #cells: BilinearRows;

  /** @param colours `estimateColors` of `grid`, spread over `to` pixels */
  constructor(colors: Float32Array, grid: Size, to: Size) {
    this.#cells = new BilinearRows(colors, grid, to);
  }

  /**
   * Changes colours in a run of row `y`. A pixel that was not opaque has been cut out before: its colour is its own.
   * @param matte opacity of each pixel
   * @param pixels the row, R G B A, with the source's alpha
   */
  recolour(matte: Uint8Array, pixels: Uint8Array, y: number, run: Run): void {
    let { from, to } = run;
    while (from < to && isSure(matte[from] as number)) from += 1;
    while (to > from && isSure(matte[to - 1] as number)) to -= 1;
    if (from === to) return;
    const row = this.#cells.at(y, from, to);
    const { cellOf, shareOf } = this.#cells;
    for (let x = from, at = 4 * from; x < to; x += 1, at += 4) {
      const opacity = matte[x] as number;
      if (isSure(opacity) || pixels[at + 3] !== 255) continue;
      const place = { row, at: (cellOf[x] as number) * COLOR_CHANNELS, share: shareOf[x] as number };
      const own = opacity / 255;
      pixels[at] = ownColour(pixels[at] as number, own, place, 0);
      pixels[at + 1] = ownColour(pixels[at + 1] as number, own, place, 1);
      pixels[at + 2] = ownColour(pixels[at + 2] as number, own, place, 2);
    }
  }

  /** Overwrites what it has worked on. */
  wipe(): void {
    this.#cells.wipe();
  }
}

const isSure = (opacity: number): boolean => opacity === 0 || opacity === 255;

/** Where a pixel lies among the cells of a row. */
interface Place {
  row: Float32Array;
  at: number;
  share: number;
}

/** A channel's `value` in the subject alone, rounded when it is stored. */
function ownColour(value: number, own: number, { row, at, share }: Place, channel: number): number {
  const foreground = between(row, at + channel, share, COLOR_CHANNELS);
  const background = between(row, at + channel + 3, share, COLOR_CHANNELS);
  return fitted(value, own, foreground, background) + 0.5;
}
