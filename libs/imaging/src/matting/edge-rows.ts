import { wipe } from '#crypto/wipe.js';
import { REFINEMENT_CHANNELS } from './guided-filter.js';
import type { Run, Size } from '../raster/pixel-rect.js';
import { COLOR_CHANNELS, matchPixel } from './blur-fusion.js';

/** Refined opacity between these limits is stretched to 0 to 1: the linear models leave residue near 0 and 1. */
const LEVEL_FROM = 0.1;
const LEVEL_TO = 0.9;
const STRETCH = 1 / (LEVEL_TO - LEVEL_FROM);

/** Refines opacity where the gate is open, one row at a time. */
export class RefinedRows {
  private readonly cells: BilinearRows;
  private readonly grid: Size;
  private readonly to: Size;
  /** For each cell: 1 where the gate is open, else 0. */
  private readonly openCells: Uint8Array;
  private readonly columns: Uint8Array;

  /** @param refinement `guidedCoefficients` of `grid`, spread over `to` pixels */
  constructor(refinement: Float32Array, grid: Size, to: Size) {
    this.cells = new BilinearRows(refinement, grid, to);
    this.grid = grid;
    this.to = to;
    this.columns = new Uint8Array(grid.width);
    this.openCells = new Uint8Array(grid.width * grid.height);
    for (let i = 0; i < this.openCells.length; i += 1) {
      this.openCells[i] = refinement[i * REFINEMENT_CHANNELS + 4] === 0 ? 0 : 1;
    }
  }

  /** Columns of the grid: not 0 where the gate is open in one of the two rows of cells around row `y`. */
  openColumns(y: number): Uint8Array {
    const { width, height } = this.grid;
    const upper = Math.floor(positionOf(y, this.to.height, height));
    const lower = Math.min(upper + 1, height - 1);
    const [openCells, openColumns] = [this.openCells, this.columns];
    for (let x = 0; x < width; x += 1) {
      openColumns[x] = (openCells[upper * width + x] as number) | (openCells[lower * width + x] as number);
    }
    return openColumns;
  }

  /**
   * Refines `matte` in a run of row `y`: weighted by the gate, opacity is the linear model of the pixel's color.
   * Pixels that are not opaque in the source keep their opacity.
   * @param pixels the row, R G B A, with the source's colors and alpha
   */
  refine(matte: Uint8Array, pixels: Uint8Array, y: number, { from, to }: Run): void {
    const row = this.cells.at(y, from, to);
    const { cellOf, shareOf } = this.cells;
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

  /** Overwrites its working memory. */
  wipe(): void {
    this.cells.wipe();
  }
}

/**
 * Replaces the color of partly transparent pixels by the foreground color, one row at a time: the estimated
 * foreground, corrected so that over the estimated background it gives the original pixel.
 */
export class ForegroundRows {
  private readonly cells: BilinearRows;

  /** @param colors `estimateForeground` of `grid`, spread over `to` pixels */
  constructor(colors: Float32Array, grid: Size, to: Size) {
    this.cells = new BilinearRows(colors, grid, to);
  }

  /**
   * Replaces colors in a run of row `y`. Pixels that are not opaque in the source keep their color.
   * @param matte opacity of each pixel
   * @param pixels the row, R G B A, with the source's alpha
   */
  decontaminate(matte: Uint8Array, pixels: Uint8Array, y: number, run: Run): void {
    let { from, to } = run;
    while (from < to && isCertain(matte[from] as number)) from += 1;
    while (to > from && isCertain(matte[to - 1] as number)) to -= 1;
    if (from === to) return;
    const row = this.cells.at(y, from, to);
    const { cellOf, shareOf } = this.cells;
    for (let x = from, at = 4 * from; x < to; x += 1, at += 4) {
      const opacity = matte[x] as number;
      if (isCertain(opacity) || pixels[at + 3] !== 255) continue;
      const position = { row, at: (cellOf[x] as number) * COLOR_CHANNELS, share: shareOf[x] as number };
      const own = opacity / 255;
      pixels[at] = foregroundValue(pixels[at] as number, own, position, 0);
      pixels[at + 1] = foregroundValue(pixels[at + 1] as number, own, position, 1);
      pixels[at + 2] = foregroundValue(pixels[at + 2] as number, own, position, 2);
    }
  }

  /** Overwrites what it has worked on. */
  wipe(): void {
    this.cells.wipe();
  }
}

const isCertain = (opacity: number): boolean => opacity === 0 || opacity === 255;

/** Position of a pixel among the cells of a row. */
interface Position {
  row: Float32Array;
  at: number;
  share: number;
}

/** Foreground value of a channel, rounded when it is stored. */
function foregroundValue(value: number, own: number, { row, at, share }: Position, channel: number): number {
  const foreground = between(row, at + channel, share, COLOR_CHANNELS);
  const background = between(row, at + channel + 3, share, COLOR_CHANNELS);
  return matchPixel(value, own, foreground, background) + 0.5;
}

/**
 * Rows of a coarse grid with several values a cell, interpolated to the height of pixel rows; bilinear, with
 * half-pixel centers. Pixel `x` lies between the cells `cellOf[x]` and the next, at share `shareOf[x]`. The caller
 * interpolates horizontally, for the pixels that it needs.
 */
export class BilinearRows {
  /** Left one of the two cells around each pixel of a row. */
  readonly cellOf: Int32Array;
  /** Weight of the right one, 0 to 1. */
  readonly shareOf: Float32Array;
  private readonly cells: Float32Array;
  private readonly grid: Size;
  private readonly heightPixels: number;
  private readonly channels: number;
  private readonly row: Float32Array;

  /** @param cells `grid` cells with `channels` values each, spread over `to` pixels */
  constructor(cells: Float32Array, grid: Size, to: Size) {
    this.cells = cells;
    this.grid = grid;
    this.heightPixels = to.height;
    this.channels = cells.length / (grid.width * grid.height);
    // One cell more, which is only read with weight 0.
    this.row = new Float32Array((grid.width + 1) * this.channels);
    this.cellOf = new Int32Array(to.width);
    this.shareOf = new Float32Array(to.width);
    for (let x = 0; x < to.width; x += 1) {
      const at = positionOf(x, to.width, grid.width);
      this.cellOf[x] = at;
      this.shareOf[x] = at - Math.floor(at);
    }
  }

  /**
   * Values at the height of row `y`, `channels` for each column of the grid. Only the columns that pixels `from` to
   * `to` − 1 need are updated. Returns the same array each time.
   */
  at(y: number, from: number, to: number): Float32Array {
    const { width, height } = this.grid;
    const position = positionOf(y, this.heightPixels, height);
    const upper = Math.floor(position);
    const share = position - upper;
    const [cells, row, channels] = [this.cells, this.row, this.channels];
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

  /** Overwrites its row; the owner of the cells wipes these. */
  wipe(): void {
    wipe(this.row);
  }
}

/** Interpolates between the value at `at` and the same channel of the next cell. */
export function between(row: Float32Array, at: number, share: number, channels: number): number {
  const left = row[at] as number;
  return left + share * ((row[at + channels] as number) - left);
}

/** Position of the center of pixel `i` of `count` among `cells` cells, from 0 to `cells` − 1. */
export const positionOf = (i: number, count: number, cells: number): number =>
  Math.min(Math.max(((i + 0.5) * cells) / count - 0.5, 0), cells - 1);
