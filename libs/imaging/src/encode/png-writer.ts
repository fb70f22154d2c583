import { crc32 } from 'node:zlib';
import { wipe } from '#crypto/wipe.js';
import { CHUNK_OVERHEAD_BYTES, PNG_SIGNATURE, pngHeader, profileData } from '../formats/png-chunks.js';
import { enclosingRun, type Run } from '../raster/pixel-rect.js';
import { ADLER32_EMPTY, deflateStripe, joinAdler32, type DeflatedStripe } from './stripe-deflate.js';
import { physOf, type Density } from '../formats/density.js';

/** Pixels: rows from the top, each `width * channels` values, without padding; alpha is straight. */
export interface PngSource extends PngShape {
  data: Uint8Array;
}

/** Filtered bytes of one stripe: larger stripes reduce parallelism, smaller ones compress worse. */
const STRIPE_BYTES = 256 * 1024;
/** Stripes in memory at a time: one for each thread of libuv's pool, and those being filtered. */
const STRIPES_IN_FLIGHT = 6;

const isSide = (pixels: number): boolean => Number.isInteger(pixels) && pixels > 0 && pixels < 2 ** 31;

/**
 * Encodes an image as PNG, without metadata. Replaces sharp's PNG output (libpng): it compresses on all cores and
 * wipes its buffers.
 * @throws Error when the number of bytes does not match the size
 */
export async function encodePng({ data, ...shape }: PngSource): Promise<Buffer> {
  const writer = new PngWriter(shape);
  try {
    await writer.write(data);
    return await writer.finish();
  } finally {
    await writer.discard();
  }
}

/**
 * Encodes a PNG from rows as they arrive, so that composing the next rows overlaps with compressing the last ones:
 * stripes are compressed on libuv's pool. Besides the compressed bytes it holds a few stripes (1.5 MiB, or six rows
 * where a row is longer than a stripe). The caller must call `discard` at the end, also after an error.
 */
export class PngWriter {
  private readonly pixelBytes: number;
  private readonly rowBytes: number;
  private readonly stripeRows: number;
  /** The last row written, from which the next one is filtered. */
  private readonly above: Uint8Array;
  /** Memory of the stripes in flight; stripe `i` uses buffer `i % STRIPES_IN_FLIGHT`. */
  private readonly buffers: Buffer[] = [];
  private readonly stripes: Promise<DeflatedStripe>[] = [];
  private rowsWritten = 0;
  private writing = false;

  /** @throws Error when PNG cannot hold the size */
  constructor(private readonly shape: PngShape) {
    if (![shape.width, shape.height].every(isSide)) throw new Error('A side is 1 to 2³¹ - 1 pixels long');
    this.pixelBytes = (shape.channels * (shape.depth ?? 8)) / 8;
    this.rowBytes = shape.width * this.pixelBytes;
    this.stripeRows = Math.min(Math.max(1, Math.floor(STRIPE_BYTES / (this.rowBytes + 1))), shape.height);
    this.above = new Uint8Array(this.rowBytes);
  }

  /**
   * Writes the next rows, any number of them. Resolves when the writer has copied all of them, which is at once
   * unless the pool falls behind; until then the rows must not change and no other write may start.
   * @param filled run of pixels of the image's row `y` outside of which all values are 0; also called for the row
   * above
   * @throws Error when the bytes are not whole rows or too many, or when the last write has not finished
   */
  async write(rows: Uint8Array, filled: (y: number) => Run = this.fullRow): Promise<void> {
    const count = rows.length / this.rowBytes;
    if (this.writing) throw new Error('A write started before the last one finished');
    if (!Number.isInteger(count)) throw new Error('The bytes are not whole rows');
    if (this.rowsWritten + count > this.shape.height) throw new Error('More rows than the image has');
    this.writing = true;
    for (let row = 0; row < count;) row += await this.takeRows(rows.subarray(row * this.rowBytes), filled);
    this.writing = false;
  }

