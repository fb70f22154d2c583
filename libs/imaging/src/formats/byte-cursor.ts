import { Problem } from '#contracts/problem-catalog.js';

/** A reading of a file that stops, by `yield`, where the next bytes have not arrived yet. */
export type Reading<T> = Generator<undefined, T, undefined>;

/** Reads a file that arrives in pieces, forwards only; it holds nothing but what is left of the last piece. */
export class ByteCursor {
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Bytes of the file before the piece. */
  #before = 0;
  #isClosed = false;

  /** Place in the file: bytes read or skipped so far. */
  get position(): number {
    return this.#before + this.#at;
  }

  /** Hands over the next piece, after everything of the one before has been read. */
  feed(piece: Uint8Array): void {
    this.#before += this.#piece.length;
    this.#at -= this.#piece.length;
    this.#piece = piece;
  }

  /** Forgets the piece in hand, which its owner is about to wipe. */
  release(): void {
    this.feed(new Uint8Array(0));
  }

  /** No more bytes will come: a reader that needs some has a truncated file. */
  close(): void {
    this.#isClosed = true;
  }

  /** The next `count` bytes, few, as a copy. @throws Problem `image-truncated` when the file ends before */
  *take(count: number): Reading<Buffer> {
    const taken = Buffer.alloc(count);
    for (let filled = 0; filled < count;) {
      const here = this.#piece.subarray(this.#at, this.#at + count - filled);
      taken.set(here, filled);
      filled += here.length;
      this.#at += here.length;
      if (filled === count) break;
      this.#expectMore();
      yield;
    }
    return taken;
  }

  /** Passes over `count` bytes, of which none need have arrived. @throws Problem `image-truncated` as `take` */
  *skip(count: number): Reading<void> {
    this.#at += count;
    while (this.#at > this.#piece.length) {
      this.#expectMore();
      yield;
    }
  }

  /** Passes over everything up to the end of the file, wherever that is. */
  *skipRest(): Reading<void> {
    for (;;) {
      this.#at = Math.max(this.#at, this.#piece.length);
      if (this.#isClosed) return;
      yield;
    }
  }

  /**
   * Passes over bytes up to and with the next JPEG marker, and returns its second byte, or `undefined` when the file
   * ends before. Stuffed zeros, fill bytes and restart markers are passed over. Within a scan that is most of the file:
   * no generator is entered for a byte.
   */
  *skipToMarker(): Reading<number | undefined> {
    let afterPrefix = false;
    for (;;) {
      const piece = this.#piece;
      let at = this.#at;
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
        this.#at = at;
        return second;
      }
      this.#at = at;
      if (this.#isClosed) return undefined;
      yield;
    }
  }

  /** @throws Problem `image-truncated` */
  #expectMore(): void {
    if (this.#isClosed) throw truncated();
  }
}

/** Reads from a whole file in memory. @throws Problem `image-truncated` when it ends before that, and as `read` */
export function readWhole<T>(file: Uint8Array, read: (cursor: ByteCursor) => Reading<T>): T {
  const cursor = new ByteCursor();
  cursor.feed(file);
  const step = read(cursor).next();
  if (step.done !== true) throw truncated();
  return step.value;
}

/** The file ends before its image does. */
export const truncated = (): Problem => new Problem('image-truncated');

/** What a file says contradicts its format. */
export const corrupt = (): Problem => new Problem('image-corrupt');
