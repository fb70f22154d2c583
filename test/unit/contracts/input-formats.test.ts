import sharp, { type Sharp } from 'sharp';
import { decodeForModel, decodeFull, readImageHeader, squareFrame } from '#imaging/decode/decode.js';
import { openImage } from '#imaging/guard/image-opening.js';
import { plainPng } from '#imaging/formats/plain-image.js';
import { allowFormats } from '#imaging/raster/sharp.js';
import { INPUT_FORMATS } from '#contracts/input-formats.js';
import { avif, codedPixels, isoBox } from '../../hostile/makers/avif-maker.js';
import { bmp } from '../../hostile/makers/bmp-maker.js';
import { gif } from '../../hostile/makers/gif-maker.js';
import { tiff } from '../../hostile/makers/tiff-maker.js';

const LIMITS = { maxPixels: 1e6, maxProgressivePixels: 1e6, maxSidePixels: 20_000 };
const SIZE = { width: 131, height: 97 };

/** Loaders that the service never opens: here they tell what pixels are right. */
const REFERENCES = ['VipsForeignLoadNsgifBuffer', 'VipsForeignLoadTiffBuffer'];

/** A picture with noise and a slope in each channel: tables of codes fill up, and no two rows are alike. */
function noise(channels: 1 | 2 | 3 | 4, opaqueBelow = 0): Sharp {
  const { width, height } = SIZE;
  let seed = 12_345;
  const data = Buffer.from(
    Array.from({ length: width * height * channels }, (_, i) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      const isAlpha = (channels === 2 || channels === 4) && i % channels === channels - 1;
      return isAlpha ? Math.max(opaqueBelow, seed % 256) : ((i / channels / width) * 2 + (seed % 90)) & 255;
    }),
  );
  return sharp(data, { raw: { ...SIZE, channels } });
}

/** Pixels of a file as libvips reads them, upright. */
async function reference(file: Buffer): Promise<Buffer> {
  sharp.unblock({ operation: REFERENCES });
  try {
    const opened = sharp(file, { failOn: 'none' }).autoOrient().toColourspace('srgb').ensureAlpha();
    return await opened.raw({ depth: 'uchar' }).toBuffer();
  } finally {
    sharp.block({ operation: REFERENCES });
  }
}

/** Pixels of a file as the service reads them. */
async function pixelsOf(
  file: Buffer,
): Promise<{ data: Buffer; width: number; height: number; isOpaque: boolean }> {
  const opened = openImage(Buffer.from(file), LIMITS);
  const raster = await decodeFull(opened.image, LIMITS.maxPixels);
  const { isOpaque } = await readImageHeader(opened.image);
  expect((await decodeForModel(opened.image, squareFrame(32), LIMITS.maxPixels)).data.length).toBe(
    3 * 32 * 32,
  );
  return { ...raster, isOpaque };
}

/** The largest difference of two images where either shows anything. */
function difference(one: Buffer, other: Buffer): number {
  expect(one.length).toBe(other.length);
  let max = 0;
  for (let i = 0; i < one.length; i += 1) {
    const isHidden = one[i | 3] === 0 && other[i | 3] === 0;
    if (!isHidden) max = Math.max(max, Math.abs(one[i]! - other[i]!));
  }
  return max;
}

