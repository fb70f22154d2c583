import type { Rect } from './pixel.rect.js';
import { resampleTaps, type Taps } from './resample.taps.js';

/** Pixels, 4 bytes each in the order R, G, B, A; rows from the top; alpha is straight, not premultiplied. */
export interface Raster {
  data: Uint8Array;
  width: number;
  height: number;
}

/** Opacity of each pixel, one byte: 0 background, 255 subject. */
export interface Mask {
  data: Uint8Array;
  width: number;
  height: number;
}

/** What a mask may come with. */
export interface MatteExtras {
  /** Part of the image that the mask is of, the whole image by default; all else becomes transparent. */
  region?: Rect | undefined;
}

/**
 * Enlarges `mask` to the size of `image` and multiplies it into the image's alpha, in place and in one pass, so
 * that no mask of full size is ever held. Colour is left as it was, never multiplied by alpha (that is what
 * makes dark rims), except where nothing is visible: there it is cleared, which hides what was removed and
 * halves the encoded size.
 *
 * Method: separable Catmull-Rom with half-pixel centres, rows first (see `resampleTaps`); values are clamped to
 * 0..255 after each direction, as 8-bit resizers do. Where the two nearest columns are both 0 or both 255 the
 * outer ones cannot change the clamped result, because their weights are never positive, and are not looked at.
 */
export function applyMatte(image: Raster, mask: Mask, { region }: MatteExtras = {}): void {
  const { left, top, width, height } = region ?? { left: 0, top: 0, ...image };
  const across = resampleTaps(mask.width, width);
  const down = resampleTaps(mask.height, height);
  const row = new Float32Array(mask.width);
  const matteRow = new Uint8Array(width);
  for (let y = 0; y < image.height; y += 1) {
    const pixels = image.data.subarray(y * image.width * 4, (y + 1) * image.width * 4);
    if (y < top || y >= top + height) {
      pixels.fill(0);
      continue;
    }
    blendRows(row, mask, down, y - top);
    sampleRow(matteRow, row, across);
    pixels.fill(0, 0, left * 4).fill(0, (left + width) * 4);
    mergeRow(pixels.subarray(left * 4, (left + width) * 4), matteRow);
  }
  row.fill(0);
  matteRow.fill(0);
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

/** Alpha of each pixel becomes `alpha * matte / 255`, rounded; colour goes where alpha becomes 0. */
function mergeRow(pixels: Uint8Array, matteRow: Uint8Array): void {
  for (let x = 0, at = 0; x < matteRow.length; x += 1, at += 4) {
    const own = pixels[at + 3] as number;
    const alpha = Math.floor(((matteRow[x] as number) * own + 127) / 255);
    if (alpha === own && alpha !== 0) continue;
    pixels[at + 3] = alpha;
    if (alpha === 0) pixels[at] = pixels[at + 1] = pixels[at + 2] = 0;
  }
}
