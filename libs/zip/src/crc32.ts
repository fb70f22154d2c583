/** CRC-32 for browsers, which lack `node:zlib`. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 (ISO 3309, as in ZIP and PNG) of bytes; `previous` is the checksum of the bytes before them. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  let value = ~previous;
  for (const byte of bytes) value = (TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return ~value >>> 0;
}

/** CRC-32 of a blob, read in chunks. */
export async function crc32OfBlob(blob: Blob): Promise<number> {
  const reader: ReadableStreamDefaultReader<Uint8Array> = blob.stream().getReader();
  let crc = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return crc;
    crc = crc32(value, crc);
  }
}
