import { crc32 } from 'node:zlib';
import { ADLER32_EMPTY, joinAdler32 } from './adler32.js';
import { physOf, type Density } from './density.js';
import type { DeflatedStripe } from './stripe-deflate.js';

/** Size and channels of an image: 1 grey, 3 RGB, 4 RGBA. */
export interface PngShape {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  /** Bits a channel, 8 unless said otherwise; of 16 the high byte comes first. */
  depth?: 8 | 16;
  /** How large it is to be printed. */
  density?: Density | undefined;
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** By number of channels (PNG, third edition, section 11.2.1). */
const COLOR_TYPES = { 1: 0, 3: 2, 4: 6 } as const;
/** zlib's header (RFC 1950): deflate with a window of 32 KiB, compressed fast, no dictionary. */
const ZLIB_HEAD = Buffer.from([0x78, 0x5e]);
/** An empty last block (RFC 1951): fixed codes, and at once the end of it. */
const LAST_BLOCK = [0x03, 0x00];
/** Length, type and checksum of a chunk. */
const CHUNK_OVERHEAD_BYTES = 12;

/**
 * Puts a PNG file (third edition; ISO/IEC 15948) together from its deflated rows: IHDR, pHYs where a density is
 * given, one IDAT for each stripe, IEND and nothing else.
 */
export function joinPng(shape: PngShape, stripes: DeflatedStripe[]): Buffer {
  const chunks: [type: string, ...data: Uint8Array[]][] = [
    ['IHDR', header(shape)],
    ...(shape.density === undefined ? [] : [['pHYs', physOf(shape.density)] as [string, Uint8Array]]),
    ...stripes.map(({ blocks }, i): [string, ...Uint8Array[]] =>
      i === 0 ? ['IDAT', ZLIB_HEAD, blocks] : ['IDAT', blocks],
    ),
    ['IDAT', zlibTail(stripes)],
    ['IEND'],
  ];
  const lengths = chunks.map(([, ...data]) => data.reduce((sum, part) => sum + part.length, 0));
  const file = Buffer.allocUnsafe(
    lengths.reduce((sum, length) => sum + CHUNK_OVERHEAD_BYTES + length, SIGNATURE.length),
  );
  let at = SIGNATURE.copy(file);
  for (const [type, ...data] of chunks) at = writeChunk(file, at, type, data);
  return file;
}

/** Returns where the next chunk begins. The checksum covers type and data. */
function writeChunk(file: Buffer, begin: number, type: string, data: Uint8Array[]): number {
  let at = begin + 4;
  at += file.write(type, at, 'latin1');
  for (const part of data) {
    file.set(part, at);
    at += part.length;
  }
  file.writeUInt32BE(at - begin - 8, begin);
  return file.writeUInt32BE(crc32(file.subarray(begin + 4, at)), at);
}

function header({ width, height, channels, depth = 8 }: PngShape): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data[8] = depth;
  data[9] = COLOR_TYPES[channels];
  return data;
}

function zlibTail(stripes: DeflatedStripe[]): Buffer {
  const adler = stripes.reduce((sum, stripe) => joinAdler32(sum, stripe.adler, stripe.length), ADLER32_EMPTY);
  const tail = Buffer.from([...LAST_BLOCK, 0, 0, 0, 0]);
  tail.writeUInt32BE(adler, LAST_BLOCK.length);
  return tail;
}
