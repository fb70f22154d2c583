/** Largest prime below 2¹⁶, the modulus of both halves (RFC 1950 section 9). */
const MODULUS = 65_521;

/** Adler-32 of no bytes. */
export const ADLER32_EMPTY = 1;

/**
 * Adler-32 (RFC 1950 section 9) of two runs of bytes in a row, from those of each, without looking at a byte.
 * In the low half, the second run starts from the sum of the first instead of 1. The high half adds up the low
 * halves after every byte, so each of the second run's bytes repeats that offset.
 * @param length bytes of the second run
 * @returns unsigned 32 bits
 */
export function joinAdler32(first: number, second: number, length: number): number {
  const offset = (first & 0xffff) + MODULUS - 1;
  const low = (offset + (second & 0xffff)) % MODULUS;
  const high = ((first >>> 16) + (second >>> 16) + (length % MODULUS) * (offset % MODULUS)) % MODULUS;
  return high * 0x1_0000 + low;
}

/** Bytes that can be added up before the sums leave 32 bits. */
const ADDED_AT_ONCE = 3800;

/** Adler-32 of bytes that follow others, whose Adler-32 is given; unsigned 32 bits. */
export function adler32(bytes: Uint8Array, before = ADLER32_EMPTY): number {
  let [low, high] = [before & 0xffff, before >>> 16];
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(at + ADDED_AT_ONCE, bytes.length);
    for (; at < end; at += 1) {
      low += bytes[at] as number;
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return high * 0x1_0000 + low;
}
