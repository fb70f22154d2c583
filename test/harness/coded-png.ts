import { deflateSync } from 'node:zlib';
import { CHANNELS, PASSES, PNG_SIGNATURE, pngChunk, pngHead } from '../hostile/makers/png-maker.js';

/** A color, R G B, each 0 to 1; values of sRGB unless said otherwise. */
export type Rgb = readonly [number, number, number];

/** What a PNG of patches is to be like. */
export interface CodedWish {
  /** Bits a sample, and PNG's color type: 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha. */
  depth: 1 | 2 | 4 | 8 | 16;
  type: 0 | 2 | 3 | 4 | 6;
  interlaced?: boolean;
  /** Chunks that define the color encoding. */
  chunks: readonly Buffer[];
  /** From the color that is meant to the values that are written. */
  encode: (color: Rgb) => Rgb;
}

/** Patches a side, and pixels a patch: the middle of a patch is free of what resizing blends. */
const SIDE = 8;
const PATCH = 3;

/** The patches' colors: 64 that a palette can hold, from black to white, grays where the type has no color. */
export function patches({ type }: Pick<CodedWish, 'type'>): Rgb[] {
  const levels = [0.02, 0.35, 0.7, 1];
  return Array.from({ length: SIDE * SIDE }, (_, i): Rgb => {
    if (type === 0 || type === 4) return [i / 63, i / 63, i / 63];
    return [levels[i & 3]!, levels[(i >> 2) & 3]!, levels[i >> 4]!];
  });
}

/** A PNG with these patches, in reading order. */
export function codedPng(wish: CodedWish): Buffer {
  const { type, depth, interlaced = false, chunks, encode } = wish;
  const side = SIDE * PATCH;
  const full = 2 ** (type === 3 ? 8 : depth) - 1;
  const values = patches(wish).map((color) => encode(color).map((value) => Math.round(full * value)));
  const samplesAt = (x: number, y: number): number[] => {
    const patch = Math.floor(y / PATCH) * SIDE + Math.floor(x / PATCH);
    if (type === 3) return [patch];
    return [...values[patch]!.slice(0, type === 0 || type === 4 ? 1 : 3), ...(type >= 4 ? [full] : [])];
  };
  const rows: Buffer[] = [];
  for (const [x0, y0, dx, dy] of interlaced ? PASSES : ([[0, 0, 1, 1]] as const)) {
    for (let y = y0; y < side; y += dy) {
      const columns = Math.ceil((side - x0) / dx);
      const row = Buffer.alloc(1 + Math.ceil((columns * CHANNELS[type]! * depth) / 8));
      let bit = 8;
      for (let x = x0; x < side; x += dx) {
        for (const sample of samplesAt(x, y)) {
          if (depth === 16) row.writeUInt16BE(sample, bit >> 3);
          else row[bit >> 3]! |= sample << (8 - depth - (bit & 7));
          bit += depth;
        }
      }
      rows.push(row);
    }
  }
  const palette = type === 3 ? [pngChunk('PLTE', Buffer.from(values.flat()))] : [];
  return Buffer.concat([
    PNG_SIGNATURE,
    pngHead({ width: side, height: side, depth, color: type, interlaced }),
    ...chunks,
    ...palette,
    pngChunk('IDAT', deflateSync(Buffer.concat(rows))),
    pngChunk('IEND'),
  ]);
}

/** The middle of each patch in an image of `size` pixels a side, its first three channels. */
export function patchesIn(data: Uint8Array | Uint16Array, size: number, channels: number): Rgb[] {
  const full = data instanceof Uint16Array ? 65_535 : 255;
  return Array.from({ length: SIDE * SIDE }, (_, i): Rgb => {
    const x = Math.floor((((i % SIDE) + 0.5) * size) / SIDE);
    const y = Math.floor(((Math.floor(i / SIDE) + 0.5) * size) / SIDE);
    const at = channels * (y * size + x);
    return [data[at]! / full, data[at + 1]! / full, data[at + 2]! / full];
  });
}

/** Mean and largest difference of colors, of 255. */
export function difference(found: readonly Rgb[], wanted: readonly Rgb[]): { mean: number; max: number } {
  const all = found.flatMap((color, i) => color.map((value, k) => 255 * Math.abs(value - wanted[i]![k]!)));
  return { mean: all.reduce((sum, value) => sum + value, 0) / all.length, max: Math.max(...all) };
}

/** Side of the pixels above. */
export const CODED_SIDE = SIDE * PATCH;
