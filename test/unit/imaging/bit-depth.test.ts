import sharp from 'sharp';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { cutOut } from '#imaging/cutout-pipeline.js';
import { byteOf, toRaster16 } from '#imaging/raster/raster.js';
import { encodePng } from '#imaging/encode/png-writer.js';
import { pngChunk } from '../../hostile/makers/png-maker.js';
import { depthsOf, squareFrame } from '#imaging/decode/decode.js';

const LIMITS = { maxPixels: 1e6, maxProgressivePixels: 1e6, maxSidePixels: 10_000 };
const [WIDTH, HEIGHT] = [96, 64];
const GRID = 32;
const WIDER = 257;

/** The middle is the subject, with soft edges. */
const network = {
  inputFor: () => squareFrame(GRID),
  segment: async () => ({
    data: Uint8Array.from({ length: GRID * GRID }, (_, i) => {
      const x = i % GRID;
      return x < 8 || x > 24 ? 0 : x === 8 || x === 24 ? 128 : 255;
    }),
    width: GRID,
    height: GRID,
  }),
};

/** The middle half, which is surely the subject. */
const isInside = (x: number): boolean => x > 0.4 * WIDTH && x < 0.6 * WIDTH;

async function cutOutAs(image: Buffer, asked: Record<string, unknown>): Promise<Buffer> {
  const options = jobOptionsSchema.parse({ bit_depth: '16', ...asked });
  const job = { image: Buffer.from(image), options, limits: LIMITS, network, onStage: () => undefined };
  return (await cutOut(job)).data;
}

/** Values of 16 bits, four a pixel, as a reader of another make sees them. */
async function deepOf(file: Buffer): Promise<Uint16Array> {
  const read = sharp(file).toColourspace('rgb16').ensureAlpha().raw({ depth: 'ushort' });
  const { buffer, byteOffset, length } = await read.toBuffer();
  return new Uint16Array(buffer, byteOffset, length / 2);
}

/** A slow gradient, of which no two neighbors have the same 16-bit value and many the same 8-bit one. */
async function gradient(channels: 1 | 3 | 4, depth: 8 | 16): Promise<Buffer> {
  const values = Uint16Array.from({ length: WIDTH * HEIGHT * channels }, (_, i) => {
    if (channels === 4 && i % 4 === 3) return 65_535;
    return 9000 + 13 * Math.floor(i / channels / 2) + 5000 * (i % channels);
  });
  const shape = { width: WIDTH, height: HEIGHT, channels };
  if (depth === 8) return encodePng({ ...shape, data: Uint8Array.from(values, byteOf) });
  return encodePng({ ...shape, depth, data: Buffer.from(values.buffer).swap16() });
}

