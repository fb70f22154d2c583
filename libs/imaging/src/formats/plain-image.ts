import { crc32 } from 'node:zlib';
import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { physOf } from './density.js';
import {
  CHUNK_OVERHEAD_BYTES,
  PALETTE_COLOR_TYPE,
  PNG_SIGNATURE,
  pngChunk,
  pngHeader,
  profileData,
} from './png-chunks.js';
import { orientationTiff, type Orientation } from './exif.js';

/** Pixels decoded in TypeScript: rows from the top without padding, 16-bit samples big-endian. */
export interface PlainImage {
  width: number;
  height: number;
  /** 1 gray or palette index, 2 gray and alpha, 3 RGB, 4 RGBA; alpha is straight. */
  channels: 1 | 2 | 3 | 4;
  /** Bits a sample. */
  depth: 8 | 16;
  data: Buffer;
  /** Palette colors, three bytes each, and their opacity when not all are opaque. */
  palette?: { colors: Buffer; opacity: Buffer | undefined } | undefined;
  /** Color profile (ICC.1). */
  profile?: Buffer | undefined;
  /** Pixels a meter. */
  density?: { x: number; y: number } | undefined;
  /** EXIF orientation; 1 and invalid numbers are upright. */
  orientation?: number | undefined;
}

/** zlib header (RFC 1950) for stored blocks. */
const ZLIB_HEAD = [0x78, 0x01];
/** Bytes of a stored block (RFC 1951, 3.2.4), and of its header. */
const STORED_BYTES = 65_535;
const STORED_HEAD_BYTES = 5;
const ADLER_BYTES = 4;

/**
 * Writes pixels as an uncompressed PNG (third edition), which sharp opens faster than other formats and which carries
 * palette, profile, density and 16 bits. Pixels and palette are wiped; the caller wipes the file.
 * @throws Problem `image-too-many-pixels` beyond 2 GiB, which only unusual settings allow
 */
export function plainPng(image: PlainImage): Buffer {
  try {
    return uncompressedPng(image);
  } finally {
    wipe(image.data, image.palette?.colors, image.palette?.opacity);
  }
}

/** As `plainPng`; pixels and palette stay the caller's. */
export function uncompressedPng(image: PlainImage): Buffer {
  const head = [PNG_SIGNATURE, pngChunk('IHDR', header(image))];
  const { density, orientation = 1, profile, palette } = image;
  if (density !== undefined) head.push(pngChunk('pHYs', physOf(density)));
  if (orientation > 1 && orientation <= 8) {
    head.push(pngChunk('eXIf', orientationTiff(orientation as Orientation)));
  }
  if (profile !== undefined) head.push(pngChunk('iCCP', profileData(profile)));
  if (palette !== undefined) {
    head.push(pngChunk('PLTE', palette.colors));
    if (palette.opacity !== undefined) head.push(pngChunk('tRNS', palette.opacity));
  }
  const end = pngChunk('IEND', Buffer.alloc(0));
  const before = head.reduce((sum, part) => sum + part.length, 0);
  const length = storedLength(image) + CHUNK_OVERHEAD_BYTES;
  const file = Buffer.alloc(before + length + end.length);
  let at = 0;
  for (const part of head) at += part.copy(file, at);
  // The first part is the constant signature.
  wipe(...head.slice(1));
  writePixels(file.subarray(before, before + length), image);
  end.copy(file, before + length);
  return file;
}

/** A palette's samples are indices, whatever their number of channels. */
const header = (image: PlainImage): Buffer =>
  pngHeader(image, image.depth, image.palette === undefined ? undefined : PALETTE_COLOR_TYPE);

const rowBytesOf = ({ width, channels, depth }: PlainImage): number => (width * channels * depth) / 8;

/** Largest length of a chunk (5.3). */
const MAX_CHUNK_BYTES = 0x7fffffff;

/** Bytes of the rows with their filter bytes, in stored blocks and a zlib frame. */
function storedLength(image: PlainImage): number {
  const bytes = image.height * (rowBytesOf(image) + 1);
  const length = ZLIB_HEAD.length + Math.ceil(bytes / STORED_BYTES) * STORED_HEAD_BYTES + bytes + ADLER_BYTES;
  if (length > MAX_CHUNK_BYTES) throw new Problem('image-too-many-pixels');
  return length;
}

/** An IDAT chunk with the rows in stored blocks. */
function writePixels(chunkBytes: Buffer, image: PlainImage): void {
  const { data, height } = image;
  const rowBytes = rowBytesOf(image);
  const filter = Buffer.alloc(1);
  let at = chunkBytes.writeUInt32BE(chunkBytes.length - CHUNK_OVERHEAD_BYTES, 0);
  at += chunkBytes.write('IDAT', at, 'latin1');
  chunkBytes.set(ZLIB_HEAD, at);
  const blocks = new StoredBlocks(chunkBytes, at + ZLIB_HEAD.length, height * (rowBytes + 1));
  let adler = ADLER32_EMPTY;
  for (let y = 0; y < height; y += 1) {
    const row = data.subarray(y * rowBytes, (y + 1) * rowBytes);
    for (const bytes of [filter, row]) {
      blocks.write(bytes);
      adler = adler32(bytes, adler);
    }
  }
  at = chunkBytes.writeUInt32BE(adler, blocks.end);
  chunkBytes.writeUInt32BE(crc32(chunkBytes.subarray(4, at)), at);
}

/** Writes a known number of bytes as stored blocks (RFC 1951, 3.2.4). */
class StoredBlocks {
  private leftInBlock = 0;

  /** Offset of the next byte. */
  end: number;

  constructor(
    private readonly out: Buffer,
    from: number,
    private left: number,
  ) {
    this.end = from;
  }

  write(bytes: Buffer): void {
    for (let from = 0; from < bytes.length;) {
      if (this.leftInBlock === 0) this.startBlock();
      const size = Math.min(this.leftInBlock, bytes.length - from);
      bytes.copy(this.out, this.end, from, from + size);
      from += size;
      this.end += size;
      this.left -= size;
      this.leftInBlock -= size;
    }
  }

  private startBlock(): void {
    const size = Math.min(STORED_BYTES, this.left);
    this.out[this.end] = size === this.left ? 1 : 0;
    this.out.writeUInt16LE(size, this.end + 1);
    this.out.writeUInt16LE(~size & 0xffff, this.end + 3);
    this.end += STORED_HEAD_BYTES;
    this.leftInBlock = size;
  }
}

/** Largest prime below 2¹⁶, the modulus of both halves of an Adler-32 (RFC 1950 section 9). */
const MODULUS = 65_521;

/** Adler-32 of no bytes. */
const ADLER32_EMPTY = 1;

/** Bytes that can be summed before the sums exceed 32 bits. */
const ADDED_AT_ONCE = 3800;

/** Adler-32 of bytes that follow others, whose Adler-32 is given; unsigned 32 bits. */
function adler32(bytes: Uint8Array, before = ADLER32_EMPTY): number {
  let [low, high] = [before & 0xffff, before >>> 16];
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(at + ADDED_AT_ONCE, bytes.length);
    for (; at < end; at += 1) {
      low += bytes[at] as number;
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return high * 0x1_0000 + low;
}
