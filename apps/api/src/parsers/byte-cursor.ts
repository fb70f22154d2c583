import { wipe } from '#crypto/wipe.js';
import type { ByteSource } from './byte-source.js';

const EMPTY = Buffer.alloc(0);

/**
 * A place in a body, for parsers. They look at `block` from `at` on without a call for each byte, move `at`, and ask for
 * more when they need it. What they leave unread is joined with what arrives next, so they leave a few bytes at most.
 */
export class ByteCursor {
  /** What has arrived. It may be changed in place. */
  block: Buffer;
  /** Index of the first byte that has not been read. */
  at = 0;
  /** Set when `block` is memory of the cursor. */
  private isOwn = true;

  /** @param first bytes that stand before the body; the cursor wipes them */
  constructor(
    private readonly source: ByteSource,
    first: Buffer = EMPTY,
  ) {
    this.block = first;
  }

  /** Bytes that have arrived and have not been read. */
  get left(): number {
    return this.block.length - this.at;
  }

  /** Reads `count` bytes. They are valid until `more` is called. */
  take(count: number): Buffer {
    const taken = this.block.subarray(this.at, this.at + count);
    this.at += taken.length;
    return taken;
  }

  /** Adds what arrives next behind what has not been read. False at the end. @throws Problem `upload-interrupted` */
  async more(): Promise<boolean> {
    const rest = this.left > 0 ? Buffer.from(this.block.subarray(this.at)) : EMPTY;
    this.release();
    try {
      const arrived = await this.source.next();
      this.isOwn = arrived === undefined || rest.length > 0;
      this.block = this.isOwn ? joined(rest, arrived) : (arrived ?? EMPTY);
      this.at = 0;
      return arrived !== undefined;
    } finally {
      wipe(rest);
    }
  }

  /** Waits until `count` bytes can be read. False when the body ends before. */
  async has(count: number): Promise<boolean> {
    while (this.left < count) if (!(await this.more())) return false;
    return true;
  }

  /** Wipes what is left. */
  close(): void {
    this.release();
    this.source.close();
  }

  private release(): void {
    if (this.isOwn) wipe(this.block);
    this.block = EMPTY;
    this.at = 0;
  }
}

function joined(rest: Buffer, arrived: Buffer = EMPTY): Buffer {
  const whole = Buffer.allocUnsafeSlow(rest.length + arrived.length);
  rest.copy(whole);
  arrived.copy(whole, rest.length);
  return whole;
}
