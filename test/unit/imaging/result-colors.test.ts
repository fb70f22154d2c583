import sharp, { type Sharp } from 'sharp';
import { ADOBE_RGB, DISPLAY_P3, SRGB } from '#imaging/color/color-coding.js';
import { RgbConversion, spaceOf, type Rgb } from '#imaging/color/rgb-space.js';
import { cutOut, type Cutout } from '#imaging/cutout-pipeline.js';
import { encodePng } from '#imaging/encode/png-writer.js';
import { iccProfile } from '#imaging/formats/icc-profile.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { photo } from '../../harness/photos.js';

const LIMITS = { maxPixels: 50e6, maxProgressivePixels: 50e6, maxSidePixels: 20_000 };
const SIDE = 64;

/** An image of one color in the values of its profile. */
async function plain(color: Rgb, profile: Buffer | undefined, depth: 8 | 16 = 8): Promise<Buffer> {
  const pixel = depth === 8 ? color : color.flatMap((value) => [value, value]);
  const data = Buffer.concat(Array.from({ length: SIDE * SIDE }, () => Buffer.from(pixel)));
  return encodePng({ data, width: SIDE, height: SIDE, channels: 3, depth, profile });
}

/** A mask that keeps the middle. */
const mask = (): Promise<Buffer> => {
  const data = Buffer.alloc(SIDE * SIDE);
  for (let y = 16; y < 48; y += 1) data.fill(255, y * SIDE + 16, y * SIDE + 48);
  return sharp(data, { raw: { width: SIDE, height: SIDE, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
};

async function cut(image: Buffer, options: Record<string, unknown>): Promise<Cutout> {
  return cutOut({
    image: Buffer.from(image),
    mask: await mask(),
    options: jobOptionsSchema.parse(options),
    limits: LIMITS,
    network: {
      inputFor: () => ({ width: 64, height: 64, kernel: 'lanczos3' }),
      segment: () => Promise.reject(new Error('no model')),
    },
    onStage: () => undefined,
  });
}

/** Values of a pixel as they are in the file, and as a color-managed reader shows them in sRGB. */
async function read(file: Buffer, x: number, y: number): Promise<{ own: number[]; shown: number[] }> {
  const at = async (image: Sharp): Promise<number[]> => {
    const { data, info } = await image
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return [...data.subarray(4 * (y * info.width + x), 4 * (y * info.width + x) + 3)];
  };
  return {
    own: await at(sharp(file, { ignoreIcc: true })),
    shown: await at(sharp(file).toColourspace('srgb')),
  };
}

const off = (one: readonly number[], other: readonly number[]): number =>
  Math.max(...one.map((value, k) => Math.abs(value - other[k]!)));

describe('colors of a result', () => {
  let p3: Buffer;
  beforeAll(async () => {
    // The profile that libvips brings along, not one that is written here.
    const image = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } });
    p3 = (await sharp(await image.withIccProfile('p3').png().toBuffer()).metadata()).icc!;
  });

  test.each(['png', 'webp', 'jpg', 'avif'] as const)(
    'given a red of Display P3, when cut out as %s, then p3 and keep have that red and srgb has the nearest',
    async (format) => {
      const image = await plain([255, 0, 0], p3);
      const tolerance = format === 'png' || format === 'webp' ? 0 : 3;
      for (const icc of ['p3', 'keep'] as const) {
        const { data } = await cut(image, { format, icc });
        const { own, shown } = await read(data, 32, 32);
        expect([icc, off(own, [255, 0, 0]) <= tolerance]).toEqual([icc, true]);
        expect(off(shown, [255, 0, 0])).toBeLessThanOrEqual(3);
        expect((await sharp(data).metadata()).icc!.length).toBeLessThan(1000);
      }
      const { data } = await cut(image, { format });
      expect((await sharp(data).metadata()).hasProfile).toBe(false);
      expect(off((await read(data, 32, 32)).own, [255, 0, 0])).toBeLessThanOrEqual(tolerance);
    },
  );

  test('given colors within sRGB, when cut out with any profile, then a color-managed reader sees the same', async () => {
    for (const color of [
      [200, 30, 90],
      [12, 140, 60],
      [250, 250, 245],
      [8, 6, 9],
    ] as Rgb[]) {
      const adobe: Rgb = [0, 0, 0];
      new RgbConversion(spaceOf(SRGB), spaceOf(ADOBE_RGB), 255).convert(Uint8Array.from(color), 0, adobe);
      for (const [image, name] of [
        [await plain(color, undefined), 'no profile'],
        [await plain(adobe.map(Math.round) as Rgb, iccProfile(ADOBE_RGB)), 'Adobe RGB'],
      ] as const) {
        for (const icc of ['srgb', 'p3', 'keep'] as const) {
          const { data } = await cut(image, { icc });
          const { shown } = await read(data, 32, 32);
          expect([name, icc, color, off(shown, color) <= 2]).toEqual([name, icc, color, true]);
        }
      }
    }
  });

  test('given a background color, when the result has a profile, then the color looks as in sRGB', async () => {
    const image = await plain([0, 255, 0], p3);
    for (const icc of ['p3', 'keep'] as const) {
      const { data } = await cut(image, { icc, bg_color: '4080c0', format: 'png' });
      const { own, shown } = await read(data, 2, 2);
      expect(off(shown, [0x40, 0x80, 0xc0])).toBeLessThanOrEqual(1);
      expect(off(own, [0x40, 0x80, 0xc0])).toBeGreaterThan(3);
      const ramp = await cut(image, { icc, bg_gradient: '4080c0 4080c0' });
      expect(off((await read(ramp.data, 2, 2)).shown, [0x40, 0x80, 0xc0])).toBeLessThanOrEqual(1);
    }
  });

  test('given 16 bits with a profile, when kept, then the values are exact to the bit', async () => {
    const image = await plain([250, 3, 129], p3, 16);
    const { data } = await cut(image, { icc: 'keep', bit_depth: '16' });
    const { data: bytes, info } = await sharp(data, { ignoreIcc: true })
      .toColourspace('rgb16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const values = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    const at = info.channels * (32 * SIDE + 32);
    expect([...values.subarray(at, at + 3)]).toEqual([250, 3, 129].map((value) => 257 * value));
  });

  test('given an image without a profile, when kept, then the result is that of sRGB byte by byte', async () => {
    const image = await plain([90, 60, 30], undefined);
    const [kept, standard] = await Promise.all([cut(image, { icc: 'keep' }), cut(image, {})]);
    expect(kept.data.equals(standard.data)).toBe(true);
  });

  test('given CMYK, when cut out with keep and p3, then the first is sRGB and the second looks like it', async () => {
    const image = await sharp(await plain([200, 90, 40], undefined))
      .toColourspace('cmyk')
      .withIccProfile('cmyk')
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const [standard, kept, wide] = await Promise.all(
      (['srgb', 'keep', 'p3'] as const).map((icc) => cut(image, { icc })),
    );
    expect(kept!.data.equals(standard!.data)).toBe(true);
    const [one, other] = await Promise.all([read(standard!.data, 32, 32), read(wide!.data, 32, 32)]);
    expect(off(one.shown, other.shown)).toBeLessThanOrEqual(2);
  });

  test('given only=foreground and a ZIP, when cut out as P3, then the colors have the profile', async () => {
    const image = await plain([255, 0, 0], p3);
    const { data } = await cut(image, { icc: 'p3', only: 'foreground' });
    expect((await read(data, 32, 32)).own).toEqual([255, 0, 0]);
    expect((await sharp(data).metadata()).hasProfile).toBe(true);
    const zip = (await cut(image, { icc: 'p3', format: 'zip' })).data;
    const jpeg = zip.subarray(zip.indexOf(Buffer.from([0xff, 0xd8, 0xff])));
    expect((await sharp(jpeg, { failOn: 'none' }).metadata()).hasProfile).toBe(true);
  });

  test('given a photograph, when its result is P3, then a reader sees the same as in sRGB within rounding', async () => {
    const [standard, wide] = await Promise.all(
      (['srgb', 'p3'] as const).map(async (icc) => {
        const image = await sharp(photo('coffee')).resize(SIDE, SIDE, { fit: 'fill' }).png().toBuffer();
        const { data } = await cut(image, { icc });
        return sharp(data).toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' }).toBuffer();
      }),
    );
    const worst = standard!.reduce((largest, value, i) => {
      const isShown = standard![4 * (i >> 2) + 3]! > 0;
      return isShown ? Math.max(largest, Math.abs(value - wide![i]!)) : largest;
    }, 0);
    expect(worst).toBeLessThanOrEqual(3);
  });

  test('given all values of gray, when converted to P3 and back, then each is the same', () => {
    const [there, back] = [
      new RgbConversion(spaceOf(SRGB), spaceOf(DISPLAY_P3), 255),
      new RgbConversion(spaceOf(DISPLAY_P3), spaceOf(SRGB), 255),
    ];
    for (let value = 0; value < 256; value += 1) {
      const data = Uint8Array.of(value, value, value, 255);
      for (const conversion of [there, back]) conversion.convertImage({ data, width: 1, height: 1 });
      expect([...data]).toEqual([value, value, value, 255]);
    }
  });
});