describe('results of 16 bits a channel', () => {
  test.each([1, 3, 4] as const)(
    'given 16 bits in %i channels, when cut out, then the subject is exact',
    async (channels) => {
      const source = await gradient(channels, 16);
      const wanted = await deepOf(source);
      const file = await cutOutAs(source, {});
      expect([file[24], file[25]]).toEqual([16, 6]);
      const found = await deepOf(file);
      let inside = 0;
      for (let at = 0; at < found.length; at += 4) {
        const pixel = [...found.subarray(at, at + 4)];
        if (pixel[3] === 0) expect(pixel).toEqual([0, 0, 0, 0]);
        if (!isInside((at / 4) % WIDTH)) continue;
        inside += 1;
        expect(pixel).toEqual([...wanted.subarray(at, at + 4)]);
      }
      expect(inside).toBeGreaterThan(1000);
      expect(found.some((value, i) => i % 4 === 0 && value === 0 && found[i + 3] === 0)).toBe(true);
    },
  );

  test('given an image of 8 bits, when 16 are requested, then the result is that of 8 bits, widened', async () => {
    const source = await gradient(3, 8);
    const plain = await sharp(await cutOutAs(source, { bit_depth: '8' }))
      .raw()
      .toBuffer();
    const deep = await deepOf(await cutOutAs(source, {}));
    expect([...deep]).toEqual([...plain].map((value) => WIDER * value));
  });

  test('given "auto", when cut out, then the result has the depth of the image', async () => {
    const auto = { bit_depth: 'auto' };
    expect((await cutOutAs(await gradient(3, 16), auto))[24]).toBe(16);
    expect((await cutOutAs(await gradient(3, 8), auto))[24]).toBe(8);
    const jpeg = await sharp(await gradient(3, 8))
      .jpeg()
      .toBuffer();
    expect((await cutOutAs(jpeg, auto))[24]).toBe(8);
  });

  test.each([
    { crop: true, crop_margin: '10px' },
    { crop: true, scale: 'original', bg_color: '80a0c0' },
    { scale: '60%', position: 'center' },
    { bg_color: '80a0c0', add_shadow: true },
    { add_shadow: true },
    { size: 'preview' },
  ])('given %j, when cut out, then the result is that of 8 bits, only finer', async (asked) => {
    const source = await gradient(3, 16);
    const [deep, plain] = [
      await cutOutAs(source, asked),
      await cutOutAs(source, { ...asked, bit_depth: '8' }),
    ];
    const facts = await sharp(deep).metadata();
    const { width, height, channels } = await sharp(plain).metadata();
    expect(facts).toMatchObject({ width, height, channels, depth: 'ushort' });
    const bytes = await sharp(plain).ensureAlpha().raw().toBuffer();
    const values = await deepOf(deep);
    // Where little is seen of a pixel, its color is little known at 8 bits.
    const off = values.map((value, i) => (Math.abs(byteOf(value) - bytes[i]!) * bytes[i | 3]!) / 255);
    expect(Math.max(...off)).toBeLessThanOrEqual(2);
    expect(values.some((value) => value % WIDER !== 0)).toBe(true);
  });

  test('given a Display P3 profile or linear values, when cut out, then colors are those of the result of 8 bits', async () => {
    const plain16 = await gradient(3, 16);
    const p3 = await sharp(plain16).toColourspace('rgb16').withIccProfile('p3').png().toBuffer();
    const linear = pngChunk('gAMA', Buffer.from([0, 1, 0x86, 0xa0]));
    const coded = Buffer.concat([plain16.subarray(0, 33), linear, plain16.subarray(33)]);
    for (const source of [p3, coded]) {
      const deep = await deepOf(await cutOutAs(source, {}));
      const plain = await sharp(await cutOutAs(source, { bit_depth: '8' }))
        .raw()
        .toBuffer();
      expect(Math.max(...deep.map((value, i) => Math.abs(byteOf(value) - plain[i]!)))).toBeLessThanOrEqual(1);
    }
  });

  test('given low bits in an invisible pixel, when converted to 16 bits, then none of them remain', () => {
    const deep = { data: Uint16Array.of(100, 120, 90, 65_535, 300, 400, 500, 65_535), width: 2, height: 1 };
    const image = { data: Uint8Array.of(0, 0, 0, 0, 1, 2, 2, 128), width: 2, height: 1 };
    expect([...toRaster16(image, deep).data]).toEqual([0, 0, 0, 0, 300, 400, 500, 128 * WIDER]);
  });

  test('given more than 25 million pixels, when the depth is chosen, then 16 bits are rejected and "auto" is 8', () => {
    const size = { width: 5001, height: 5000 };
    expect(() => depthsOf({ bit_depth: '16' }, { isDeep: true }, size)).toThrow(
      expect.objectContaining({ code: 'image-too-many-pixels' }) as Error,
    );
    expect(depthsOf({ bit_depth: 'auto' }, { isDeep: true }, size)).toEqual({ decoded: 8, result: 8 });
    expect(depthsOf({ bit_depth: '8' }, { isDeep: true }, size)).toEqual({ decoded: 8, result: 8 });
  });
});
