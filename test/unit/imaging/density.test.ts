import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { squareFrame } from '#imaging/decode/decode.js';
import { cutOut } from '#imaging/cutout-pipeline.js';
import { densityOf, densityOfTiff, jfifOf, physOf } from '#imaging/formats/density.js';
import { encodeCutout } from '#imaging/encode/encode.js';
import { readDensity } from '#imaging/guard/image-density.js';
import { encodePng } from '#imaging/encode/png-writer.js';
import { unzip } from '../../harness/unzip.js';
import { pngChunk } from '../../hostile/makers/png-maker.js';

const LIMITS = { maxPixels: 1e6, maxProgressivePixels: 1e6, maxSidePixels: 10_000 };
const picture = (): Sharp => sharp({ create: { width: 60, height: 40, channels: 3, background: '#c0ffee' } });

/** A PNG without any density: sharp writes one of its own. */
const plainPng = (): Promise<Buffer> =>
  encodePng({ data: Buffer.alloc(60 * 40 * 3, 90), width: 60, height: 40, channels: 3 });

/** The density that a reader of another make finds, dots per inch across; undefined when there is none. */
const dpiOf = async (file: Buffer): Promise<number | undefined> => (await sharp(file).metadata()).density;

/** All of the middle is the subject. */
const network = {
  inputFor: () => squareFrame(32),
  segment: async () => ({
    data: Uint8Array.from({ length: 1024 }, (_, i) => (i % 32 > 8 && i % 32 < 24 ? 255 : 0)),
    width: 32,
    height: 32,
  }),
};
const cutOutAs = async (image: Buffer, asked: Record<string, unknown>): Promise<Buffer> => {
  const options = jobOptionsSchema.parse(asked);
  return (await cutOut({ image, options, limits: LIMITS, network, onStage: () => undefined })).data;
};

/** A JPEG that starts with these segments. */
async function jpegWith(...segments: Buffer[]): Promise<Buffer> {
  const jpeg = await picture().jpeg().toBuffer();
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}
const exifSegment = (tiff: Buffer): Buffer => {
  const head = Buffer.from('\xff\xe1\0\0Exif\0\0', 'latin1');
  head.writeUInt16BE(tiff.length + 8, 2);
  return Buffer.concat([head, tiff]);
};

/** A TIFF structure with resolutions, their unit (none where undefined) and an orientation. */
function tiffOf(
  [x, y]: [number, number],
  unit: number | undefined,
  orientation: number,
  order: string,
): Buffer {
  const little = order === 'II';
  const tiff = Buffer.alloc(100);
  const u16 = (value: number, at: number) =>
    little ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at);
  const u32 = (value: number, at: number) =>
    little ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at);
  tiff.write(order, 0, 'latin1');
  u16(42, 2);
  u32(8, 4);
  const entries = [
    [274, 3, orientation],
    [282, 5, 80],
    [283, 5, 88],
    ...(unit === undefined ? [] : [[296, 3, unit]]),
  ];
  u16(entries.length, 8);
  entries.forEach(([tag, type, value], i) => {
    u16(tag!, 10 + 12 * i);
    u16(type!, 12 + 12 * i);
    u32(1, 14 + 12 * i);
    if (type === 3) u16(value!, 18 + 12 * i);
    else u32(value!, 18 + 12 * i);
  });
  [x * 100, 100, y * 100, 100].forEach((value, i) => u32(value, 80 + 4 * i));
  return tiff;
}

