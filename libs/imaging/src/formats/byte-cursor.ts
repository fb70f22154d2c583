import { Problem } from '#contracts/problem-catalog.js';

/** A read operation that yields while the bytes it needs have not arrived yet. */
export type Reading<T> = Generator<undefined, T, undefined>;

/** Reads a file that arrives in chunks, forwards only. It buffers nothing but the rest of the last chunk. */
export class ByteCursor {
  private piece: Uint8Array = new Uint8Array(0);
  private at = 0;
  /** Bytes of the file before the current chunk. */
  private before = 0;
  private isClosed = false;

  /** Offset in the file: bytes read or skipped so far. */
  get position(): number {
    return this.before + this.at;
  }

  /** Supplies the next chunk, after the previous one has been read entirely. */
  feed(piece: Uint8Array): void {
    this.before += this.piece.length;
    this.at -= this.piece.length;
    this.piece = piece;
  }

  /** Drops the current chunk, which its owner is about to wipe. */
  release(): void {
    this.feed(new Uint8Array(0));
  }

  /** Ends the input: a reader that needs more bytes fails with a truncated file. */
  close(): void {
    this.isClosed = true;
  }

  /** A copy of the next `count` bytes. @throws Problem `image-truncated` when the file ends before */
  *take(count: number): Reading<Buffer> {
    const bytes = Buffer.alloc(count);
    for (let filled = 0; filled < count;) {
      const here = this.piece.subarray(this.at, this.at + count - filled);
      bytes.set(here, filled);
      filled += here.length;
      this.at += here.length;
      if (filled === count) break;
      this.expectMore();
      yield;
    }
    return bytes;
  }

  /** Skips `count` bytes, which need not have arrived. @throws Problem `image-truncated` as `take` */
  *skip(count: number): Reading<void> {
    this.at += count;
    while (this.at > this.piece.length) {
      this.expectMore();
      yield;
    }
  }

  /** Skips to the end of the file. */
  *skipRest(): Reading<void> {
    for (;;) {
      this.at = Math.max(this.at, this.piece.length);
      if (this.isClosed) return;
      yield;
    }
  }

  /**
   * Skips to the next JPEG marker and returns its second byte, or `undefined` when the file ends before. Stuffed
   * zeros, fill bytes and restart markers are skipped. Scans are most of the file, so no generator is entered for a
   * single byte.
   */
  *skipToMarker(): Reading<number | undefined> {
    let afterPrefix = false;
    for (;;) {
      const piece = this.piece;
      let at = this.at;
      while (at < piece.length) {
        if (!afterPrefix) {
          const found = piece.indexOf(0xff, at);
          afterPrefix = found !== -1;
          at = afterPrefix ? found + 1 : piece.length;
          continue;
        }
        const second = piece[at] as number;
        at += 1;
        afterPrefix = second === 0xff;
        if (second === 0 || afterPrefix || (second >= 0xd0 && second <= 0xd7)) continue;
        this.at = at;
        return second;
      }
      this.at = at;
      if (this.isClosed) return undefined;
      yield;
    }
  }

  /** @throws Problem `image-truncated` */
  private expectMore(): void {
    if (this.isClosed) throw truncated();
  }
}

/** Reads from a complete file in memory. @throws Problem `image-truncated` when it ends too early, and as `read` */
export function parseComplete<T>(file: Uint8Array, read: (cursor: ByteCursor) => Reading<T>): T {
  const cursor = new ByteCursor();
  cursor.feed(file);
  const step = read(cursor).next();
  if (step.done !== true) throw truncated();
  return step.value;
}

/** The file ends before its image does. */
export const truncated = (): Problem => new Problem('image-truncated');

/** The file contradicts its format. */
export const corrupt = (): Problem => new Problem('image-corrupt');
