import { CellRows, placeOf } from './cell.rows.js';
import { REFINEMENT_CHANNELS } from './guided.refinement.js';
import type { Size } from './pixel.rect.js';

/**
 * Refined opacity is spread a little, so that what is almost nothing or almost all becomes it: the linear models
 * leave a haze there. Of 0 to 1.
 */
const LEVEL_FROM = 0.1;
const LEVEL_TO = 0.9;
const STRETCH = 1 / (LEVEL_TO - LEVEL_FROM);

/** Refines opacity where the gate is open, one row at a time. */
export class RefinedRows {
  readonly #cells: CellRows;
  readonly #grid: Size;
  readonly #to: Size;
  /** For each row of cells the first pixel that its open cells reach, and the one after the last. */
  readonly #spans: Int32Array;

  /** @param refinement `guidedCoefficients` of `grid`, spread over `to` pixels */
  constructor(refinement: Float32Array, grid: Size, to: Size) {
    this.#cells = new CellRows(refinement, grid, to);
    this.#grid = grid;
    this.#to = to;
    this.#spans = openSpans(refinement, grid, to.width);
  }

  /**
   * Changes `matte` in row `y`: by the open share of the gate it becomes what the linear models say of the pixel's
   * colour. Elsewhere, and where a pixel was not opaque (it has been cut out before), it stays as it is.
   * @param pixels the row, R G B A, with the source's colours and alpha
   */
  refine(matte: Uint8Array, pixels: Uint8Array, y: number): void {
    const [from, to] = this.#span(y);
    if (from >= to) return;
    const row = this.#cells.at(y, from, to);
    const { cellOf, shareOf } = this.#cells;
    for (let x = from, at = 4 * from; x < to; x += 1, at += 4) {
      const cell = (cellOf[x] as number) * REFINEMENT_CHANNELS;
      const share = shareOf[x] as number;
      const gate = between(row, cell + 4, share);
      if (gate === 0 || pixels[at + 3] !== 255) continue;
      const linear =
        between(row, cell, share) * (pixels[at] as number) +
        between(row, cell + 1, share) * (pixels[at + 1] as number) +
        between(row, cell + 2, share) * (pixels[at + 2] as number) +
        between(row, cell + 3, share);
      const refined = (linear - 255 * LEVEL_FROM * gate) * STRETCH;
      matte[x] = Math.min(Math.max(refined, 0), 255 * gate) + (1 - gate) * (matte[x] as number) + 0.5;
    }
  }

  /** Overwrites what it has worked on. */
  wipe(): void {
    this.#cells.wipe();
  }

  /** Pixels of row `y` that the two rows of cells around it reach. */
  #span(y: number): [from: number, to: number] {
    const { height } = this.#grid;
    const upper = Math.floor(placeOf(y, this.#to.height, height));
    const lower = Math.min(upper + 1, height - 1);
    const spans = this.#spans;
    return [
      Math.min(spans[2 * upper] as number, spans[2 * lower] as number),
      Math.max(spans[2 * upper + 1] as number, spans[2 * lower + 1] as number),
    ];
  }
}

function openSpans(refinement: Float32Array, { width, height }: Size, widthPixels: number): Int32Array {
  const spans = new Int32Array(2 * height);
  for (let y = 0; y < height; y += 1) {
    let [first, last] = [width, -1];
    for (let x = 0, at = y * width * REFINEMENT_CHANNELS + 4; x < width; x += 1, at += REFINEMENT_CHANNELS) {
      if (refinement[at] === 0) continue;
      if (last < 0) first = x;
      last = x;
    }
    // A cell reaches one cell's width to either side of its centre.
    spans[2 * y] = last < 0 ? widthPixels : Math.max(0, Math.floor(((first - 0.5) * widthPixels) / width));
    spans[2 * y + 1] = last < 0 ? 0 : Math.min(widthPixels, Math.ceil(((last + 1.5) * widthPixels) / width));
  }
  return spans;
}

function between(row: Float32Array, at: number, share: number): number {
  const left = row[at] as number;
  return left + share * ((row[at + REFINEMENT_CHANNELS] as number) - left);
}
