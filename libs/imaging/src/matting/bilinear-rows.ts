import { wipe } from '#crypto/wipe.js';
import type { Size } from '../raster/pixel-rect.js';

/**
 * Rows of a coarse grid with several values a cell, blended to the height of rows of pixels; bilinear, with
 * half-pixel centres. Pixel `x` lies between the cells `cellOf[x]` and the next, `shareOf[x]` of the way: across,
 * the caller blends for itself, and only the pixels that it needs.
 */
export class BilinearRows {
  /** Left of the two cells that each pixel of a row lies between. */
  readonly cellOf: Int32Array;
  /** Weight of the right one, 0 to 1. */
  readonly shareOf: Float32Array;
  readonly #cells: Float32Array;
  readonly #grid: Size;
  readonly #heightPixels: number;
  readonly #channels: number;
  readonly #row: Float32Array;

  /** @param cells `grid` cells with `channels` values each, spread over `to` pixels */
  constructor(cells: Float32Array, grid: Size, to: Size) {
    this.#cells = cells;
    this.#grid = grid;
    this.#heightPixels = to.height;
    this.#channels = cells.length / (grid.width * grid.height);
    // One cell more, which is only ever read with weight 0.
    this.#row = new Float32Array((grid.width + 1) * this.#channels);
    this.cellOf = new Int32Array(to.width);
    this.shareOf = new Float32Array(to.width);
    for (let x = 0; x < to.width; x += 1) {
      const at = placeOf(x, to.width, grid.width);
      this.cellOf[x] = at;
      this.shareOf[x] = at - Math.floor(at);
    }
  }

  /**
   * Values at the height of row `y`, `channels` for each column of the grid; what the pixels `from` to `to` − 1
   * need is new, the rest is left from before. The same array each time.
   */
  at(y: number, from: number, to: number): Float32Array {
    const { width, height } = this.#grid;
    const place = placeOf(y, this.#heightPixels, height);
    const upper = Math.floor(place);
    const share = place - upper;
    const [cells, row, channels] = [this.#cells, this.#row, this.#channels];
    const stride = width * channels;
    const above = upper * stride;
    const below = Math.min(upper + 1, height - 1) * stride;
    const end = Math.min(((this.cellOf[to - 1] as number) + 2) * channels, stride);
    for (let i = (this.cellOf[from] as number) * channels; i < end; i += 1) {
      const value = cells[above + i] as number;
      row[i] = value + share * ((cells[below + i] as number) - value);
    }
    return row;
  }

  /** Overwrites the row it has worked on; the cells are their owner's. */
  wipe(): void {
    wipe(this.#row);
  }
}

/** Value at `at` of a row of cells with `channels` values each, `share` of the way to the same value of the next. */
export function between(row: Float32Array, at: number, share: number, channels: number): number {
  const left = row[at] as number;
  return left + share * ((row[at + channels] as number) - left);
}

/** Where the centre of pixel `i` of `count` lies among `cells` cells, from 0 to `cells` − 1. */
export const placeOf = (i: number, count: number, cells: number): number =>
  Math.min(Math.max(((i + 0.5) * cells) / count - 0.5, 0), cells - 1);