describe('density', () => {
  test.each([
    ['a JPEG', () => picture().withMetadata({ density: 300 }).jpeg().toBuffer()],
    ['a PNG', () => picture().withMetadata({ density: 300 }).png().toBuffer()],
    ['a JPEG that says it in EXIF alone', () => jpegWith(exifSegment(tiffOf([300, 300], 2, 1, 'II')))],
  ])(
    'given %s of 300 dots per inch, when cut out, then the result has them, resized or not',
    async (_, make) => {
      for (const asked of [{}, { format: 'jpg' }, { size: 'preview', crop: true }, { only: 'alpha' }]) {
        expect([asked, await dpiOf(await cutOutAs(await make(), asked))]).toEqual([asked, 300]);
      }
      const files = unzip(await cutOutAs(await make(), { format: 'zip' }));
      expect(await Promise.all([...files.values()].map(dpiOf))).toEqual([300, 300]);
    },
  );

  test('given a picture without a density, when cut out, then the result has none', async () => {
    const plain = await plainPng();
    expect(readDensity(plain)).toBeUndefined();
    const result = await cutOutAs(plain, {});
    expect(result.includes('pHYs')).toBe(false);
    expect((await cutOutAs(await picture().jpeg().toBuffer(), { format: 'jpg' })).includes('JFIF')).toBe(
      false,
    );
  });

  test.each(['II', 'MM'])('given EXIF in order %s, when read, then unit and orientation count', (order) => {
    expect(densityOfTiff(tiffOf([254, 508], 2, 1, order))).toEqual({ x: 10_000, y: 20_000 });
    expect(densityOfTiff(tiffOf([254, 508], undefined, 1, order))).toEqual({ x: 10_000, y: 20_000 });
    expect(densityOfTiff(tiffOf([100, 200], 3, 1, order))).toEqual({ x: 10_000, y: 20_000 });
    expect(densityOfTiff(tiffOf([100, 200], 1, 1, order))).toBeUndefined();
    expect(densityOfTiff(tiffOf([0, 0], 2, 1, order))).toBeUndefined();
  });

  test('given different densities across and down in a rotated picture, when read, then they are swapped', async () => {
    const turned = exifSegment(tiffOf([254, 508], 2, 6, 'MM'));
    expect(readDensity(await jpegWith(turned))).toEqual({ x: 20_000, y: 10_000 });
    const jfif = jfifOf({ x: 10_000, y: 20_000 });
    expect(readDensity(await jpegWith(jfif, turned))).toEqual({ x: 20_000, y: 10_000 });
    expect(readDensity(await jpegWith(jfif))).toEqual({ x: 10_000, y: 20_000 });
  });

  test('given an aspect ratio, a damaged chunk or implausible numbers, when read, then there is no density', async () => {
    const plain = await plainPng();
    const withChunk = (chunk: Buffer): Buffer =>
      Buffer.concat([plain.subarray(0, 33), chunk, plain.subarray(33)]);
    const phys = physOf({ x: 11_811, y: 11_811 });
    expect(readDensity(withChunk(pngChunk('pHYs', phys)))).toEqual({ x: 11_811, y: 11_811 });
    expect(readDensity(withChunk(pngChunk('pHYs', phys, 1)))).toBeUndefined();
    expect(readDensity(withChunk(pngChunk('pHYs', phys.fill(0, 8))))).toBeUndefined();
    expect(readDensity(withChunk(pngChunk('pHYs', Buffer.alloc(9, 255))))).toBeUndefined();
    const ratio = jfifOf({ x: 11_811, y: 11_811 });
    ratio[11] = 0;
    expect(readDensity(await jpegWith(ratio))).toBeUndefined();
  });

  test("given any density, when written and read again, then it is the same within the format's precision", async () => {
    const perMeter = fc.integer({ min: 79, max: 600_000 });
    const data = Buffer.alloc(16, 200);
    await fc.assert(
      fc.asyncProperty(perMeter, perMeter, async (x, y) => {
        const density = densityOf(x, y)!;
        const png = await encodeCutout(
          { data, width: 2, height: 2 },
          { format: 'png', only: 'cutout', density },
        );
        expect(readDensity(png)).toEqual(density);
        const jpg = await encodeCutout(
          { data, width: 2, height: 2 },
          { format: 'jpg', only: 'cutout', density },
        );
        const found = readDensity(jpg)!;
        expect(Math.abs(found.x - x)).toBeLessThanOrEqual(20);
        expect(Math.abs(found.y - y)).toBeLessThanOrEqual(20);
      }),
      { numRuns: 50 },
    );
  });

  test('given any bytes as EXIF, when read, then reading ends within bounds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom('II', 'MM'), (bytes, order) => {
        const found = densityOfTiff(Buffer.concat([Buffer.from(order), bytes]));
        expect(found === undefined || (found.x >= 79 && found.y >= 79)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
