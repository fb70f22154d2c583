import { alphaPlane, type Raster } from '#imaging/raster/raster.js';
import sharp from 'sharp';
import { decodeFull } from '#imaging/decode/decode.js';
import { encodeCutout, encodingOf } from '#imaging/encode/encode.js';

/** Fewer than 256 colors, which is what tempts an encoder to use a palette. */
function flat(width = 40, height = 30): Raster {
  const data = Buffer.alloc(width * height * 4);
  for (let i = 0; i < width * height; i += 1) data.set(i % 3 ? [10, 200, 30, 128] : [0, 0, 0, 0], 4 * i);
  return { data, width, height };
}

function opaque(): Raster {
  const image = flat();
  for (let i = 3; i < image.data.length; i += 4) image.data[i] = 255;
  return image;
}

/** A disc with a soft edge and a texture. */
function softDisc(side = 96): Raster {
  const data = Buffer.alloc(side * side * 4);
  for (let y = 0, at = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1, at += 4) {
      const alpha = Math.max(0, Math.min(255, 12 * (side / 2 - Math.hypot(x - side / 2, y - side / 2))));
      if (alpha > 0) data.set([2 * x, 2 * y, (x * y) % 251, Math.round(alpha)], at);
    }
  }
  return { data, width: side, height: side };
}

const alphaOf = (file: Buffer): Promise<Buffer> => sharp(file).extractChannel(3).raw().toBuffer();

/** A file of a stored archive, found by its name in the header before it. */
function fileIn(zip: Buffer, name: string): Buffer {
  const at = zip.indexOf(name);
  return zip.subarray(at + name.length, at + name.length + zip.readUInt32LE(at - 12));
}

const pixelsOf = (file: Buffer): Promise<Buffer> => sharp(file).raw().toBuffer();

