import { between, BilinearRows, placeOf } from './bilinear-rows.js';
import { REFINEMENT_CHANNELS } from './guided-refinement.js';
import type { Run, Size } from '../raster/pixel-rect.js';

/**
 * Refined opacity is spread a little, so that what is almost nothing or almost all becomes it: the linear models
 * leave a haze there. Of 0 to 1.
 */
const LEVEL_FROM = 0.1;
const LEVEL_TO = 0.9;
const STRETCH = 1 / (LEVEL_TO - LEVEL_FROM);

/** Refines opacity where the gate is open, one row at a time. */
export class RefinedRows {
  readonly #cells: BilinearRows;
  readonly #grid: Size;
  readonly #to: Size;
  /** For each cell 1 where the gate is open, else 0. */
  readonly #open: Uint8Array;
  readonly #reach: Uint8Array;

  /** @param refinement `guidedCoefficients` of `grid`, spread over `to` pixels */
  constructor(refinement: Float32Array, grid: Size, to: Size) {
    this.#cells = new BilinearRows(refinement, grid, to);
    this.#grid = grid;
    this.#to = to;
    this.#reach = new Uint8Array(grid.width);
    this.#open = new Uint8Array(grid.width * grid.height);
    for (let i = 0; i < this.#open.length; i += 1) {
      this.#open[i] = refinement[i * REFINEMENT_CHANNELS + 4] === 0 ? 0 : 1;
    }
  }

  /** Columns of the grid, not 0 where the gate is open in one of the two rows of cells around row `y`. */
  reach(y: number): Uint8Array {
    const { width, height } = this.#grid;
    const upper = Math.floor(placeOf(y, this.#to.height, height));
    const lower = Math.min(upper + 1, height - 1);
    const [open, reach] = [this.#open, this.#reach];
    for (let x = 0; x < width; x += 1) {
      reach[x] = (open[upper * width + x] as number) | (open[lower * width + x] as number);
    }
    return reach;
  }

  /**
   * Changes `matte` in a run of row `y`: by the open share of the gate it becomes what the linear models say of the
   * pixel's colour. Elsewhere, and where a pixel was not opaque (it has been cut out before), it stays as it is.
   * @param pixels the row, R G B A, with the source's colours and alpha
   */
  refine(matte: Uint8Array, pixels: Uint8Array, y: number, { from, to }: Run): void {
    const row = this.#cells.at(y, from, to);
    const { cellOf, shareOf } = this.#cells;
    for (let x = from, at = 4 * from; x < to; x += 1, at += 4) {
      const cell = (cellOf[x] as number) * REFINEMENT_CHANNELS;
      const share = shareOf[x] as number;
      const gate = between(row, cell + 4, share, REFINEMENT_CHANNELS);
      if (gate === 0 || pixels[at + 3] !== 255) continue;
      const linear =
        between(row, cell, share, REFINEMENT_CHANNELS) * (pixels[at] as number) +
        between(row, cell + 1, share, REFINEMENT_CHANNELS) * (pixels[at + 1] as number) +
        between(row, cell + 2, share, REFINEMENT_CHANNELS) * (pixels[at + 2] as number) +
        between(row, cell + 3, share, REFINEMENT_CHANNELS);
      const refined = (linear - 255 * LEVEL_FROM * gate) * STRETCH;
      matte[x] = Math.min(Math.max(refined, 0), 255 * gate) + (1 - gate) * (matte[x] as number) + 0.5;
    }
  }

  /** Overwrites what it has worked on. */
  wipe(): void {
    this.#cells.wipe();
  }
}
