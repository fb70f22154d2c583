import { ByteCursor } from './byte-cursor.js';
import type { ByteSource } from './byte-source.js';

/** Bytes whose beginning can be looked at before anybody reads them. */
export class PeekedSource implements ByteSource {
  private readonly cursor: ByteCursor;

  constructor(source: ByteSource) {
    this.cursor = new ByteCursor(source);
  }

  /** The bytes of one field of a form. */
  static of(body: AsyncIterable<Buffer>): PeekedSource {
    const pieces = body[Symbol.asyncIterator]();
    const next = async (): Promise<Buffer | undefined> => {
      const result = await pieces.next();
      return result.done === true ? undefined : result.value;
    };
    return new PeekedSource({ next, close: () => undefined });
  }

  /** The first `count` bytes, fewer where there are no more. They stay unread, and are valid until the next call. */
  async peek(count: number): Promise<Buffer> {
    const { cursor } = this;
    await cursor.has(count);
    return cursor.block.subarray(cursor.at, cursor.at + count);
  }

  /** Passes over the first `count` bytes, which have been looked at. */
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

  /** All bytes. Each piece is valid until the next is asked for. */
  async *pieces(): AsyncGenerator<Buffer, void> {
    try {
      for (let piece = await this.next(); piece !== undefined; piece = await this.next()) yield piece;
    } finally {
      this.close();
    }
  }
}