describe('formats with own decoders', () => {
  const tiffs: [string, () => Sharp, number][] = [];
  for (const compression of ['none', 'lzw', 'deflate', 'packbits'] as const) {
    tiffs.push([`RGB ${compression}`, () => noise(3).tiff({ compression, predictor: 'none' }), 0]);
    tiffs.push([`gray ${compression}`, () => noise(1).toColourspace('b-w').tiff({ compression }), 0]);
  }
  for (const compression of ['lzw', 'deflate'] as const) {
    tiffs.push([
      `RGB ${compression}, horizontal`,
      () => noise(3).tiff({ compression, predictor: 'horizontal' }),
      0,
    ]);
    tiffs.push([
      `16 bits ${compression}`,
      () => noise(3).toColourspace('rgb16').tiff({ compression, predictor: 'horizontal' }),
      1,
    ]);
    tiffs.push([
      `RGBA ${compression} in tiles`,
      () => noise(4).tiff({ compression, tile: true, tileWidth: 32, tileHeight: 48 }),
      0,
    ]);
  }
  tiffs.push(
    ['BigTIFF', () => noise(3).tiff({ compression: 'lzw', bigtiff: true }), 0],
    [
      '1 bit',
      () => noise(1).threshold(100).toColourspace('b-w').tiff({ compression: 'none', bitdepth: 1 }),
      0,
    ],
    [
      '1 bit, white is 0',
      () =>
        noise(1)
          .threshold(100)
          .toColourspace('b-w')
          .tiff({ compression: 'deflate', bitdepth: 1, predictor: 'none', miniswhite: true }),
      0,
    ],
    [
      '4 bits',
      () => noise(1).toColourspace('b-w').tiff({ compression: 'lzw', predictor: 'none', bitdepth: 4 }),
      0,
    ],
    ['Display P3', () => noise(3).withIccProfile('p3').tiff({ compression: 'lzw' }), 1],
    ['premultiplied alpha', () => noise(4, 90).tiff({ compression: 'deflate' }), 0],
    ['orientation 6', () => noise(3).tiff({ compression: 'lzw' }).withMetadata({ orientation: 6 }), 0],
  );

  test.each(tiffs)(
    'given a TIFF in %s, when it is opened, then its pixels are those of libtiff',
    async (_, make, tolerance) => {
      const file = await make().toBuffer();
      expect(difference((await pixelsOf(file)).data, await reference(file))).toBeLessThanOrEqual(tolerance);
    },
  );

  test('given a TIFF with a profile in 16 bits, when it is opened, then its colors are correct', async () => {
    const color = { width: 16, height: 16, channels: 3, background: { r: 230, g: 60, b: 40 } } as const;
    const file = await sharp({ create: color })
      .withIccProfile('p3')
      .toColourspace('rgb16')
      .tiff({ compression: 'lzw' })
      .toBuffer();
    const { data } = await pixelsOf(file);
    [230, 60, 40].forEach((value, i) => expect(Math.abs(data[i]! - value)).toBeLessThanOrEqual(3));
  });

  test('given planes, palettes and associated alpha, when a TIFF is opened, then they are applied', async () => {
    const [red, green, blue] = [Buffer.from([200, 10]), Buffer.from([100, 20]), Buffer.from([50, 30])];
    const planes = tiff({ width: 2, height: 1, strips: [red, green, blue], fields: { 284: [2] } });
    expect([...(await pixelsOf(planes)).data]).toEqual([200, 100, 50, 255, 10, 20, 30, 255]);
    const map = [0, 65_535, 0x1234, 0].concat([0, 0, 0x5678, 0], [0, 0, 0x9abc, 0]);
    const palette = { 258: [2], 262: [3], 277: [1], 320: map };
    const indexed = tiff({ width: 3, height: 1, strips: [Buffer.from([0b01_10_00_00])], fields: palette });
    expect([...(await pixelsOf(indexed)).data]).toEqual([
      255, 0, 0, 255, 0x12, 0x56, 0x9a, 255, 0, 0, 0, 255,
    ]);
    const alpha = { 258: [8, 8, 8, 8], 277: [4], 338: [1] };
    const associated = tiff({
      width: 2,
      height: 1,
      strips: [Buffer.from([100, 50, 0, 128, 0, 0, 0, 0])],
      fields: alpha,
    });
    expect([...(await pixelsOf(associated)).data]).toEqual([199, 100, 0, 128, 0, 0, 0, 0]);
    const unspecified = tiff({
      width: 1,
      height: 1,
      strips: [Buffer.from([1, 2, 3, 0])],
      fields: { ...alpha, 338: [0] },
    });
    expect(await pixelsOf(unspecified)).toMatchObject({ data: Buffer.from([1, 2, 3, 255]), isOpaque: true });
  });

  const gifs: [string, () => Sharp][] = [
    ['256 colors', () => noise(3).gif({ dither: 0 })],
    ['4 colors', () => noise(3).gif({ colors: 4 })],
    ['transparency', () => noise(4).gif({ colors: 16 })],
    ['interlacing', () => noise(3).gif({ progressive: true })],
  ];

  test.each(gifs)(
    'given a GIF of %s, when it is opened, then its pixels are those of libnsgif',
    async (_, make) => {
      const file = await make().toBuffer();
      expect(difference((await pixelsOf(file)).data, await reference(file))).toBe(0);
    },
  );

  test('given a GIF whose frame does not cover its screen, when it is opened, then the rest is transparent', async () => {
    const { data, isOpaque } = await pixelsOf(
      gif({ width: 4, height: 2 }, [{ width: 2, height: 2, left: 1 }]),
    );
    expect([3, 7, 11, 15].map((at) => data[at])).toEqual([0, 255, 255, 0]);
    expect(isOpaque).toBe(false);
    expect((await pixelsOf(gif({ width: 4, height: 2 }))).isOpaque).toBe(true);
  });

  test('given a GIF whose frame uses all 256 colors and does not cover its screen, when it is opened, then both are correct', async () => {
    const file = await noise(3).gif({ dither: 0, effort: 1 }).toBuffer();
    const whole = (await pixelsOf(file)).data;
    file.writeUInt16LE(SIZE.width + 3, 6);
    const { data, width } = await pixelsOf(file);
    expect(width).toBe(SIZE.width + 3);
    for (const y of [0, 50, 96]) {
      const row = data.subarray(4 * y * width, 4 * (y * width + SIZE.width));
      expect(row.equals(whole.subarray(4 * y * SIZE.width, 4 * (y + 1) * SIZE.width))).toBe(true);
      expect(data[4 * (y * width + SIZE.width) + 3]).toBe(0);
    }
  });

  test('given a BMP with masks, when it is opened, then its alpha follows them', async () => {
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000];
    const file = bmp({ width: 2, height: 2, bits: 32, method: 3, header: 124, masks, opacity: 100 });
    expect((await pixelsOf(file)).data[3]).toBe(100);
    expect((await pixelsOf(bmp({ width: 2, height: 2, bits: 32, opacity: 100 }))).isOpaque).toBe(true);
    const jump = Buffer.from([1, 3, 0, 2, 1, 0, 1, 2, 0, 0, 3, 1, 0, 1]);
    const { data } = await pixelsOf(bmp({ width: 3, height: 2, bits: 8, method: 1, pixels: jump }));
    expect([15, 19, 23].map((at) => data[at])).toEqual([255, 0, 255]);
  });

  test('given a density in a BMP and a TIFF, when they are opened, then it is kept', async () => {
    const found = async (file: Buffer): Promise<number | undefined> =>
      (await sharp(openImage(file, LIMITS).image).metadata()).density;
    expect(await found(bmp(SIZE))).toBe(300);
    const file = await noise(3).withMetadata({ density: 144 }).tiff({ compression: 'lzw' }).toBuffer();
    expect(await found(file)).toBe(144);
  });
});

