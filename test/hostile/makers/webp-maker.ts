import sharp from 'sharp';
import { colorAt } from './pattern.js';

/** A RIFF chunk, padded to an even length. */
export function riffChunk(type: string, data: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length & 1)]);
}

/** A WebP file of these chunks; its length is right unless another is given. */
export function webpOf(chunks: readonly Buffer[], announced?: number): Buffer {
  const body = Buffer.concat([Buffer.from('WEBP', 'latin1'), ...chunks]);
  const head = Buffer.from('RIFF\0\0\0\0', 'latin1');
  head.writeUInt32LE(announced ?? body.length, 4);
  return Buffer.concat([head, body]);
}

/** The pattern as raw pixels. */
export function patternPixels(size: { width: number; height: number }): Buffer {
  const data = Buffer.alloc(size.width * size.height * 3);
  for (let y = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1) data.set(colorAt(x, y, size), 3 * (y * size.width + x));
  }
  return data;
}

/** A WebP of the pattern as encoders write it. */
export function webp(size: { width: number; height: number }, lossless = true): Promise<Buffer> {
  const raw = { ...size, channels: 3 as const };
  return sharp(patternPixels(size), { raw, limitInputPixels: false })
    .webp({ lossless, quality: 95 })
    .toBuffer();
}

/** Chunks of a file. */
export function webpChunksOf(file: Buffer): { type: string; chunk: Buffer; from: number }[] {
  const chunks = [];
  for (let from = 12; from + 8 <= file.length;) {
    const size = file.readUInt32LE(from + 4);
    const to = from + 8 + size + (size & 1);
    chunks.push({ type: file.toString('latin1', from, from + 4), chunk: file.subarray(from, to), from });
    from = to;
  }
  return chunks;
}

/** `VP8X`: flags and the size of the canvas. */
export function canvasChunk({ width, height }: { width: number; height: number }, flags: number): Buffer {
  const data = Buffer.alloc(10);
  data[0] = flags;
  data.writeUIntLE(width - 1, 4, 3);
  data.writeUIntLE(height - 1, 7, 3);
  return riffChunk('VP8X', data);
}

/** `ANMF`: an image at an even place of the canvas. */
export function frameChunk(
  { width, height }: { width: number; height: number },
  image: Buffer,
  { x = 0, y = 0 }: { x?: number; y?: number } = {},
): Buffer {
  const head = Buffer.alloc(16);
  head.writeUIntLE(x / 2, 0, 3);
  head.writeUIntLE(y / 2, 3, 3);
  head.writeUIntLE(width - 1, 6, 3);
  head.writeUIntLE(height - 1, 9, 3);
  head.writeUIntLE(40, 12, 3);
  return riffChunk('ANMF', Buffer.concat([head, image]));
}

/** `ANIM`: background and number of turns. */
export const animationChunk = (): Buffer => riffChunk('ANIM', Buffer.from([255, 255, 255, 255, 0, 0]));
