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
export function applyMatte(image: Raster, mask: Mask): void {
  const { width, height } = image;
  const across = resampleTaps(mask.width, width);
  const down = resampleTaps(mask.height, height);
  const row = new Float32Array(mask.width);
  const matteRow = new Uint8Array(width);
  for (let y = 0; y < height; y += 1) {
    blendRows(row, mask, down, y);
    sampleRow(matteRow, row, across);
    mergeRow(image.data.subarray(y * width * 4, (y + 1) * width * 4), matteRow);
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