test('given pixels and a palette, when they are written as a PNG, then they are wiped', () => {
  const image = {
    width: 2,
    height: 1,
    channels: 1 as const,
    depth: 8 as const,
    data: Buffer.from([1, 2]),
    palette: { colors: Buffer.alloc(768, 7), opacity: Buffer.alloc(256, 9) },
  };
  expect(plainPng(image).includes(Buffer.alloc(20, 7))).toBe(true);
  const { colors, opacity } = image.palette;
  for (const bytes of [image.data, colors, opacity]) expect(bytes.every((byte) => byte === 0)).toBe(true);
});

describe('AVIF', () => {
  test('given an AVIF with alpha and metadata, when it is opened, then its pixels are the same and the metadata is removed', async () => {
    const make = (): Sharp => noise(4).avif({ quality: 60, effort: 0 });
    const file = await make()
      .withExif({ IFD0: { Artist: 'a person' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">a place</x:xmpmeta>')
      .toBuffer();
    const before = await reference(file);
    const { image } = openImage(file, LIMITS);
    for (const secret of ['a person', 'a place', 'Exif']) expect(image.includes(secret)).toBe(false);
    expect(difference((await decodeFull(image, LIMITS.maxPixels)).data, before)).toBe(0);
    const { exif, xmp } = await sharp(image).metadata();
    expect([exif, xmp]).toEqual([undefined, undefined]);
  });

  test('given an AVIF of 10 bits with a profile, when it is opened, then its colors are correct', async () => {
    const color = { width: 64, height: 64, channels: 3, background: { r: 230, g: 60, b: 40 } } as const;
    const file = await sharp({ create: color })
      .withIccProfile('p3')
      .avif({ bitdepth: 10, quality: 90, effort: 0 })
      .toBuffer();
    const { data } = await pixelsOf(file);
    [230, 60, 40].forEach((value, i) => expect(Math.abs(data[i]! - value)).toBeLessThanOrEqual(6));
  });

  // White of 203 cd/m² in PQ, which the shoulder takes a little from, and a red of sRGB in Display P3.
  const CODED = [
    { name: 'BT.2020 in PQ', codes: [9, 16], stored: [148, 148, 148], right: [243, 243, 243], tolerance: 14 },
    { name: 'Display P3', codes: [12, 13], stored: [212, 74, 52], right: [230, 60, 40], tolerance: 4 },
    { name: 'BT.709', codes: [1, 13], stored: [120, 60, 30], right: [120, 60, 30], tolerance: 3 },
  ];

  test.each(CODED)(
    'given an AVIF that names $name, when it is opened, then its colors are those of sRGB',
    async (each) => {
      const [r, g, b] = each.stored;
      const size = { width: 64, height: 48 };
      const flat = sharp({ create: { ...size, channels: 3, background: { r, g, b } } });
      const coded = await codedPixels(flat);
      const [primaries = 0, transfer = 0] = each.codes;
      const named = Buffer.from([0x6e, 0x63, 0x6c, 0x78, 0, primaries, 0, transfer, 0, 6, 0x80]);
      const { data } = await pixelsOf(avif({ ...size, coded, properties: [isoBox('colr', named)] }));
      each.right.forEach((value, i) =>
        expect(Math.abs(data[i]! - value)).toBeLessThanOrEqual(each.tolerance),
      );
    },
  );

  test('given that AVIF is not enabled, when an AVIF is decoded, then it is rejected', async () => {
    const file = await noise(3).avif({ effort: 0 }).toBuffer();
    const { image } = openImage(file, LIMITS);
    allowFormats(['jpeg']);
    try {
      await expect(decodeFull(image, LIMITS.maxPixels)).rejects.toMatchObject({ code: 'image-corrupt' });
      expect((await pixelsOf(bmp(SIZE))).width).toBe(SIZE.width);
    } finally {
      allowFormats(INPUT_FORMATS);
    }
    expect((await decodeFull(image, LIMITS.maxPixels)).width).toBe(SIZE.width);
  });
});
