import sharp from 'sharp';
import { decodeFull } from '#imaging/decode.js';
import { encodeCutout } from '#imaging/encode.js';
import type { Raster } from '#imaging/matte.js';

/** Fewer than 256 colours, which is what tempts an encoder to use a palette. */
function flat(width = 40, height = 30): Raster {
  const data = Buffer.alloc(width * height * 4);
  for (let i = 0; i < width * height; i += 1) data.set(i % 3 ? [10, 200, 30, 128] : [0, 0, 0, 0], 4 * i);
  return { data, width, height };
}

const pixelsOf = (file: Buffer): Promise<Buffer> => sharp(file).raw().toBuffer();

describe('encode', () => {
  test.each(['png', 'webp'] as const)(
    'given few colours, when encoded as %s, then it is lossless and no palette',
    async (format) => {
      const image = flat();
      const file = await encodeCutout(image, { format, channels: 'rgba' });
      const facts = await sharp(file).metadata();
      expect(facts).toMatchObject({ format, width: 40, height: 30, channels: 4, depth: 'uchar' });
      expect(facts.isPalette).toBe(false);
      expect(Buffer.compare(await pixelsOf(file), Buffer.from(image.data))).toBe(0);
    },
  );

  test('given a PNG result, when its header is read, then its colour type is RGBA with 8 bits', async () => {
    const file = await encodeCutout(flat(), { format: 'png', channels: 'rgba' });
    expect([file[24], file[25]]).toEqual([8, 6]);
  });

  test('given channels "alpha", when encoded as PNG, then it is one grey channel with the alpha values', async () => {
    const image = flat();
    const file = await encodeCutout(image, { format: 'png', channels: 'alpha' });
    expect([file[24], file[25]]).toEqual([8, 0]);
    const values = [...image.data].filter((_, i) => i % 4 === 3);
    expect([...(await sharp(file).extractChannel(0).raw().toBuffer())]).toEqual(values);
  });

  test('given channels "alpha", when encoded as WebP, then every colour channel is the alpha', async () => {
    const image = flat();
    const file = await encodeCutout(image, { format: 'webp', channels: 'alpha' });
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(3);
    expect([...data.subarray(0, 6)]).toEqual([0, 0, 0, 128, 128, 128]);
  });

  test('given a source with EXIF, ICC and XMP, when decoded and encoded, then no metadata is left', async () => {
    const source = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#c0ffee' } })
      .withIccProfile('p3')
      .withExif({ IFD0: { Copyright: 'A. Person', ImageDescription: 'somewhere private' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><private/></x:xmpmeta>')
      .jpeg()
      .toBuffer();
    const before = await sharp(source).metadata();
    expect([before.exif, before.icc, before.xmp].every(Boolean)).toBe(true);
    for (const format of ['png', 'webp'] as const) {
      const file = await encodeCutout(await decodeFull(source, 10_000), { format, channels: 'rgba' });
      const { exif, icc, xmp, iptc, orientation } = await sharp(file).metadata();
      expect([exif, icc, xmp, iptc, orientation]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
      expect(file.includes('private')).toBe(false);
      expect(file.includes('Person')).toBe(false);
    }
  });

  test('given a side WebP cannot hold, when encoded, then PNG works and WebP is a problem', async () => {
    const long = flat(16_384, 1);
    await expect(encodeCutout(long, { format: 'webp', channels: 'rgba' })).rejects.toMatchObject({
      code: 'image-too-many-pixels',
    });
    await expect(encodeCutout(long, { format: 'png', channels: 'rgba' })).resolves.toBeInstanceOf(Buffer);
  });
});
