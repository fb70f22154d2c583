import { crc32, deflateSync } from 'node:zlib';
import { colorAt, lumaOf } from './pattern.js';

/** What a PNG of the pattern is to look like. */
export interface PngOptions {
  width: number;
  height: number;
  depth?: number;
  /** 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha. */
  color?: number;
  interlaced?: boolean;
  /** Chunks between header and pixels, and after the pixels. */
  before?: Buffer[];
  after?: Buffer[];
  /** How many chunks the pixels come in. */
  pieces?: number;
}

/** First bytes of every PNG. */
export const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** A chunk; its checksum is right unless another is given. */
export function pngChunk(type: string, data: Uint8Array = Buffer.alloc(0), crc?: number): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc ?? crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}

/** IHDR. */
export function pngHead({ width, height, depth = 8, color = 2, interlaced = false }: PngOptions): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([depth, color, 0, 0, interlaced ? 1 : 0], 8);
  return pngChunk('IHDR', data);
}

/** Palette of the pattern, with one entry for each quarter. */
export const PATTERN_PALETTE = pngChunk(
  'PLTE',
  Buffer.from([250, 20, 30, 20, 200, 40, 30, 40, 230, 255, 255, 255]),
);

/** Samples of a pixel by PNG's color type. */
export const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Start of each Adam7 pass, across and down, and its steps. */
export const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Samples of a pixel, from 0 to the maximum of the depth. */
function samplesAt(x: number, y: number, options: PngOptions): number[] {
  const { depth = 8, color = 2 } = options;
  const rgb = colorAt(x, y, options);
  const scaled = (value: number): number => Math.round((value / 255) * (2 ** depth - 1));
  if (color === 3)
    return [Math.min((y < options.height / 2 ? 0 : 2) + (x < options.width / 2 ? 0 : 1), 2 ** depth - 1)];
  const values = color === 0 || color === 4 ? [lumaOf(rgb)] : [...rgb];
  return [...values, ...(color >= 4 ? [255] : [])].map(scaled);
}

/** Rows of one pass, each with filter 0. */
function passRows(options: PngOptions, [x0, y0, dx, dy]: readonly [number, number, number, number]): Buffer {
  const { width, height, depth = 8, color = 2 } = options;
  const columns = Math.ceil((width - x0) / dx);
  const rows = Math.ceil((height - y0) / dy);
  if (columns <= 0 || rows <= 0) return Buffer.alloc(0);
  const rowBytes = 1 + Math.ceil((columns * (CHANNELS[color] ?? 1) * depth) / 8);
  const data = Buffer.alloc(rows * rowBytes);
  for (let row = 0; row < rows; row += 1) {
    let bit = (row * rowBytes + 1) * 8;
    for (let column = 0; column < columns; column += 1) {
      for (const sample of samplesAt(x0 + column * dx, y0 + row * dy, options)) {
        const at = bit >> 3;
        if (depth === 16) data.writeUInt16BE(sample, at);
        else data[at]! |= sample << (8 - depth - (bit & 7));
        bit += depth;
      }
    }
  }
  return data;
}

/** The deflated pixels of the pattern. */
export function pngPixels(options: PngOptions): Buffer {
  const passes = options.interlaced === true ? PASSES : ([[0, 0, 1, 1]] as const);
  return deflateSync(Buffer.concat(passes.map((pass) => passRows(options, pass))));
}

/** A whole file of the pattern. */
export function png(options: PngOptions): Buffer {
  const { before = [], after = [], pieces = 1, color = 2 } = options;
  const pixels = pngPixels(options);
  const size = Math.ceil(pixels.length / pieces);
  const data = Array.from({ length: pieces }, (_, i) =>
    pngChunk('IDAT', pixels.subarray(i * size, (i + 1) * size)),
  );
  const palette = color === 3 ? [PATTERN_PALETTE] : [];
  return Buffer.concat([
    PNG_SIGNATURE,
    pngHead(options),
    ...palette,
    ...before,
    ...data,
    ...after,
    pngChunk('IEND'),
  ]);
}

/** Chunks of a file, each with its length, type and checksum. */
export function pngChunksOf(file: Buffer): { type: string; chunk: Buffer; from: number }[] {
  const chunks = [];
  for (let from = 8; from + 12 <= file.length;) {
    const to = from + 12 + file.readUInt32BE(from);
    chunks.push({ type: file.toString('latin1', from + 4, from + 8), chunk: file.subarray(from, to), from });
    from = to;
  }
  return chunks;
}
