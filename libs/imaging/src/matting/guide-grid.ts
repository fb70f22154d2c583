import { wipe } from '#crypto/wipe.js';
import type { Size } from '../raster/pixel-rect.js';
import type { RgbRaster } from '../raster/raster.js';
import { areaTaps, type Taps } from '../raster/resample-taps.js';

/**
 * Resamples the model's input to the grid of its mask, as guide image: area means where the grid is coarser (exact
 * for integer ratios), linear interpolation where it is finer.
 * @returns `width` × `height` × 3 bytes; the caller wipes it
 */
export function toGrid({ data: pixels, ...from }: RgbRaster, { width, height }: Size): Uint8Array {
  const out = new Uint8Array(width * height * 3);
  if (from.width === 2 * width && from.height === 2 * height) {
    halve(out, pixels, { width, height });
    return out;
  }
  const across = areaTaps(from.width, width);
  const down = areaTaps(from.height, height);
  const row = new Float32Array(from.width * 3);
  for (let y = 0; y < height; y += 1) {
    row.fill(0);
    for (let tap = y * down.count; tap < (y + 1) * down.count; tap += 1) {
      const weight = down.weight[tap] as number;
      const start = (down.index[tap] as number) * row.length;
      if (weight === 0) continue;
      for (let i = 0; i < row.length; i += 1)
        row[i] = (row[i] as number) + weight * (pixels[start + i] as number);
    }
    shrinkRow(out.subarray(y * width * 3, (y + 1) * width * 3), row, across);
  }
  wipe(row);
  return out;
}

/** The same for twice the size in integer arithmetic, as the shipped models need it. */
function halve(out: Uint8Array, pixels: Uint8Array, { width, height }: Size): void {
  const stride = width * 6;
  for (let y = 0, to = 0; y < height; y += 1) {
    let at = 2 * y * stride;
    for (let x = 0; x < width; x += 1, at += 6, to += 3) {
      out[to] = meanOfFour(pixels, at, stride);
      out[to + 1] = meanOfFour(pixels, at + 1, stride);
      out[to + 2] = meanOfFour(pixels, at + 2, stride);
    }
  }
}

/** Rounded mean of one channel of a pixel, its neighbor, and the two below. */
const meanOfFour = (pixels: Uint8Array, at: number, stride: number): number =>
  ((pixels[at] as number) +
    (pixels[at + 3] as number) +
    (pixels[at + stride] as number) +
    (pixels[at + stride + 3] as number) +
    2) >>
  2;

function shrinkRow(out: Uint8Array, row: Float32Array, { count, index, weight }: Taps): void {
  for (let x = 0, tap = 0; x * 3 < out.length; x += 1, tap += count) {
    let [r, g, b] = [0.5, 0.5, 0.5];
    for (let k = tap; k < tap + count; k += 1) {
      const share = weight[k] as number;
      const at = (index[k] as number) * 3;
      r += share * (row[at] as number);
      g += share * (row[at + 1] as number);
      b += share * (row[at + 2] as number);
    }
    out[3 * x] = r;
    out[3 * x + 1] = g;
    out[3 * x + 2] = b;
  }
}
