import { CHUNK_BYTES } from '#vault/chunk.cipher.js';
import { wipe } from '#vault/wipe.js';

/** One piece of an upload in the clear. Its memory is used again for the next piece. */
export interface PlainChunk {
  index: number;
  last: boolean;
  plain: Buffer;
}

/**
 * Cuts an incoming stream into pieces of 1 MiB, the last one shorter. Each buffer that arrives is wiped once it
 * is copied, and each piece once it has been consumed, so the upload is never whole in this process. An empty
 * stream gives one empty piece.
 */
export async function* chunkStream(source: AsyncIterable<Buffer>): AsyncGenerator<PlainChunk, void> {
  const piece = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let filled = 0;
  let index = 0;
  try {
    for await (const arrived of source) {
      let taken = 0;
      while (taken < arrived.length) {
        if (filled === CHUNK_BYTES) {
          yield { index: index++, last: false, plain: piece };
          filled = 0;
        }
        const copied = arrived.copy(piece, filled, taken);
        filled += copied;
        taken += copied;
      }
      wipe(arrived);
    }
    yield { index, last: true, plain: piece.subarray(0, filled) };
  } finally {
    wipe(piece);
  }
}