describe('encode', () => {
  test.each(['png', 'webp'] as const)(
    'given few colors, when encoded as %s, then it is lossless and no palette',
    async (format) => {
      const image = flat();
      const file = await encodeCutout(image, { format, only: 'cutout' });
      const facts = await sharp(file).metadata();
      expect(facts).toMatchObject({ format, width: 40, height: 30, channels: 4, depth: 'uchar' });
      expect(facts.isPalette).toBe(false);
      expect(Buffer.compare(await pixelsOf(file), Buffer.from(image.data))).toBe(0);
    },
  );

  test('given a PNG result, when its header is read, then its color type is RGBA with 8 bits', async () => {
    const file = await encodeCutout(flat(), { format: 'png', only: 'cutout' });
    expect([file[24], file[25]]).toEqual([8, 6]);
  });

  test('given channels "alpha", when encoded as PNG, then it is one gray channel with the alpha values', async () => {
    const image = flat();
    const file = await encodeCutout(image, { format: 'png', only: 'alpha' });
    expect([file[24], file[25]]).toEqual([8, 0]);
    const values = [...image.data].filter((_, i) => i % 4 === 3);
    expect([...(await sharp(file).extractChannel(0).raw().toBuffer())]).toEqual(values);
  });

  test('given channels "alpha", when encoded as WebP, then every color channel is the alpha', async () => {
    const image = flat();
    const file = await encodeCutout(image, { format: 'webp', only: 'alpha' });
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
      const file = await encodeCutout(await decodeFull(source, 10_000), { format, only: 'cutout' });
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

  test('given an opaque result, when encoded as PNG, then it has no alpha channel', async () => {
    const image = opaque();
    const file = await encodeCutout(image, { format: 'png', only: 'cutout' });
    expect([file[24], file[25]]).toEqual([8, 2]);
    expect((await sharp(file).ensureAlpha().raw().toBuffer()).equals(Buffer.from(image.data))).toBe(true);
  });

  test('given a transparent result, when encoded as JPEG, then it is on white, in full color', async () => {
    const file = await encodeCutout(flat(), { format: 'jpg', only: 'cutout' });
    expect(await sharp(file).metadata()).toMatchObject({ format: 'jpeg', chromaSubsampling: '4:4:4' });
    const empty = { data: new Uint8Array(16 * 16 * 4), width: 16, height: 16 };
    const white = await pixelsOf(await encodeCutout(empty, { format: 'jpg', only: 'cutout' }));
    expect(white.every((value) => value === 255)).toBe(true);
  });

  test('given channels "alpha", when encoded as JPEG, then it is one gray channel', async () => {
    const file = await encodeCutout(flat(), { format: 'jpg', only: 'alpha' });
    expect((await sharp(file).metadata()).channels).toBe(1);
  });

  test('given a result, when encoded as ZIP, then color and alpha combined are the result', async () => {
    const image = flat();
    const zip = await encodeCutout(image, { format: 'zip', only: 'cutout' });
    const [color, alpha] = [fileIn(zip, 'color.jpg'), fileIn(zip, 'alpha.png')];
    expect(await sharp(color).metadata()).toMatchObject({ format: 'jpeg', width: 40, height: 30 });
    const values = [...image.data].filter((_, i) => i % 4 === 3);
    expect([...(await sharp(alpha).extractChannel(0).raw().toBuffer())]).toEqual(values);
    const [red, green, blue] = await pixelsOf(color);
    for (const [found, wanted] of [
      [red, 10],
      [green, 200],
      [blue, 30],
    ]) {
      expect(Math.abs(found! - wanted!)).toBeLessThanOrEqual(4);
    }
  });

  test('given only=both, when encoded, then the ZIP has the cut-out and its alpha as they are by themselves', async () => {
    const image = flat();
    const zip = await encodeCutout(image, { format: 'zip', only: 'both' });
    for (const [name, only] of [
      ['cutout.png', 'cutout'],
      ['alpha.png', 'alpha'],
    ] as const) {
      const alone = await encodeCutout(image, { format: 'png', only });
      expect([name, fileIn(zip, name).equals(alone)]).toEqual([name, true]);
    }
  });

  test('given format "auto", when resolved, then it is PNG for transparency and mattes, and JPEG otherwise', () => {
    const auto = (image: Raster, only: 'cutout' | 'alpha') =>
      encodingOf(image, { format: 'auto', only }).format;
    expect([auto(flat(), 'cutout'), auto(opaque(), 'cutout'), auto(opaque(), 'alpha')]).toEqual([
      'png',
      'jpg',
      'png',
    ]);
    expect(encodingOf(flat(), { format: 'zip', only: 'cutout' }).format).toBe('zip');
  });

  test("given a side above WebP's limit, when encoded, then PNG works and WebP is a problem", async () => {
    const long = flat(16_384, 1);
    await expect(encodeCutout(long, { format: 'webp', only: 'cutout' })).rejects.toMatchObject({
      code: 'image-too-many-pixels',
    });
    await expect(encodeCutout(long, { format: 'png', only: 'cutout' })).resolves.toBeInstanceOf(Buffer);
    await expect(encodeCutout(flat(16_385, 1), { format: 'avif', only: 'cutout' })).rejects.toMatchObject({
      facts: { detail: 'The format of the result holds at most 16384 pixels a side.' },
    });
  });

  test('given a subject on a large clear canvas, when encoded as WebP without loss, then it is smaller than PNG', async () => {
    const { data, width, height } = softDisc();
    const side = 1000;
    const image = { data: Buffer.alloc(4 * side * side), width: side, height: side };
    for (let row = 0; row < height; row += 1)
      image.data.set(data.subarray(4 * row * width, 4 * (row + 1) * width), 4 * (400 + row) * side + 1600);
    const [webp, png] = await Promise.all(
      (['webp', 'png'] as const).map((format) => encodeCutout(image, { format, only: 'cutout' })),
    );
    expect(webp!.length).toBeLessThan(png!.length);
    expect((await pixelsOf(webp!)).equals(image.data)).toBe(true);
  });

  test('given a quality, when encoded as WebP, then it is lossy, smaller, and its alpha is exact', async () => {
    const image = softDisc();
    const alpha = alphaPlane(image);
    const sizes = [];
    for (const quality of [95, 60, 20]) {
      const file = await encodeCutout(image, { format: 'webp', only: 'cutout', quality });
      expect(Buffer.compare(await alphaOf(file), alpha)).toBe(0);
      sizes.push(file.length);
    }
    expect(sizes).toEqual(sizes.toSorted((one, other) => other - one));
  });

  test.each(['jpg', 'webp', 'avif'] as const)(
    'given a result, when encoded as %s twice, then the bytes are equal, and without metadata',
    async (format) => {
      const encode = () => encodeCutout(softDisc(), { format, only: 'cutout', quality: 80 });
      const file = await encode();
      expect(Buffer.compare(await encode(), file)).toBe(0);
      const { exif, icc, xmp, hasAlpha, width } = await sharp(file).metadata();
      expect([exif, icc, xmp, hasAlpha, width]).toEqual([
        undefined,
        undefined,
        undefined,
        format !== 'jpg',
        96,
      ]);
    },
  );

  test.each(['jpg', 'webp', 'avif'] as const)(
    'given a maximum size, when encoded as %s, then the file is within it, or refused with its smallest size',
    async (format) => {
      const file = await encodeCutout(softDisc(), { format, only: 'cutout', quality: 90 });
      const small = await encodeCutout(softDisc(), { format, only: 'cutout', quality: 30 });
      const maxBytes = Math.round((file.length + small.length) / 2);
      const fitting = await encodeCutout(softDisc(), { format, only: 'cutout', maxBytes });
      expect(fitting.length).toBeLessThanOrEqual(maxBytes);
      expect(fitting.length).toBeGreaterThan(small.length);
      await expect(encodeCutout(softDisc(), { format, only: 'cutout', maxBytes: 10 })).rejects.toMatchObject({
        code: 'max-bytes-too-small',
        facts: { detail: expect.stringContaining(`${small.length} bytes`) as string },
      });
    },
  );

  test('given an AVIF result, when decoded, then opaque and clear pixels are nearly so and colors are near', async () => {
    const image = softDisc();
    const file = await encodeCutout(image, { format: 'avif', only: 'cutout' });
    const [alpha, wanted] = [await alphaOf(file), alphaPlane(image)];
    for (const [i, value] of wanted.entries()) {
      if (value === 0) expect(alpha[i]).toBeLessThanOrEqual(40);
      if (value === 255) expect(alpha[i]).toBeGreaterThanOrEqual(215);
    }
  });
});
