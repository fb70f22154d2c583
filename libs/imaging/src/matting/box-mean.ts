import { wipe } from '#crypto/wipe.js';
import type { Size } from '../raster/pixel-rect.js';

/** What windows of one radius are worked out with. */
interface Windows {
  radius: number;
  /** Sums of the columns, with zeros for what windows see left and right of the grid. */
  sums: Float64Array;
  /** Share of one cell in what is inside the grid of the window around each column, and around each row. */
  across: Float64Array;
  down: Float64Array;
}

/**
 * Means over square windows of 2 `radius` + 1 cells a side, at the same cost for every radius: running sums down
 * the columns, and along the row of these. At the border the window is what lies inside the grid. Sums are doubles,
 * so that taking a cell out leaves what was there before it came in.
 */
export class BoxMean {
  readonly #size: Size;
  readonly #windows = new Map<number, Windows>();

  constructor(size: Size) {
    this.#size = size;
  }

  /** Writes the means of `source` to `out`, which is another plane. */
  apply(out: Float32Array, source: Float32Array, radius: number): void {
    const { width, height } = this.#size;
    const windows = this.#windowsOf(radius);
    const sums = windows.sums.fill(0);
    for (let y = -radius; y < height; y += 1) {
      const { enters, leaves, entering, leaving } = this.#slide(y, radius);
      for (let x = 0, to = radius + 1; x < width; x += 1, to += 1) {
        const change = enters * (source[entering + x] as number) - leaves * (source[leaving + x] as number);
        sums[to] = (sums[to] as number) + change;
      }
      if (y >= 0) writeRow(out, windows, y);
    }
  }

  /** Overwrites what it has worked on. */
  wipe(): void {
    for (const { sums } of this.#windows.values()) wipe(sums);
  }

  /** Where the rows begin that come into the window and go out of it as it comes to row `y`; 0 times: there is none. */
  #slide(y: number, radius: number): { enters: 0 | 1; leaves: 0 | 1; entering: number; leaving: number } {
    const { width, height } = this.#size;
    const enters = y + radius < height ? 1 : 0;
    const leaves = y - radius - 1 >= 0 ? 1 : 0;
    return {
      enters,
      leaves,
      entering: enters * (y + radius) * width,
      leaving: leaves * (y - radius - 1) * width,
    };
  }

  #windowsOf(radius: number): Windows {
    const known = this.#windows.get(radius);
    if (known !== undefined) return known;
    const { width, height } = this.#size;
    const sums = new Float64Array(width + 2 * radius + 1);
    const made = { radius, sums, across: sharesOf(width, radius), down: sharesOf(height, radius) };
    this.#windows.set(radius, made);
    return made;
  }
}

const sharesOf = (count: number, radius: number): Float64Array =>
  Float64Array.from(
    { length: count },
    (_, i) => 1 / (Math.min(i + radius, count - 1) - Math.max(i - radius, 0) + 1),
  );

/** Means of row `y` from the columns' sums. */
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
