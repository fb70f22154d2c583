import { Problem } from '#contracts/problem-catalog.js';
import type { ByteSource } from '../../apps/api/src/parsers/byte-cursor.js';

/** A body that comes in pieces of these sizes, over and over. Each piece is memory of its own, as from a socket. */
export async function* arriving(
  whole: Buffer,
  sizes: number[],
  kept: Buffer[] = [],
): AsyncGenerator<Buffer, void> {
  for (let at = 0, i = 0; at < whole.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? 1);
    const piece = Buffer.from(whole.subarray(at, at + size));
    kept.push(piece);
    yield await Promise.resolve(piece);
    at += size;
  }
}

/** A body whose connection breaks after its first bytes. */
export async function* breaking(first: string): AsyncGenerator<Buffer, void> {
  yield await Promise.resolve(Buffer.from(first));
  throw new Problem('upload-interrupted');
}

/** All bytes of a stream, copied piece by piece. */
export async function allOf(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** Pieces as a body reader gives them: each is wiped when the next is asked for, and on closing. */
export function sourceOf(pieces: AsyncIterable<Buffer>): ByteSource {
  const iterator = pieces[Symbol.asyncIterator]();
  let lent: Buffer | undefined;
  return {
    async next() {
      lent?.fill(0);
      const next = await iterator.next();
      lent = next.done === true ? undefined : next.value;
      return lent;
    },
    close: () => void lent?.fill(0),
  };
}
