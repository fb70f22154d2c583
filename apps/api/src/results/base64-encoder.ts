import { wipe } from '#crypto/wipe.js';

const GROUP = 3;
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');
const PAD = 0x3d;

/**
 * Encodes base64 (RFC 4648 §4) into a buffer. `Buffer.toString` would make a string, which cannot be wiped.
 * @returns bytes written: 4 for each 3, rounded up
 */
export function encodeBase64(bytes: Uint8Array, into: Buffer, offset: number): number {
  let at = offset;
  for (let i = 0; i < bytes.length; i += GROUP) {
    const left = bytes.length - i;
    const group = (byteAt(bytes, i) << 16) | (byteAt(bytes, i + 1) << 8) | byteAt(bytes, i + 2);
    into[at++] = byteAt(ALPHABET, group >> 18);
    into[at++] = byteAt(ALPHABET, (group >> 12) & 63);
    into[at++] = left > 1 ? byteAt(ALPHABET, (group >> 6) & 63) : PAD;
    into[at++] = left > 2 ? byteAt(ALPHABET, group & 63) : PAD;
  }
  return at - offset;
}

const byteAt = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0;

/** Bytes that `count` bytes take in base64. */
export const base64Bytes = (count: number): number => Math.ceil(count / 3) * 4;

/** Encodes bytes that arrive in pieces. The caller wipes what it returns. */
export class Base64Pieces {
  /** Bytes of an incomplete group of three. */
  private rest = Buffer.alloc(0);

  /** The next piece, without the bytes of an incomplete group. */
  next(plain: Buffer): Buffer {
    const joined = Buffer.allocUnsafeSlow(this.rest.length + plain.length);
    this.rest.copy(joined);
    plain.copy(joined, this.rest.length);
    const whole = joined.length - (joined.length % GROUP);
    wipe(this.rest);
    this.rest = Buffer.from(joined.subarray(whole));
    try {
      return encoded(joined.subarray(0, whole));
    } finally {
      wipe(joined);
    }
  }

  /** The last bytes. Another text may follow. */
  end(): Buffer {
    const last = encoded(this.rest);
    this.close();
    return last;
  }

  /** Wipes the bytes that were not encoded yet. */
  close(): void {
    wipe(this.rest);
    this.rest = Buffer.alloc(0);
  }
}

function encoded(plain: Buffer): Buffer {
  const frame = Buffer.allocUnsafeSlow(base64Bytes(plain.length));
  encodeBase64(plain, frame, 0);
  return frame;
}
