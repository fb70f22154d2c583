import { wipe } from '#crypto/wipe.js';

const EMPTY = Buffer.alloc(0);

/**
 * A position in a body, for parsers. They read `block` from `at` without a call per byte, advance `at`, and request more when
 * they need it. Unread bytes are joined with the next block, so parsers leave few of them.
 */
export class ByteCursor {
  /** The current block. It may be changed in place. */
  block: Buffer;
  /** Index of the first unread byte. */
  at = 0;
  /** True when the cursor owns the memory of `block`. */
  private isOwn = true;

  /** @param first bytes before the body; the cursor wipes them */
  constructor(
    private readonly source: ByteSource,
    first: Buffer = EMPTY,
  ) {
    this.block = first;
  }

  /** Number of unread bytes in the block. */
  get left(): number {
    return this.block.length - this.at;
  }

  /** Reads `count` bytes. They are valid until `more` is called. */
  take(count: number): Buffer {
    const taken = this.block.subarray(this.at, this.at + count);
    this.at += taken.length;
    return taken;
  }

  /** Appends the next piece to the unread bytes. False at the end. @throws Problem `upload-interrupted` */
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

  /** Waits for `count` unread bytes. False when the body ends before. */
  async has(count: number): Promise<boolean> {
    while (this.left < count) if (!(await this.more())) return false;
    return true;
  }

  /** Wipes the unread bytes, and closes the source. */
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

/**
 * Bytes that arrive in pieces. A piece may be changed in place, and is valid until `next` is called again: the source
 * wipes it then, or when it is closed.
 */
export interface ByteSource {
  /** The next piece, never empty; undefined at the end. @throws Problem `upload-interrupted` and others */
  next(): Promise<Buffer | undefined>;
  /** Wipes the last piece and all queued bytes. */
  close(): void;
}

/** A source whose first bytes can be inspected without reading them. */
export class PeekedSource implements ByteSource {
  private readonly cursor: ByteCursor;

  constructor(source: ByteSource) {
    this.cursor = new ByteCursor(source);
  }

  /** A source of the bytes of one form field. */
  static of(body: AsyncIterable<Buffer>): PeekedSource {
    const pieces = body[Symbol.asyncIterator]();
    const next = async (): Promise<Buffer | undefined> => {
      const result = await pieces.next();
      return result.done === true ? undefined : result.value;
    };
    return new PeekedSource({ next, close: () => undefined });
  }

  /** The first `count` bytes, or fewer at the end. They stay unread, and are valid until the next call. */
  async peek(count: number): Promise<Buffer> {
    const { cursor } = this;
    await cursor.has(count);
    return cursor.block.subarray(cursor.at, cursor.at + count);
  }

  /** Skips the first `count` bytes, which have been peeked. */
  skip(count: number): void {
    this.cursor.at += count;
  }

  async next(): Promise<Buffer | undefined> {
    const { cursor } = this;
    if (cursor.left === 0 && !(await cursor.more())) return undefined;
    return cursor.take(cursor.left);
  }

  close(): void {
    this.cursor.close();
  }

  /** All bytes. Each piece is valid until the next is requested. */
  async *pieces(): AsyncGenerator<Buffer, void> {
    try {
      for (let piece = await this.next(); piece !== undefined; piece = await this.next()) yield piece;
    } finally {
      this.close();
    }
  }
}
