import type { Size } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster.js';

/** Opacity from which a pixel belongs to the subject. */
const SOLID = 128;
const FULL = 255;
/** The edge of the subject is at most this far from the center of a solid pixel. */
const MAX_EDGE = 1;

/** Nearest solid pixels of a row: columns, from the left, and in which row. */
interface Seeds {
  /** For each column: the row of the nearest solid pixel in it; -1 if it is out of reach. */
  rows: Int32Array;
  /** Number of columns that have one. */
  count: number;
}

/**
 * The outline of a subject: opacity of a pixel by its Euclidean distance from the edge, which is exact, with one pixel of
 * transition. It covers the subject as well. Distances by lower envelopes of parabolas (P. Felzenszwalb and D. Huttenlocher,
 * "Distance transforms of sampled functions", Theory of Computing 8, 2012), row by row: besides the result, memory is for a few
 * rows only. The opacity of pixels at the edge says where between two pixels it is.
 * @param alpha opacity of the subject; not changed
 * @param width pixels
 * @returns contains a shape of the image; the caller wipes it
 */
export function outlineOf(alpha: Mask, width: number): Mask {
  const size: Size = { width: alpha.width, height: alpha.height };
  const data = new Uint8Array(size.width * size.height);
  const columns = new ColumnSeeds(alpha, Math.ceil(width + MAX_EDGE + 1));
  const envelope = new Envelope(size.width);
  const far = (width + MAX_EDGE + 0.5) ** 2;
  const near = Math.max(0, width - 0.5) ** 2;
  for (let y = 0; y < size.height; y += 1) {
    const seeds = columns.at(y);
    if (seeds.count === 0) continue;
    envelope.build(seeds.rows, y);
    const row = data.subarray(y * size.width, (y + 1) * size.width);
    for (let x = 0; x < size.width; x += 1) {
      const column = envelope.nearest(x);
      const seedRow = seeds.rows[column] as number;
      const square = (x - column) ** 2 + (y - seedRow) ** 2;
      if (square > far) continue;
      row[x] = square <= near ? FULL : coverage(width + edgeAt(alpha, column, seedRow) - Math.sqrt(square));
    }
  }
  return { data, ...size };
}

/** Opacity of a pixel whose center is so far inside of the outline. */
const coverage = (inside: number): number => Math.round(FULL * Math.min(Math.max(inside + 0.5, 0), 1));

/** Distance of the edge from the center of a solid pixel: by its own opacity, and by that of the next pixel outside. */
function edgeAt({ data, width, height }: Mask, x: number, y: number): number {
  const at = y * width + x;
  let outside = 0;
  if (x > 0) outside = outer(outside, data[at - 1] as number);
  if (x + 1 < width) outside = outer(outside, data[at + 1] as number);
  if (y > 0) outside = outer(outside, data[at - width] as number);
  if (y + 1 < height) outside = outer(outside, data[at + width] as number);
  return ((data[at] as number) + outside) / FULL - 0.5;
}

const outer = (found: number, value: number): number => (value < SOLID && value > found ? value : found);

/** Finds the nearest solid pixel in each column, for rows from the top. */
class ColumnSeeds {
  /** Row of the last solid pixel at or above the current row. */
  private readonly above: Int32Array;
  /** First row below the current one that has not been passed: solid, or not yet looked at. */
  private readonly below: Int32Array;
  private readonly rows: Int32Array;

  constructor(
    private readonly alpha: Mask,
    private readonly reach: number,
  ) {
    this.above = new Int32Array(alpha.width).fill(-1);
    this.below = new Int32Array(alpha.width);
    this.rows = new Int32Array(alpha.width);
  }

  /** The seeds of row `y`; rows must be asked for in order. */
  at(y: number): Seeds {
    const { above, below, rows, reach } = this;
    const { data, width, height } = this.alpha;
    const end = Math.min(height, y + reach + 1);
    let count = 0;
    for (let x = 0; x < width; x += 1) {
      if ((data[y * width + x] as number) >= SOLID) above[x] = y;
      let next = Math.max(below[x] as number, y);
      while (next < end && (data[next * width + x] as number) < SOLID) next += 1;
      below[x] = next;
      const up = above[x] as number;
      const isUp = up >= 0 && y - up <= reach;
      const isDown = next < end;
      if (!isUp && !isDown) rows[x] = -1;
      else {
        rows[x] = isUp && (!isDown || y - up <= next - y) ? up : next;
        count += 1;
      }
    }
    return { rows, count };
  }
}

/** The lower envelope of the parabolas of a row: which column has the nearest solid pixel. */
class Envelope {
  private readonly columns: Int32Array;
  /** `starts[k]`: from here on the parabola `k` is the lowest. */
  private readonly starts: Float64Array;
  private count = 0;
  private current = 0;

  constructor(width: number) {
    this.columns = new Int32Array(width);
    this.starts = new Float64Array(width);
  }

  build(rows: Int32Array, y: number): void {
    const { columns, starts } = this;
    let count = 0;
    for (let x = 0; x < rows.length; x += 1) {
      const row = rows[x] as number;
      if (row === -1) continue;
      const height = (row - y) ** 2;
      let start = -Infinity;
      while (count > 0) {
        const last = columns[count - 1] as number;
        const lastHeight = ((rows[last] as number) - y) ** 2;
        start = (height + x * x - lastHeight - last * last) / (2 * (x - last));
        if (start > (starts[count - 1] as number)) break;
        count -= 1;
        start = -Infinity;
      }
      columns[count] = x;
      starts[count] = start;
      count += 1;
    }
    this.count = count;
    this.current = 0;
  }

  /** Column of the nearest solid pixel; `x` must not fall from call to call. */
  nearest(x: number): number {
    while (this.current + 1 < this.count && (this.starts[this.current + 1] as number) <= x) this.current += 1;
    return this.columns[this.current] as number;
  }
}
