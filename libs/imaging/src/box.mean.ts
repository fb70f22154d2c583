import { wipe } from '#vault/wipe.js';
import type { Size } from './pixel.rect.js';

/**
 * Means over square windows of 2 `radius` + 1 cells a side, at the same cost for every radius: running sums along
 * the rows, then down the columns. At the border the window is what lies inside the grid. Sums are doubles, so
 * that taking a cell out leaves what was there before it came in.
 */
export class BoxMean {
  readonly #size: Size;
  readonly #rows: Float32Array;
  readonly #sums: Float64Array;

  constructor(size: Size) {
    this.#size = size;
    this.#rows = new Float32Array(size.width * size.height);
    this.#sums = new Float64Array(size.width);
  }

  /** Writes the means of `source` to `out`, which may be the same plane. */
  apply(out: Float32Array, source: Float32Array, radius: number): void {
    const { width, height } = this.#size;
    for (let y = 0; y < height; y += 1) this.#alongRow(source, y * width, radius);
    this.#downColumns(out, radius);
  }

  /** Overwrites what it has worked on. */
  wipe(): void {
    wipe(this.#rows, this.#sums);
  }

  #alongRow(source: Float32Array, start: number, radius: number): void {
    const rows = this.#rows;
    const end = start + this.#size.width;
    let first = start;
    let last = Math.min(start + radius, end);
    let sum = 0;
    for (let at = start; at < last; at += 1) sum += source[at] as number;
    for (let at = start; at < end; at += 1) {
      if (last < end) sum += source[last++] as number;
      if (at - first > radius) sum -= source[first++] as number;
      rows[at] = sum / (last - first);
    }
  }

  #downColumns(out: Float32Array, radius: number): void {
    const { width, height } = this.#size;
    const sums = this.#sums.fill(0);
    let first = 0;
    let last = Math.min(radius, height);
    for (let y = 0; y < last; y += 1) this.#add(y, 1);
    for (let y = 0; y < height; y += 1) {
      if (last < height) this.#add(last++, 1);
      if (y - first > radius) this.#add(first++, -1);
      const share = 1 / (last - first);
      for (let x = 0, at = y * width; x < width; x += 1, at += 1) out[at] = (sums[x] as number) * share;
    }
  }

  /** Adds row `y`, `sign` times, to the columns' sums. */
  #add(y: number, sign: number): void {
    const { width } = this.#size;
    const [rows, sums] = [this.#rows, this.#sums];
    for (let x = 0, at = y * width; x < width; x += 1, at += 1) {
      sums[x] = (sums[x] as number) + sign * (rows[at] as number);
    }
  }
}
