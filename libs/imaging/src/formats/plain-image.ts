import { deflateSync, crc32 } from 'node:zlib';
import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { adler32, ADLER32_EMPTY } from './adler32.js';
import { orientationTiff, type Orientation } from './exif-orientation.js';

/** Pixels as an own reader gives them: rows from the top without gaps, samples of 16 bits big-endian. */
export interface PlainImage {
  width: number;
  height: number;
  /** 1 gray or index of a palette, 2 gray and alpha, 3 RGB, 4 RGBA; alpha is straight. */
  channels: 1 | 2 | 3 | 4;
  /** Bits a sample. */
  depth: 8 | 16;
  data: Buffer;
  /** Colors of the indices, three bytes each, and their opacity where not all are opaque. */
  palette?: { colors: Buffer; opacity: Buffer | undefined } | undefined;
  /** Color profile (ICC.1). */
  profile?: Buffer | undefined;
  /** Pixels a meter. */
  density?: { x: number; y: number } | undefined;
  /** How it is to be turned, as EXIF numbers it; 1, and what is no number of these, is upright. */
  orientation?: number | undefined;
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const COLOR_TYPES = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;
const PALETTE_COLOR_TYPE = 3;
/** zlib's header (RFC 1950) for blocks that are stored as they are. */
const ZLIB_HEAD = [0x78, 0x01];
/** Bytes of a stored block (RFC 1951, 3.2.4), and of what stands before it. */
const STORED_BYTES = 65_535;
const STORED_HEAD_BYTES = 5;
const ADLER_BYTES = 4;
/** Length, type and checksum of a chunk. */
const CHUNK_OVERHEAD_BYTES = 12;

/**
 * Writes pixels as a PNG (third edition) that is not compressed: what sharp opens faster than any other file, with
 * palette, profile, density and 16 bits. Pixels and palette are wiped; the file is the caller's to wipe.
 * @throws Problem `image-too-many-pixels` beyond 2 GiB, which only settings beyond the usual let through
 */
export function plainPng(image: PlainImage): Buffer {
  try {
    return written(image);
  } finally {
    wipe(image.data, image.palette?.colors, image.palette?.opacity);
  }
}

function written(image: PlainImage): Buffer {
  const head = [SIGNATURE, chunk('IHDR', header(image))];
  const { density, orientation = 1, profile, palette } = image;
  if (density !== undefined) head.push(chunk('pHYs', densityData(density)));
  if (orientation > 1 && orientation <= 8) {
    head.push(chunk('eXIf', orientationTiff(orientation as Orientation)));
  }
  if (profile !== undefined) head.push(chunk('iCCP', profileData(profile)));
  if (palette !== undefined) {
    head.push(chunk('PLTE', palette.colors));
    if (palette.opacity !== undefined) head.push(chunk('tRNS', palette.opacity));
  }
  const end = chunk('IEND', Buffer.alloc(0));
  const before = head.reduce((sum, part) => sum + part.length, 0);
  const length = storedLength(image) + CHUNK_OVERHEAD_BYTES;
  const file = Buffer.alloc(before + length + end.length);
  let at = 0;
  for (const part of head) at += part.copy(file, at);
  // The signature, which comes first, is a constant.
  wipe(...head.slice(1));
  writePixels(file.subarray(before, before + length), image);
  end.copy(file, before + length);
  return file;
}

const rowBytesOf = ({ width, channels, depth }: PlainImage): number => (width * channels * depth) / 8;

/** Longest that a chunk may be (5.3). */
const MAX_CHUNK_BYTES = 0x7fffffff;

/** Bytes of the rows, each behind one that says that it is not filtered, in stored blocks and zlib's frame. */
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

/** Writes a known number of bytes as blocks that are stored as they are (RFC 1951, 3.2.4). */
class StoredBlocks {
  #leftInBlock = 0;

  /** Where the next byte comes. */
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
      if (this.#leftInBlock === 0) this.#begin();
      const size = Math.min(this.#leftInBlock, bytes.length - from);
      bytes.copy(this.out, this.end, from, from + size);
      from += size;
      this.end += size;
      this.left -= size;
      this.#leftInBlock -= size;
    }
  }

  #begin(): void {
    const size = Math.min(STORED_BYTES, this.left);
    this.out[this.end] = size === this.left ? 1 : 0;
    this.out.writeUInt16LE(size, this.end + 1);
    this.out.writeUInt16LE(~size & 0xffff, this.end + 3);
    this.end += STORED_HEAD_BYTES;
    this.#leftInBlock = size;
  }
}

function chunk(type: string, data: Buffer): Buffer {
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, data.length + 8)), data.length + 8);
  return out;
}

function header({ width, height, channels, depth, palette }: PlainImage): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data[8] = depth;
  data[9] = palette === undefined ? COLOR_TYPES[channels] : PALETTE_COLOR_TYPE;
  return data;
}

function densityData({ x, y }: { x: number; y: number }): Buffer {
  const data = Buffer.alloc(9);
  data.writeUInt32BE(x, 0);
  data.writeUInt32BE(y, 4);
  data[8] = 1;
  return data;
}

const profileData = (icc: Buffer): Buffer =>
  Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(icc)]);