  /**
   * Returns the file, which the caller wipes; everything else is wiped.
   * @throws Error when rows are missing, or an error of zlib
   */
  async finish(): Promise<Buffer> {
    try {
      if (this.rowsWritten < this.shape.height) throw new Error('Rows are missing');
      return joinPng(this.shape, await Promise.all(this.stripes));
    } finally {
      await this.discard();
    }
  }

  /** Wipes all buffers as soon as the pool has released them. May be called more than once. */
  async discard(): Promise<void> {
    for (const stripe of await Promise.allSettled(this.stripes)) {
      if (stripe.status === 'fulfilled') wipe(stripe.value.blocks);
    }
    wipe(this.above, ...this.buffers);
  }

  /** Filters the first rows, as many as the current stripe has room for, and returns their number. */
  private async takeRows(rows: Uint8Array, filled: (y: number) => Run): Promise<number> {
    const { above, rowBytes, shape, stripeRows } = this;
    const rowsInStripe = this.rowsWritten % stripeRows;
    // The stripe that used the same memory must be finished; it is the oldest in flight.
    if (rowsInStripe === 0) await this.stripes.at(-STRIPES_IN_FLIGHT);
    const stripe = (this.buffers[this.stripes.length % STRIPES_IN_FLIGHT] ??= Buffer.allocUnsafeSlow(
      stripeRows * (rowBytes + 1),
    ));
    const count = Math.min(stripeRows - rowsInStripe, rows.length / rowBytes);
    const end = count * rowBytes;
    const first = this.rowsWritten;
    const bytesOf = (i: number): Run => this.bytesOf(first + i, filled);
    filterUp(stripe.subarray(rowsInStripe * (rowBytes + 1)), rows.subarray(0, end), above, bytesOf);
    above.set(rows.subarray(end - rowBytes, end));
    this.rowsWritten += count;
    if (rowsInStripe + count === stripeRows || this.rowsWritten === shape.height) {
      const content = shape.channels === 1 ? 'matte' : 'color';
      const deflated = deflateStripe(stripe.subarray(0, (rowsInStripe + count) * (rowBytes + 1)), content);
      // Its error is reported where it is awaited, which may be later.
      deflated.catch(() => undefined);
      this.stripes.push(deflated);
    }
    return count;
  }

  private readonly fullRow = (): Run => ({ from: 0, to: this.shape.width });

  /** Bytes of row `y` that the filter must process: those that it fills, and those that the row above fills. */
  private bytesOf(y: number, filled: (y: number) => Run): Run {
    const { from, to } = y === 0 ? filled(y) : enclosingRun(filled(y), filled(y - 1));
    return { from: from * this.pixelBytes, to: to * this.pixelBytes };
  }
}

/** Size and channels of an image: 1 gray, 3 RGB, 4 RGBA. */
export interface PngShape {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  /** Bits a channel, 8 unless said otherwise; of 16 the high byte comes first. */
  depth?: 8 | 16;
  /** Print density. */
  density?: Density | undefined;
  /** ICC profile of the pixels; none means sRGB. */
  profile?: Buffer | undefined;
}

/** zlib header (RFC 1950): deflate, 32 KiB window, fast compression, no dictionary. */
const ZLIB_HEAD = Buffer.from([0x78, 0x5e]);
/** An empty final block (RFC 1951): fixed codes and end of block. */
const LAST_BLOCK = [0x03, 0x00];
/**
 * Joins a PNG file (third edition; ISO/IEC 15948) from deflated rows: IHDR, iCCP and pHYs if there is a
 * profile or a density, one IDAT for each stripe, and IEND.
 */
