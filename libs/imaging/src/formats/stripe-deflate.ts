import { once } from 'node:events';
import { constants, createDeflate } from 'node:zlib';
import { wipe } from '#crypto/wipe.js';

/** What zlib puts before the blocks (RFC 1950): 32 KiB window, fast. */
const HEAD_BYTES = 2;
/** What it puts after them: an empty last block and the Adler-32. */
const TAIL_BYTES = 6;

/**
 * What is deflated, filtered as PNG does, and how. Colour: of photographs cut out, level 1 makes files up to 6 %
 * larger in four fifths of the time, level 3 up to 7 % smaller in one and a half to two times of it. A matte is
 * plain but for its rims: there, looking for runs alone finds more than the first three levels do, and sooner.
 */
const SETTINGS = {
  colour: { level: 2, strategy: constants.Z_DEFAULT_STRATEGY },
  matte: { level: 2, strategy: constants.Z_RLE },
} as const;

/** @see SETTINGS */
export type StripeContent = keyof typeof SETTINGS;

/** A piece of a deflate stream that another piece can follow. */
export interface DeflatedStripe {
  /** Deflate blocks (RFC 1951), none of them the last, ending on a byte. The caller wipes it. */
  blocks: Buffer;
  /** Adler-32 of the bytes before they were deflated. */
  adler: number;
  /** How many these were. */
  length: number;
}

/**
 * Deflates bytes on a thread of libuv's pool, apart from what comes before and after them, so that several
 * pieces of one stream can be deflated at once. A full flush ends the last block on a byte (RFC 1951, stored
 * block of length 0), and what zlib adds after it is taken off again: it makes a whole zlib stream only because
 * its Adler-32 costs next to nothing there.
 * @throws Error of zlib
 */
export async function deflateStripe(bytes: Uint8Array, content: StripeContent): Promise<DeflatedStripe> {
  const stream = createDeflate({
    ...SETTINGS[content],
    flush: constants.Z_FULL_FLUSH,
    // Room for bytes that do not shrink: a full buffer would wait for the main thread to bring the next one.
    chunkSize: bytes.length + (bytes.length >>> 8) + 64,
  });
  const parts: Buffer[] = [];
  try {
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.write(bytes, () => stream.end());
    await once(stream, 'end');
    const whole = Buffer.concat(parts);
    return {
      blocks: whole.subarray(HEAD_BYTES, -TAIL_BYTES),
      adler: whole.readUInt32BE(whole.length - 4),
      length: bytes.length,
    };
  } finally {
    wipe(...parts);
  }
}
