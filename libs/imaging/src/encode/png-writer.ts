import { wipe } from '#crypto/wipe.js';
import { joinPng, type PngShape } from '../formats/png-chunks.js';
import { filterUp } from './png-filters.js';
import { enclosingRun, type Run } from '../raster/pixel-rect.js';
import { deflateStripe, type DeflatedStripe } from '../formats/stripe-deflate.js';

/** Rows from the top, each `width * channels` values, without gaps; alpha is straight. */
export interface PngSource extends PngShape {
  data: Uint8Array;
}

/** Filtered bytes that are deflated in one go: more would wait for each other, less would compress worse. */
const STRIPE_BYTES = 256 * 1024;
/** How many stripes exist at a time: one for each thread of libuv's pool, and what is filtered meanwhile. */
const STRIPES_IN_FLIGHT = 6;

const isSide = (pixels: number): boolean => Number.isInteger(pixels) && pixels > 0 && pixels < 2 ** 31;

/**
 * Losslessly encodes an image as PNG, without metadata.
 * @throws Error when the bytes are not as many as the size says
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
 * Encodes a PNG from rows as they come, so that composing the next rows overlaps with compressing the last ones:
 * these are compressed in stripes on libuv's pool. Beside the compressed bytes it holds a few stripes (1.5 MiB, or
 * six rows where a row is longer than a stripe). Whoever makes one calls `discard` in the end, whatever happens.
 */
export class PngWriter {
  private readonly pixelBytes: number;
  private readonly rowBytes: number;
  private readonly stripeRows: number;
  /** The last row written, which the next one is filtered with. */
  private readonly above: Uint8Array;
  /** Memory of the stripes in flight; stripe `i` lies in buffer `i % STRIPES_IN_FLIGHT`. */
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
   * Takes the next rows, any number of them. Resolves when the writer has its own copy of all of them, which is
   * at once unless the pool falls behind; until then they must not be changed nor others be written.
   * @param filled pixels of the image's row `y` beside which it is all 0; the row above is asked for too
   * @throws Error when the bytes are no whole rows or too many, or when the last write is not over
   */
  async write(rows: Uint8Array, filled: (y: number) => Run = this.wholeRow): Promise<void> {
    const count = rows.length / this.rowBytes;
    if (this.writing) throw new Error('Rows were written before the last ones were taken');
    if (!Number.isInteger(count)) throw new Error('The bytes are no whole rows');
    if (this.rowsWritten + count > this.shape.height) throw new Error('More rows than the image has');
    this.writing = true;
    for (let row = 0; row < count;) row += await this.takeRows(rows.subarray(row * this.rowBytes), filled);
    this.writing = false;
  }

  /**
   * The file, which is the caller's to wipe; everything else is wiped.
   * @throws Error when rows are missing, or of zlib
   */
  async finish(): Promise<Buffer> {
    try {
      if (this.rowsWritten < this.shape.height) throw new Error('Rows are missing');
      return joinPng(this.shape, await Promise.all(this.stripes));
    } finally {
      await this.discard();
    }
  }

  /** Wipes whatever is left of the image, as soon as the pool has let go of it. May be called more than once. */
  async discard(): Promise<void> {
    for (const stripe of await Promise.allSettled(this.stripes)) {
      if (stripe.status === 'fulfilled') wipe(stripe.value.blocks);
    }
    wipe(this.above, ...this.buffers);
  }

  /** Filters the first of `rows`, as many as the current stripe has room for, and tells how many these were. */
  private async takeRows(rows: Uint8Array, filled: (y: number) => Run): Promise<number> {
    const { above, rowBytes, shape, stripeRows } = this;
    const taken = this.rowsWritten % stripeRows;
    // The stripe that lay in the same memory has to be through; it is the oldest in flight.
    if (taken === 0) await this.stripes.at(-STRIPES_IN_FLIGHT);
    const stripe = (this.buffers[this.stripes.length % STRIPES_IN_FLIGHT] ??= Buffer.allocUnsafeSlow(
      stripeRows * (rowBytes + 1),
    ));
    const count = Math.min(stripeRows - taken, rows.length / rowBytes);
    const end = count * rowBytes;
    const first = this.rowsWritten;
    const bytesOf = (i: number): Run => this.bytesOf(first + i, filled);
    filterUp(stripe.subarray(taken * (rowBytes + 1)), rows.subarray(0, end), above, bytesOf);
    above.set(rows.subarray(end - rowBytes, end));
    this.rowsWritten += count;
    if (taken + count === stripeRows || this.rowsWritten === shape.height) {
      const content = shape.channels === 1 ? 'matte' : 'colour';
      const deflated = deflateStripe(stripe.subarray(0, (taken + count) * (rowBytes + 1)), content);
      // Its failure is told where it is waited for, which may be later.
      deflated.catch(() => undefined);
      this.stripes.push(deflated);
    }
    return count;
  }

  private readonly wholeRow = (): Run => ({ from: 0, to: this.shape.width });

  /** Bytes to be looked at in row `y`: those that it fills, and those that the row above does. */
  private bytesOf(y: number, filled: (y: number) => Run): Run {
    const { from, to } = y === 0 ? filled(y) : enclosingRun(filled(y), filled(y - 1));
    return { from: from * this.pixelBytes, to: to * this.pixelBytes };
  }
}
