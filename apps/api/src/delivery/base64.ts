const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');
const PAD = 0x3d;

/**
 * Base64 (RFC 4648 §4) straight into a buffer. A string could not be wiped, so none is made.
 * @returns bytes written: 4 for each 3, rounded up
 */
export function encodeBase64(bytes: Uint8Array, into: Buffer, offset: number): number {
  let at = offset;
  const whole = bytes.length - (bytes.length % 3);
  for (let i = 0; i < whole; i += 3) {
    const group = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    into[at++] = ALPHABET[group >> 18]!;
    into[at++] = ALPHABET[(group >> 12) & 63]!;
    into[at++] = ALPHABET[(group >> 6) & 63]!;
    into[at++] = ALPHABET[group & 63]!;
  }
  const left = bytes.length - whole;
  if (left > 0) {
    const group = (bytes[whole]! << 16) | (left === 2 ? bytes[whole + 1]! << 8 : 0);
    into[at++] = ALPHABET[group >> 18]!;
    into[at++] = ALPHABET[(group >> 12) & 63]!;
    into[at++] = left === 2 ? ALPHABET[(group >> 6) & 63]! : PAD;
    into[at++] = PAD;
  }
  return at - offset;
}

/** Bytes that `count` bytes take in base64. */
export const base64Bytes = (count: number): number => Math.ceil(count / 3) * 4;
