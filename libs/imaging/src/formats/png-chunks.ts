import { crc32, deflateSync } from 'node:zlib';

/** A chunk of a PNG: `from` is the offset of its length field, `to` the end of its checksum. */
export interface PngChunk {
  type: string;
  from: number;
  to: number;
}

/** The first bytes of every PNG (PNG, third edition, section 5.2). */
export const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** Length, type and checksum of a chunk. */
export const CHUNK_OVERHEAD_BYTES = 12;
/** Color type of samples that are indices of a palette (section 11.2.1). */
export const PALETTE_COLOR_TYPE = 3;

/** Color types by number of channels: gray, gray and alpha, RGB, RGBA. */
const COLOR_TYPES = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;

/** All chunks of a PNG whose lengths the guard has checked. */
export function* chunksOf(file: Buffer): Generator<PngChunk, void> {
  for (let from = 8; from + 12 <= file.length;) {
    const to = from + 12 + file.readUInt32BE(from);
    yield { type: file.toString('latin1', from + 4, from + 8), from, to };
    from = to;
  }
}

/** True when the checksum of a chunk is correct. */
export const isSound = (file: Buffer, { from, to }: PngChunk): boolean =>
  crc32(file.subarray(from + 4, to - 4)) === file.readUInt32BE(to - 4);

/** A chunk with its length and checksum. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(data.length + CHUNK_OVERHEAD_BYTES);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}

/** Data of `IHDR`: no interlacing. `colorType` follows from the channels unless given. */
export function pngHeader(
  { width, height, channels }: { width: number; height: number; channels: keyof typeof COLOR_TYPES },
  depth: 8 | 16,
  colorType: number = COLOR_TYPES[channels],
): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data[8] = depth;
  data[9] = colorType;
  return data;
}

/** Data of `iCCP`: a name, a zero, the method, and the deflated profile (11.3.2.3). */
export const profileData = (profile: Buffer): Buffer =>
  Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(profile)]);
