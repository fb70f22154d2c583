import { wipe } from '#crypto/wipe.js';
import type { Run, Size } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster-shape.js';
import { resampleTaps, type Taps } from '../raster/resample-taps.js';

/** What is known of a run of pixels: all outside the subject, all inside, or to be looked at one by one. */
export const OUTSIDE = 0;
export const INSIDE = 255;
export const MIXED = 1;

/** Columns that a pixel of an enlarged mask depends on: the two nearest, and one to each side. */
const WIDEST_SURE = 4;

/**
 * A mask at another size, one row at a time, so that no mask of full size is ever held. A row comes as runs of
 * pixels, because most of an image is surely one thing or the other, and need not be looked at.
 *
 * Method: separable Catmull-Rom with half-pixel centres, rows first (see `resampleTaps`); values are clamped to
 * 0..255 after each direction, as 8-bit resizers do. Where the two nearest columns are both 0 or both 255 the
 * outer ones cannot change the clamped result, because their weights are never positive, and are not looked at.
 */
export class MaskRows {
  /** Opacity of each pixel of the row in its mixed runs; anything elsewhere. It may be changed. */
  readonly matte: Uint8Array;
  readonly #mask: Mask;
  readonly #across: Taps;
  readonly #down: Taps;
  readonly #row: Float32Array;
  readonly #steps: Steps;
  readonly #starts: Int32Array;
  readonly #kinds: Uint8Array;

  constructor(mask: Mask, to: Size) {
    this.#mask = mask;
    this.#across = resampleTaps(mask.width, to.width);
    this.#down = resampleTaps(mask.height, to.height);
    this.#row = new Float32Array(mask.width);
    this.matte = new Uint8Array(to.width);
    this.#steps = stepsOf(this.#across, to.width);
    this.#starts = new Int32Array(this.#steps.start.length + 1);
    this.#kinds = new Uint8Array(this.#steps.start.length);
  }

  /**
   * Calls `visit` for each run of row `y`, from left to right.
   * @param reach columns of the mask, not 0 where pixels beside them are to count as mixed whatever the mask says
   */
  runs(
    y: number,
    reach: Uint8Array | undefined,
    visit: (kind: number, from: number, to: number) => void,
  ): void {
    blendRows(this.#row, this.#mask, this.#down, y);
    const count = this.#split(reach);
    for (let i = 0; i < count; i += 1) {
      const [from, to] = [this.#starts[i] as number, this.#starts[i + 1] as number];
      const kind = this.#kinds[i] as number;
      if (kind === MIXED) sampleRow(this.matte, this.#row, this.#across, { from, to });
      visit(kind, from, to);
    }
  }

  /** Overwrites the rows it has worked on; the mask is its owner's. */
  wipe(): void {
    wipe(this.#row, this.matte);
  }

  /** Puts steps of the same kind together to runs, and tells how many these are. */
  #split(reach: Uint8Array | undefined): number {
    const [row, starts, kinds] = [this.#row, this.#starts, this.#kinds];
    const { start, left, right } = this.#steps;
    const isKnown = this.#across.count <= WIDEST_SURE;
    let [count, last] = [0, -1];
    for (let i = 0; i < start.length; i += 1) {
      const [near, next] = [left[i] as number, right[i] as number];
      const isReached = reach !== undefined && (reach[near] !== 0 || reach[next] !== 0);
      const kind = isKnown && !isReached ? sureKind(row[near] as number, row[next] as number) : MIXED;
      if (kind === last) continue;
      starts[count] = start[i] as number;
      kinds[count++] = last = kind;
    }
    starts[count] = this.matte.length;
    return count;
  }
}

const sureKind = (near: number, next: number): number =>
  near === next && (near === 0 || near === 255) ? near : MIXED;

/** Runs of pixels that lie between the same two columns of the mask: first pixel, left and right column. */
interface Steps {
  start: number[];
  left: number[];
  right: number[];
}

function stepsOf({ count, index }: Taps, widthPixels: number): Steps {
  const steps: Steps = { start: [], left: [], right: [] };
  // A pixel of a mask that is shrunk has many columns: nothing is sure.
  if (count > WIDEST_SURE) return { start: [0], left: [0], right: [0] };
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

/** The mask's row at output height `y`, still as wide as the mask. */
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
    // Rounding noise of the weights is snapped away so that plain areas are known as such.
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

/** Sum of four samples, weighted; an enlarged mask has no more for a pixel. */
const fourTaps = (row: Float32Array, { index, weight }: Taps, k: number): number =>
  (weight[k] as number) * (row[index[k] as number] as number) +
  (weight[k + 1] as number) * (row[index[k + 1] as number] as number) +
  (weight[k + 2] as number) * (row[index[k + 2] as number] as number) +
  (weight[k + 3] as number) * (row[index[k + 3] as number] as number);
