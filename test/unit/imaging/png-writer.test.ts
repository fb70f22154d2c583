import { constants, deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { ADLER32_EMPTY, joinAdler32 } from '#imaging/encode/stripe-deflate.js';
import { encodePng, PngWriter, type PngSource } from '#imaging/encode/png-writer.js';
import { deflateStripe } from '#imaging/encode/stripe-deflate.js';
import { strictlyRead } from '../../harness/strict-png.js';

/** What another decoder sees; it widens gray to three channels, of which one is examined. */
const decoded = async (file: Buffer, channels: number): Promise<Buffer> =>
  channels === 1
    ? sharp(file).extractChannel(0).raw().toBuffer()
    : sharp(file, { limitInputPixels: false }).raw().toBuffer();

// Jest looks a global up anew, and slowly, each time.
const { imul } = Math;

/** Bytes of a linear congruential generator, masked so that some repeat and some rows are alike. */
function noise(length: number, mask = 0xff): Uint8Array {
  let state = length;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) {
    state = (imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = (state >>> 24) & mask;
  }
  return bytes;
}

const side = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 70 }));
const image: fc.Arbitrary<PngSource> = fc
  .record({ width: side, height: side, channels: fc.constantFrom(1 as const, 3 as const, 4 as const) })
  .chain((shape) => {
    const length = shape.width * shape.height * shape.channels;
    const anyBytes = fc.uint8Array({ minLength: length, maxLength: length, size: 'max' });
    const plain = fc.integer({ min: 0, max: 255 }).map((value) => new Uint8Array(length).fill(value));
    const few = fc.constantFrom(0x01, 0x80, 0xff).map((mask) => noise(length, mask));
    return fc.oneof(anyBytes, plain, few).map((data) => ({ ...shape, data }));
  });

async function writtenInPieces({ data, ...shape }: PngSource, rowsAtATime: number[]): Promise<Buffer> {
  const writer = new PngWriter(shape);
  const rowBytes = (shape.width * shape.channels * (shape.depth ?? 8)) / 8;
  for (let at = 0, piece = 0; at < data.length; piece += 1) {
    const rows = data.slice(at, at + rowsAtATime[piece % rowsAtATime.length]! * rowBytes);
    at += rows.length;
    await writer.write(rows);
    // The writer has its own copy.
    rows.fill(0xa5);
  }
  return writer.finish();
}

