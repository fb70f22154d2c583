import { wipe } from '#crypto/wipe.js';
import type { Size } from './pixel-rect.js';

/** Working memory for windows of one radius. */
interface Windows {
  radius: number;
  /** Column sums, with zeros for columns left and right of the grid. */
  sums: Float64Array;
  /** Reciprocal of the number of cells inside the grid, for the window around each column and each row. */
  across: Float64Array;
  down: Float64Array;
}

/**
 * Box filter: means over square windows of 2 `radius` + 1 cells a side, at the same cost for every radius, by running
 * sums down the columns and along the rows. At the border the window is cut to the grid. Sums are doubles, so that
 * removing a cell restores the previous sum exactly.
 */
export class BoxFilter {
  private readonly size: Size;
  private readonly windows = new Map<number, Windows>();

  constructor(size: Size) {
    this.size = size;
  }

  /** Writes the means of `source` to `out`, which must be another plane. */
  apply(out: Float32Array, source: Float32Array, radius: number): void {
    const { width, height } = this.size;
    const windows = this.windowsOf(radius);
    const sums = windows.sums.fill(0);
    for (let y = -radius; y < height; y += 1) {
      const { enters, leaves, entering, leaving } = this.slide(y, radius);
      for (let x = 0, to = radius + 1; x < width; x += 1, to += 1) {
        const change = enters * (source[entering + x] as number) - leaves * (source[leaving + x] as number);
        sums[to] = (sums[to] as number) + change;
      }
      if (y >= 0) writeRow(out, windows, y);
    }
  }

  /** Overwrites its working memory. */
  wipe(): void {
    for (const { sums } of this.windows.values()) wipe(sums);
  }

  /**
   * Offsets of the rows that enter and leave the window when it moves to row `y`; `enters` and `leaves` are 0 for
   * none.
   */
  private slide(
    y: number,
    radius: number,
  ): { enters: 0 | 1; leaves: 0 | 1; entering: number; leaving: number } {
    const { width, height } = this.size;
    const enters = y + radius < height ? 1 : 0;
    const leaves = y - radius - 1 >= 0 ? 1 : 0;
    return {
      enters,
      leaves,
      entering: enters * (y + radius) * width,
      leaving: leaves * (y - radius - 1) * width,
    };
  }

  private windowsOf(radius: number): Windows {
    const known = this.windows.get(radius);
    if (known !== undefined) return known;
    const { width, height } = this.size;
    const sums = new Float64Array(width + 2 * radius + 1);
    const made = { radius, sums, across: sharesOf(width, radius), down: sharesOf(height, radius) };
    this.windows.set(radius, made);
    return made;
  }
}

const sharesOf = (count: number, radius: number): Float64Array =>
  Float64Array.from(
    { length: count },
    (_, i) => 1 / (Math.min(i + radius, count - 1) - Math.max(i - radius, 0) + 1),
  );

/** Means of row `y`, from the column sums. */
function writeRow(out: Float32Array, { radius, sums, across, down }: Windows, y: number): void {
  const width = across.length;
  const share = down[y] as number;
  const reach = 2 * radius + 1;
  let sum = 0;
  for (let x = 1; x < reach; x += 1) sum += sums[x] as number;
  for (let x = 0, at = y * width; x < width; x += 1, at += 1) {
    sum += (sums[x + reach] as number) - (sums[x] as number);
    out[at] = sum * (share * (across[x] as number));
  }
}

/**
 * A pool of planes of one size, one float a cell, that are reused while edge maps are prepared. All are wiped at the
 * end.
 */
export class PlanePool {
  readonly cells: number;
  private readonly box: BoxFilter;
  private readonly all: Float32Array[] = [];
  private readonly free: Float32Array[] = [];

  constructor(readonly size: Size) {
    this.cells = size.width * size.height;
    this.box = new BoxFilter(size);
  }

  /** A plane with undefined content. */
  borrow(): Float32Array {
    const free = this.free.pop();
    if (free !== undefined) return free;
    const made = new Float32Array(this.cells);
    this.all.push(made);
    return made;
  }

  /** A borrowed plane with the box means of `source`. */
  mean(source: Float32Array, radius: number): Float32Array {
    const plane = this.borrow();
    this.box.apply(plane, source, radius);
    return plane;
  }

  /** Returns planes to the pool. */
  release(...planes: Float32Array[]): void {
    this.free.push(...planes);
  }

  /** Overwrites all planes. */
  wipe(): void {
    wipe(...this.all);
    this.box.wipe();
  }
}
