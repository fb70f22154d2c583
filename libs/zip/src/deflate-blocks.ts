const MAX_BLOCK_BYTES = 0xffff;

/** What a stored block has before its bytes: its kind, its length, and the complement of that. */
const BLOCK_OVERHEAD_BYTES = 5;

/** An empty stored block that is the last of its stream. */
export const LAST_BLOCK: Readonly<Buffer> = Buffer.from([1, 0, 0, 0xff, 0xff]);

/**
 * Bytes as stored blocks of a Deflate stream (RFC 1951 §3.2.4), none of them the last. A new buffer, which whoever
 * asked for it wipes.
 */
export function storedBlocks(plain: Uint8Array): Buffer {
  const blocks = Math.ceil(plain.length / MAX_BLOCK_BYTES);
  const packed = Buffer.allocUnsafeSlow(plain.length + blocks * BLOCK_OVERHEAD_BYTES);
  for (let from = 0, to = 0; from < plain.length; from += MAX_BLOCK_BYTES) {
    const bytes = Math.min(MAX_BLOCK_BYTES, plain.length - from);
    packed.writeUInt8(0, to);
    packed.writeUInt16LE(bytes, to + 1);
    packed.writeUInt16LE(bytes ^ 0xffff, to + 3);
    packed.set(plain.subarray(from, from + bytes), to + BLOCK_OVERHEAD_BYTES);
    to += BLOCK_OVERHEAD_BYTES + bytes;
  }
  return packed;
}