describe('png writer', () => {
  test('given any image, when encoded, then two decoders read the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(image, async (source) => {
        const file = await encodePng(source);
        expect(strictlyRead(file)).toEqual(source);
        expect(Buffer.compare(await decoded(file, source.channels), source.data)).toBe(0);
      }),
    );
  });

  test.each([1, 3, 4] as const)(
    'given 16 bits in %i channels, when encoded, then two decoders read the same',
    async (channels) => {
      const values = Uint16Array.from({ length: 301 * 211 * channels }, (_, i) => imul(i, 40_503) & 0xffff);
      const data = Buffer.from(Uint16Array.from(values).buffer).swap16();
      const source = { data, width: 301, height: 211, channels, depth: 16 as const };
      const file = await encodePng(source);
      expect(Buffer.compare(strictlyRead(file).data, data)).toBe(0);
      const image = sharp(file).toColourspace(channels === 1 ? 'grey16' : 'rgb16');
      const read = await image.raw({ depth: 'ushort' }).toBuffer();
      expect(Buffer.compare(read, Buffer.from(values.buffer))).toBe(0);
      expect(Buffer.compare(await writtenInPieces(source, [1, 40, 100]), file)).toBe(0);
    },
  );

  test('given rows in groups of any height, when written, then the file is that of the whole image', async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(image, pieces, async (source, rowsAtATime) => {
        const file = await writtenInPieces(source, rowsAtATime);
        expect(Buffer.compare(file, await encodePng(source))).toBe(0);
      }),
    );
  });

  test.each([
    { name: 'large', width: 3000, height: 2000, channels: 4, mask: 0x11 },
    { name: 'grey and of odd width', width: 2999, height: 1500, channels: 1, mask: 0xff },
    { name: 'RGB that does not shrink', width: 1001, height: 901, channels: 3, mask: 0xff },
    { name: 'one row, longer than a stripe', width: 300_000, height: 1, channels: 4, mask: 0xff },
    { name: 'rows, each longer than a stripe', width: 90_001, height: 9, channels: 3, mask: 0x0f },
    { name: 'one column', width: 1, height: 100_003, channels: 4, mask: 0xff },
  ] as const)('given an image of many stripes: $name, when encoded, then it is lossless', async (given) => {
    const { width, height, channels, mask } = given;
    const source = { width, height, channels, data: noise(width * height * channels, mask) };
    const file = await encodePng(source);
    expect(Buffer.compare(strictlyRead(file).data, source.data)).toBe(0);
    expect(Buffer.compare(await decoded(file, channels), source.data)).toBe(0);
    const inPieces = await writtenInPieces(source, [1, 700, 1300]);
    expect(Buffer.compare(inPieces, file)).toBe(0);
  });

  test('given rows that are empty outside of a run, when written, then the file is the same', async () => {
    const row = fc
      .tuple(fc.nat(70), fc.nat(70))
      .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
    const known = fc.record({
      channels: fc.constantFrom(1 as const, 4 as const),
      rows: fc.array(row, { minLength: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(known, async ({ channels, rows }) => {
        const shape = { width: 70, height: rows.length, channels };
        const data = new Uint8Array(70 * channels * rows.length);
        rows.forEach(({ from, to }, y) => {
          data.set(noise((to - from) * channels), (70 * y + from) * channels);
        });
        const writer = new PngWriter(shape);
        await writer.write(data, (y) => rows[y]!);
        const file = await writer.finish();
        expect(Buffer.compare(file, await encodePng({ ...shape, data }))).toBe(0);
        expect([...strictlyRead(file).data]).toEqual([...data]);
      }),
    );
  });

  test('given a view into a larger buffer, when encoded, then only the view is read', async () => {
    const data = noise(3 + 7 * 5 * 4).subarray(3);
    const file = await encodePng({ data, width: 7, height: 5, channels: 4 });
    expect([...strictlyRead(file).data]).toEqual([...data]);
  });

  test('given rows are missing, when finished, then it fails', async () => {
    const writer = new PngWriter({ width: 4, height: 3, channels: 4 });
    await writer.write(noise(2 * 16));
    await expect(writer.finish()).rejects.toThrow('Rows are missing');
  });

  test('given bytes that do not fit the size, when encoded, then it fails', async () => {
    const shape = { width: 4, height: 3, channels: 4 } as const;
    await expect(encodePng({ ...shape, data: noise(47) })).rejects.toThrow('not whole rows');
    await expect(encodePng({ ...shape, data: noise(64) })).rejects.toThrow('More rows');
    await expect(encodePng({ ...shape, data: noise(0) })).rejects.toThrow('missing');
    for (const bad of [{ width: 0 }, { height: 0 }, { height: 2 ** 31 }, { width: 1.5 }]) {
      expect(() => new PngWriter({ ...shape, ...bad })).toThrow('A side is');
    }
  });

  test('given an unfinished write, when more is written, then that fails and the file is intact', async () => {
    const source = { width: 2000, height: 1000, channels: 4 as const, data: noise(8_000_000, 0x33) };
    const writer = new PngWriter(source);
    const half = source.data.length / 2;
    const first = writer.write(source.data.subarray(0, half));
    await expect(writer.write(source.data.subarray(half))).rejects.toThrow('before the last one finished');
    await first;
    await writer.write(source.data.subarray(half));
    expect(Buffer.compare(strictlyRead(await writer.finish()).data, source.data)).toBe(0);
  });

  test.each(['finished', 'short of a row', 'given up'])(
    'given a writer that is %s, when done, then its buffers contain nothing of the image',
    async (end) => {
      const [width, height] = [500, 400];
      const writer = new PngWriter({ width, height, channels: 4 });
      const rows = noise(width * 4 * (end === 'finished' ? height : height - 1));
      await writer.write(rows);
      expect((await heldBy(writer)).includes(Buffer.from(rows.subarray(0, 100)))).toBe(true);
      if (end === 'finished') await writer.finish();
      else if (end === 'given up') await writer.discard();
      else await expect(writer.finish()).rejects.toThrow();
      const held = await heldBy(writer);
      expect(held.length).toBeGreaterThan(rows.length / 2);
      expect(held.equals(Buffer.alloc(held.length))).toBe(true);
    },
  );

  test('given an image of many stripes, when written at once, then only a few are in memory', async () => {
    const source = { width: 2000, height: 2000, channels: 4 as const, data: new Uint8Array(16_000_000) };
    const writer = new PngWriter(source);
    await writer.write(source.data);
    expect((await heldBy(writer)).length).toBeLessThan(2_000_000);
    await writer.discard();
  });

  test('given two byte sequences, when their checksums are joined, then the result is that of both', () => {
    const adlerOf = (bytes: Uint8Array): number =>
      deflateSync(bytes).readUInt32BE(deflateSync(bytes).length - 4);
    const run = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 65_000, max: 140_000 }).map((length) => noise(length)),
      fc.integer({ min: 65_000, max: 140_000 }).map((length) => new Uint8Array(length).fill(255)),
    );
    fc.assert(
      fc.property(run, run, (first, second) => {
        const joined = joinAdler32(adlerOf(first), adlerOf(second), second.length);
        expect(joined).toBe(adlerOf(Buffer.concat([first, second])));
        expect(joinAdler32(ADLER32_EMPTY, adlerOf(second), second.length)).toBe(adlerOf(second));
      }),
    );
  });

  test('given bytes, when deflated as a stripe, then the blocks are aligned, not final, and complete', async () => {
    const anyStripe = fc.uint8Array({ minLength: 1, maxLength: 5000, size: 'max' });
    await fc.assert(
      fc.asyncProperty(anyStripe, fc.constantFrom('color', 'matte'), async (bytes, content) => {
        const { blocks, length } = await deflateStripe(bytes, content);
        expect(length).toBe(bytes.length);
        expect(blocks.subarray(-4).toString('hex')).toBe('0000ffff');
        const stream = Buffer.concat([Buffer.from([0x78, 0x5e]), blocks]);
        const inflated = inflateSync(stream, { finishFlush: constants.Z_SYNC_FLUSH });
        expect(Buffer.compare(inflated, bytes)).toBe(0);
      }),
    );
  });
});

/** Every byte that a writer still refers to, but for its size and counters. */
async function heldBy(writer: PngWriter): Promise<Buffer> {
  const own = writer as unknown as {
    above: Uint8Array;
    buffers: Buffer[];
    stripes: Promise<{ blocks: Buffer }>[];
  };
  const stripes = await Promise.all(own.stripes);
  return Buffer.concat([own.above, ...own.buffers, ...stripes.map(({ blocks }) => blocks)]);
}
