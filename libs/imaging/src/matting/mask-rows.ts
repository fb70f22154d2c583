import { wipe } from '#crypto/wipe.js';
import type { Run, Size } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster.js';
import { resampleTaps, type Taps } from '../raster/resample-taps.js';

/** Kinds of runs: outside of the subject, inside of it, or mixed. */
export const OUTSIDE = 0;
export const INSIDE = 255;
export const MIXED = 1;

/** Columns that a pixel of an enlarged mask depends on: the two nearest, and one to each side. */
const MAX_CLASSIFIED_TAPS = 4;

/**
 * A mask resized one row at a time, so that no mask of full size is held in memory. A row is delivered as runs of
 * pixels, because most of an image is entirely inside or outside of the subject and needs no processing.
 *
 * Method: separable Catmull-Rom with half-pixel centers, rows first (see `resampleTaps`); values are limited to
 * 0..255 after each direction, as in 8-bit resizers. Where the two nearest columns are both 0 or both 255 the outer
 * ones cannot change the limited result, because their weights are never positive, and are skipped.
 */
export class MaskRows {
  /** Opacity of each pixel in mixed runs of the row; undefined elsewhere. It may be changed. */
  readonly matte: Uint8Array;
  private readonly mask: Mask;
  private readonly across: Taps;
  private readonly down: Taps;
  private readonly row: Float32Array;
  private readonly steps: Steps;
  private readonly starts: Int32Array;
  private readonly kinds: Uint8Array;

  constructor(mask: Mask, to: Size) {
    this.mask = mask;
    this.across = resampleTaps(mask.width, to.width);
    this.down = resampleTaps(mask.height, to.height);
    this.row = new Float32Array(mask.width);
    this.matte = new Uint8Array(to.width);
    this.steps = stepsOf(this.across, to.width);
    this.starts = new Int32Array(this.steps.start.length + 1);
    this.kinds = new Uint8Array(this.steps.start.length);
  }

  /**
   * Calls `visit` for each run of row `y`, from left to right.
   * @param forced columns of the mask; pixels beside columns that are not 0 count as mixed
   */
  runs(
    y: number,
    forced: Uint8Array | undefined,
    visit: (kind: number, from: number, to: number) => void,
  ): void {
    blendRows(this.row, this.mask, this.down, y);
    const count = this.split(forced);
    for (let i = 0; i < count; i += 1) {
      const [from, to] = [this.starts[i] as number, this.starts[i + 1] as number];
      const kind = this.kinds[i] as number;
      if (kind === MIXED) sampleRow(this.matte, this.row, this.across, { from, to });
      visit(kind, from, to);
    }
  }

  /** Overwrites its rows; the owner of the mask wipes the mask. */
  wipe(): void {
    wipe(this.row, this.matte);
  }

  /** Merges steps of the same kind to runs, and returns their number. */
  private split(forced: Uint8Array | undefined): number {
    const [row, starts, kinds] = [this.row, this.starts, this.kinds];
    const { start, left, right } = this.steps;
    const isClassified = this.across.count <= MAX_CLASSIFIED_TAPS;
    let [count, last] = [0, -1];
    for (let i = 0; i < start.length; i += 1) {
      const [near, next] = [left[i] as number, right[i] as number];
      const isForced = forced !== undefined && (forced[near] !== 0 || forced[next] !== 0);
      const kind = isClassified && !isForced ? kindBetween(row[near] as number, row[next] as number) : MIXED;
      if (kind === last) continue;
      starts[count] = start[i] as number;
      kinds[count++] = last = kind;
    }
    starts[count] = this.matte.length;
    return count;
  }
}

const kindBetween = (near: number, next: number): number =>
  near === next && (near === 0 || near === 255) ? near : MIXED;

/** Steps: runs of pixels between the same two columns of the mask; first pixel, left and right column. */
interface Steps {
  start: number[];
  left: number[];
  right: number[];
}

function stepsOf({ count, index }: Taps, widthPixels: number): Steps {
  const steps: Steps = { start: [], left: [], right: [] };
  // A pixel of a reduced mask depends on many columns: all runs are mixed.
  if (count > MAX_CLASSIFIED_TAPS) return { start: [0], left: [0], right: [0] };
  for (let x = 0; x < widthPixels; x += 1) {
    const left = index[x * count + 1] as number;
    const right = index[x * count + 2] as number;
    if (left === steps.left.at(-1) && right === steps.right.at(-1)) continue;
    steps.start.push(x);
    steps.left.push(left);
    steps.right.push(right);
  }
  return steps;
}

/** The mask's row at output height `y`, in the width of the mask. */
function blendRows(row: Float32Array, mask: Mask, down: Taps, y: number): void {
  const { data, width } = mask;
  row.fill(0);
  for (let tap = y * down.count; tap < (y + 1) * down.count; tap += 1) {
    const weight = down.weight[tap] as number;
    if (weight === 0) continue;
    const start = (down.index[tap] as number) * width;
    for (let x = 0; x < width; x += 1) {
      row[x] = (row[x] as number) + weight * (data[start + x] as number);
    }
  }
  for (let x = 0; x < width; x += 1) {
    const value = row[x] as number;
    // Rounding errors of the weights are removed, so that constant areas are recognized.
    row[x] = value < 0.001 ? 0 : value > 254.999 ? 255 : value;
  }
}

function sampleRow(out: Uint8Array, row: Float32Array, taps: Taps, { from, to }: Run): void {
  const { count } = taps;
  for (let x = from, tap = x * count; x < to; x += 1, tap += count) {
    let sum = 0.5;
    for (let k = tap; k < tap + count; k += 4) sum += fourTaps(row, taps, k);
    out[x] = Math.min(Math.max(sum, 0), 255);
  }
}

/** Weighted sum of four samples; a pixel of an enlarged mask has no more. */
const fourTaps = (row: Float32Array, { index, weight }: Taps, k: number): number =>
  (weight[k] as number) * (row[index[k] as number] as number) +
  (weight[k + 1] as number) * (row[index[k + 1] as number] as number) +
  (weight[k + 2] as number) * (row[index[k + 2] as number] as number) +
  (weight[k + 3] as number) * (row[index[k + 3] as number] as number);