export function joinPng(shape: PngShape, stripes: DeflatedStripe[]): Buffer {
  const chunks: [type: string, ...data: Uint8Array[]][] = [
    ['IHDR', pngHeader(shape, shape.depth ?? 8)],
    ...(shape.profile === undefined ? [] : [['iCCP', profileData(shape.profile)] as [string, Uint8Array]]),
    ...(shape.density === undefined ? [] : [['pHYs', physOf(shape.density)] as [string, Uint8Array]]),
    ...stripes.map(({ blocks }, i): [string, ...Uint8Array[]] =>
      i === 0 ? ['IDAT', ZLIB_HEAD, blocks] : ['IDAT', blocks],
    ),
    ['IDAT', zlibTail(stripes)],
    ['IEND'],
  ];
  const lengths = chunks.map(([, ...data]) => data.reduce((sum, part) => sum + part.length, 0));
  const file = Buffer.allocUnsafe(
    lengths.reduce((sum, length) => sum + CHUNK_OVERHEAD_BYTES + length, PNG_SIGNATURE.length),
  );
  let at = PNG_SIGNATURE.copy(file);
  for (const [type, ...data] of chunks) at = writeChunk(file, at, type, data);
  return file;
}

/** Writes a chunk and returns the offset of the next one. The checksum covers type and data. */
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

function zlibTail(stripes: DeflatedStripe[]): Buffer {
  const adler = stripes.reduce((sum, stripe) => joinAdler32(sum, stripe.adler, stripe.length), ADLER32_EMPTY);
  const tail = Buffer.from([...LAST_BLOCK, 0, 0, 0, 0]);
  tail.writeUInt32BE(adler, LAST_BLOCK.length);
  return tail;
}

/** Number of the filter "Up" (PNG, third edition, section 9.2), which precedes each row. */
const UP = 2;

/**
 * Filters rows for PNG: each byte minus the one above it, modulo 256, preceded by the filter's number. All rows use
 * one filter: trying five filters on each row takes more time than deflating and saves at most a twentieth of the
 * size of photographs.
 *
 * Four bytes are subtracted at a time, as the lanes of one integer: the top bit of each lane is set in the minuend
 * and cleared in the subtrahend, so that no lane borrows from the next, and is corrected afterwards (Warren,
 * "Hacker's Delight", section 2-18).
 * @param out receives `rows.length / above.length` rows of one more byte
 * @param rows whole rows of `above.length` bytes
 * @param above the row before the first one; zeros at the top of the image
 * @param filled run of bytes outside of which row `i` and the one above it are 0
 */
export function filterUp(
  out: Uint8Array,
  rows: Uint8Array,
  above: Uint8Array,
  filled: (i: number) => Run = () => ({ from: 0, to: above.length }),
): void {
  const rowBytes = above.length;
  let [before, beforeAt] = [viewOf(above), 0];
  const [source, target] = [viewOf(rows), viewOf(out)];
  for (let i = 0, at = 0, outAt = 1; at < rows.length; i += 1, at += rowBytes, outAt += rowBytes + 1) {
    const { from, to } = filled(i);
    out[outAt - 1] = UP;
    out.fill(0, outAt, outAt + from);
    subtractRow(
      { view: target, at: outAt + from },
      { view: source, at: at + from },
      { view: before, at: beforeAt + from },
      to - from,
    );
    out.fill(0, outAt + to, outAt + rowBytes);
    [before, beforeAt] = [source, at];
  }
}

/** A position in memory. DataView, because rows are not aligned. */
interface Place {
  view: DataView;
  at: number;
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

function subtractRow(to: Place, from: Place, before: Place, length: number): void {
  const { view: out, at: outAt } = to;
  const { view: row, at: rowAt } = from;
  const { view: above, at: aboveAt } = before;
  const words = length - (length % 4);
  for (let i = 0; i < words; i += 4) {
    const a = row.getUint32(rowAt + i, true);
    const b = above.getUint32(aboveAt + i, true);
    out.setUint32(outAt + i, ((a | 0x80808080) - (b & 0x7f7f7f7f)) ^ ((a ^ ~b) & 0x80808080), true);
  }
  for (let i = words; i < length; i += 1) {
    out.setUint8(outAt + i, row.getUint8(rowAt + i) - above.getUint8(aboveAt + i));
  }
}
