import { wipe } from '#crypto/wipe.js';
import type { Size } from '../raster/pixel-rect.js';
import type { Mask } from '../raster/raster.js';
import { areaTaps } from '../raster/resample-taps.js';

/** `area`: means where the target is coarser, linear interpolation where it is finer; `nearest` keeps the values. */
export type Resampling = 'area' | 'nearest';

/** A mask in another size; the same mask when the size is the same. The caller wipes it. */
export function resampled(mask: Mask, { width, height }: Size, method: Resampling): Mask {
  if (mask.width === width && mask.height === height) return mask;
  const data = method === 'area' ? areaOf(mask, { width, height }) : nearestOf(mask, { width, height });
  return { data, width, height };
}

function nearestOf(mask: Mask, { width, height }: Size): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let y = 0, to = 0; y < height; y += 1) {
    const row = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x += 1, to += 1) {
      out[to] = mask.data[row + Math.floor(((x + 0.5) * mask.width) / width)] as number;
    }
  }
  return out;
}

function areaOf({ data, ...from }: Mask, { width, height }: Size): Uint8Array {
  const out = new Uint8Array(width * height);
  const across = areaTaps(from.width, width);
  const down = areaTaps(from.height, height);
  const row = new Float32Array(from.width);
  for (let y = 0; y < height; y += 1) {
    row.fill(0);
    for (let tap = y * down.count; tap < (y + 1) * down.count; tap += 1) {
      const weight = down.weight[tap] as number;
      if (weight === 0) continue;
      const start = (down.index[tap] as number) * row.length;
      for (let i = 0; i < row.length; i += 1)
        row[i] = (row[i] as number) + weight * (data[start + i] as number);
    }
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let tap = x * across.count; tap < (x + 1) * across.count; tap += 1) {
        sum += (across.weight[tap] as number) * (row[across.index[tap] as number] as number);
      }
      out[y * width + x] = Math.round(sum);
    }
  }
  wipe(row);
  return out;
}
