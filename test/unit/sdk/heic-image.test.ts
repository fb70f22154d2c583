import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import sharp from 'sharp';
import { decodeHeic, HeicTooLarge, isHeic, type LibHeif } from '#sdk/heic-image.js';
import { blobOf } from '#sdk/image-input.js';
import { withProfile } from '#sdk/jpeg-profile.js';

const require = createRequire(join(process.cwd(), 'package.json'));
const folder = 'node_modules/libheif-js/libheif-wasm';
const HEIC = readFileSync('test/photos/coffee.heic');
const PHOTO = readFileSync('test/photos/coffee.jpg');
const PIXELS = 50_000_000;

function load(): LibHeif {
  const factory = require(join(process.cwd(), folder, 'libheif.js')) as (settings: object) => LibHeif;
  return factory({ wasmBinary: readFileSync(join(folder, 'libheif.wasm')) });
}

/** A first box with these brands. */
function head(major: string, ...others: string[]): Buffer {
  const box = Buffer.from(`0000ftyp${major}0000${others.join('')}`, 'latin1');
  box.writeUInt32BE(box.length, 0);
  return Buffer.concat([box, Buffer.from('....meta....heic....')]);
}

afterEach(() => void jest.restoreAllMocks());

describe('given a HEIC photo of an iPhone, rotated by its container, in Display P3', () => {
  it('when it is converted to JPEG with its profile, then it is upright and its colors are right', async () => {
    const { data, width, height, profile } = await decodeHeic(load(), HEIC, PIXELS);
    expect([width, height]).toEqual([480, 320]);
    const plain = await sharp(data, { raw: { width, height, channels: 4 } })
      .flatten()
      .withIccProfile('srgb')
      .jpeg({ quality: 95 })
      .toBuffer();
    const jpeg = withProfile(plain, profile!);
    const { icc } = await sharp(jpeg).metadata();
    expect(icc?.equals(profile!)).toBe(true);
    const expected = sharp(PHOTO).resize(480, 320);
    const pixels = await Promise.all(
      [sharp(jpeg), expected].map((image) => image.toColourspace('srgb').raw().toBuffer()),
    );
    const [shown, photo] = pixels as [Buffer, Buffer];
    const off = shown.reduce((sum, value, at) => sum + Math.abs(value - photo[at]!), 0) / photo.length;
    expect(off).toBeLessThan(5);
  });

  it('when it has too many pixels, then it is not decoded', async () => {
    await expect(decodeHeic(load(), HEIC, 480 * 320 - 1)).rejects.toThrow(HeicTooLarge);
  });

  it('when it is damaged or truncated, then an error is thrown', async () => {
    // libheif says on the console what it cannot read.
    jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const damaged = Buffer.concat([HEIC.subarray(0, 900), Buffer.alloc(4000, 7)]);
    for (const file of [damaged, HEIC.subarray(0, 200), Buffer.alloc(0)])
      await expect(decodeHeic(load(), file, PIXELS)).rejects.toThrow();
  });
});

describe('given the first bytes of a file', () => {
  it.each([
    ['iPhone', head('heic', 'mif1', 'heic'), true],
    ['Samsung', head('mif1', 'heic', 'miaf'), true],
    ['10 bits', head('heix', 'mif1'), true],
    ['AVIF', head('avif', 'mif1', 'miaf'), false],
    ['AVIF of another writer', head('mif1', 'avif', 'miaf'), false],
    ['MP4', head('isom', 'iso2', 'mp41'), false],
    ['JPEG', readFileSync('test/photos/coffee.jpg').subarray(0, 64), false],
    ['nothing', Buffer.alloc(0), false],
    ['a cut box', Buffer.from('\0\0\0\x18ftyp', 'latin1'), false],
  ])('when they are those of %s, then the brands decide', (_, bytes, expected) => {
    expect(isHeic(bytes)).toBe(expected);
  });
});

test('given a profile larger than a segment, when it is added to a JPEG, then it is split', async () => {
  const profile = Buffer.from((await sharp(PHOTO).withIccProfile('p3').toBuffer()).subarray(0));
  const long = Buffer.concat([profile, Buffer.alloc(140_000 - profile.length, 1)]);
  const { icc } = await sharp(withProfile(PHOTO, long)).metadata();
  expect(icc?.equals(long)).toBe(true);
  expect(() => withProfile(Buffer.from('GIF89a'), profile)).toThrow('not a JPEG');
});

describe('given an image for the SDK in Node', () => {
  it('when it is HEIC, then a JPEG in its color space is sent; other images are unchanged', async () => {
    const jpeg = await blobOf(HEIC);
    const bytes = Buffer.from(await jpeg.arrayBuffer());
    const { format, width, height, icc } = await sharp(bytes).metadata();
    expect([jpeg.type, format, width, height]).toEqual(['image/jpeg', 'jpeg', 480, 320]);
    expect(icc?.length).toBeGreaterThan(400);
    expect(Buffer.from(await (await blobOf(PHOTO)).arrayBuffer()).equals(PHOTO)).toBe(true);
  });

  it('when a HEIC photo is damaged, then the error is image-unreadable', async () => {
    jest.spyOn(console, 'log').mockImplementation(() => undefined);
    await expect(blobOf(Buffer.concat([HEIC.subarray(0, 900), Buffer.alloc(4000, 7)]))).rejects.toMatchObject(
      {
        code: 'image-unreadable',
        title: 'The HEIC photo cannot be decoded',
      },
    );
  });
});
