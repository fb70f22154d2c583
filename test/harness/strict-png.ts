import { crc32, inflateSync } from 'node:zlib';
import type { PngSource, PngShape } from '#imaging/encode/png-writer.js';

const COLOR_TYPES = { 1: 0, 3: 2, 4: 6 };

/** A strict reader of what the writer may write; throws at anything else, a wrong checksum included. */
export function strictlyRead(file: Buffer): PngSource {
  expect(file.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < file.length;) {
    const end = at + 8 + file.readUInt32BE(at);
    expect(file.readUInt32BE(end)).toBe(crc32(file.subarray(at + 4, end)));
    chunks.push({ type: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, end) });
    at = end + 4;
  }
  expect(chunks.map(({ type }) => type).join(' ')).toMatch(/^IHDR( IDAT)+ IEND$/);
  const head = chunks[0]!.data;
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const channels = head[9] === 0 ? 1 : head[9] === 2 ? 3 : 4;
  const depth = head[8] === 16 ? 16 : 8;
  expect([...head.subarray(8)]).toEqual([depth, COLOR_TYPES[channels], 0, 0, 0]);
  expect(chunks.at(-1)!.data).toHaveLength(0);
  const stream = Buffer.concat(chunks.slice(1, -1).map(({ data }) => data));
  // Fails at a wrong Adler-32 and at a stream that ends too early; `info` reports bytes after the end.
  const { buffer, engine } = inflateSync(stream, { info: true }) as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
  expect(engine.bytesWritten).toBe(stream.length);
  const shape: PngShape = { width, height, channels, ...(depth === 16 && { depth: 16 as const }) };
  return { data: unfiltered(buffer, shape), ...shape };
}

/** Rows without the filter "Up", byte by byte as the specification writes it. */
function unfiltered(filtered: Buffer, { width, height, channels, depth = 8 }: PngShape): Uint8Array {
  const rowBytes = (width * channels * depth) / 8;
  expect(filtered).toHaveLength(height * (rowBytes + 1));
  const data = new Uint8Array(height * rowBytes);
  const filters = new Set<number>();
  for (let y = 0; y < height; y += 1) {
    filters.add(filtered[y * (rowBytes + 1)]!);
    for (let x = 0; x < rowBytes; x += 1) {
      const above = y === 0 ? 0 : data[(y - 1) * rowBytes + x]!;
      data[y * rowBytes + x] = filtered[y * (rowBytes + 1) + 1 + x]! + above;
    }
  }
  expect([...filters]).toEqual([2]);
  return data;
}
