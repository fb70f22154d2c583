import { wipe } from '#vault/wipe.js';
import type { Size } from './pixel.rect.js';
import type { Mask } from './raster.shape.js';
import { resampleTaps, type Taps } from './resample.taps.js';

/**
 * A mask at another size, one row at a time, so that no mask of full size is ever held.
 *
 * Method: separable Catmull-Rom with half-pixel centres, rows first (see `resampleTaps`); values are clamped to
 * 0..255 after each direction, as 8-bit resizers do. Where the two nearest columns are both 0 or both 255 the
 * outer ones cannot change the clamped result, because their weights are never positive, and are not looked at.
 */
export class MaskRows {
  readonly #mask: Mask;
  readonly #across: Taps;
  readonly #down: Taps;
  readonly #row: Float32Array;
  readonly #out: Uint8Array;

  constructor(mask: Mask, to: Size) {
    this.#mask = mask;
    this.#across = resampleTaps(mask.width, to.width);
    this.#down = resampleTaps(mask.height, to.height);
    this.#row = new Float32Array(mask.width);
    this.#out = new Uint8Array(to.width);
  }

  /** Opacity of each pixel of row `y`, in the same array each time: it may be changed. */
  at(y: number): Uint8Array {
    blendRows(this.#row, this.#mask, this.#down, y);
    sampleRow(this.#out, this.#row, this.#across);
    return this.#out;
  }

  /** Overwrites the rows it has worked on; the mask is its owner's. */
  wipe(): void {
    wipe(this.#row, this.#out);
  }
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
    // Rounding noise of the weights is snapped away so that plain areas take the short way in `sampleRow`.
    row[x] = value < 0.001 ? 0 : value > 254.999 ? 255 : value;
  }
}

function sampleRow(out: Uint8Array, row: Float32Array, across: Taps): void {
  const { count, index, weight } = across;
  const enlarging = count === 4;
  for (let x = 0, tap = 0; x < out.length; x += 1, tap += count) {
    const near = row[index[tap + 1] as number] as number;
    if (enlarging && (near === 0 || near === 255) && near === row[index[tap + 2] as number]) {
      out[x] = near;
      continue;
    }
    let sum = 0.5;
    for (let k = tap; k < tap + count; k += 1) {
      sum += (weight[k] as number) * (row[index[k] as number] as number);
    }
    out[x] = Math.min(Math.max(sum, 0), 255);
  }
}
