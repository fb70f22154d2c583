import { readFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { decodeForModel, decodeFull, readImageHeader, squareFrame } from '#imaging/decode/decode.js';

const MAX_PIXELS = 1_000_000;
const RED = [250, 20, 30];
const GREEN = [20, 200, 40];
const BLUE = [30, 40, 230];
const WHITE = [255, 255, 255];

/** 48 × 32, one color a quarter: red and green above, blue and white below. */
function quarters(): Sharp {
  const [width, height] = [48, 32];
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i += 1) {
    const [left, top] = [i % width < width / 2, i < (width * height) / 2];
    data.set(top ? (left ? RED : GREEN) : left ? BLUE : WHITE, 3 * i);
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

type Corner = 'TL' | 'TR' | 'BL' | 'BR';

/** The color in the middle of a quarter. */
async function cornersOf(file: Buffer): Promise<{ size: number[]; at: (corner: Corner) => number[] }> {
  const { data, width, height } = await decodeFull(file, MAX_PIXELS);
  expect(data.length).toBe(width * height * 4);
  const at = (corner: Corner): number[] => {
    const x = Math.floor(width * (corner[1] === 'L' ? 0.25 : 0.75));
    const y = Math.floor(height * (corner[0] === 'T' ? 0.25 : 0.75));
    return [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)];
  };
  return { size: [width, height], at };
}

function expectNear(pixel: number[], color: number[], tolerance: number): void {
  color.forEach((value, i) => expect(Math.abs(pixel[i]! - value)).toBeLessThanOrEqual(tolerance));
}

describe('decode', () => {
  // Exif 2.32, tag 0x0112: where the stored top-left and top-right corners are to be shown.
  const ORIENTATIONS: [number, Corner, Corner][] = [
    [1, 'TL', 'TR'],
    [2, 'TR', 'TL'],
    [3, 'BR', 'BL'],
    [4, 'BL', 'BR'],
    [5, 'TL', 'BL'],
    [6, 'TR', 'BR'],
    [7, 'BR', 'TR'],
    [8, 'BL', 'TL'],
  ];

  test.each(ORIENTATIONS)(
    'given EXIF orientation %i, when decoded, then red is %s and green %s',
    async (orientation, red, green) => {
      for (const file of [
        await quarters()
          .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
          .withMetadata({ orientation })
          .toBuffer(),
        await quarters().webp({ lossless: true }).withMetadata({ orientation }).toBuffer(),
      ]) {
        const { size, at } = await cornersOf(file);
        expect(size).toEqual(orientation >= 5 ? [32, 48] : [48, 32]);
        expectNear(at(red), [...RED, 255], 6);
        expectNear(at(green), [...GREEN, 255], 6);
        const { data: model } = await decodeForModel(file, squareFrame(64), MAX_PIXELS);
        const [x, y] = [red[1] === 'L' ? 16 : 48, red[0] === 'T' ? 16 : 48];
        expectNear([...model.subarray(3 * (y * 64 + x), 3 * (y * 64 + x) + 3)], RED, 6);
      }
    },
  );

  const LOOKS: [string, () => Promise<Buffer>, number][] = [
    ['a 16-bit PNG', () => quarters().toColourspace('rgb16').png().toBuffer(), 1],
    ['an interlaced PNG', () => quarters().png({ progressive: true }).toBuffer(), 0],
    ['a palette PNG', () => quarters().png({ palette: true, colors: 8 }).toBuffer(), 6],
    ['a CMYK JPEG', () => quarters().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(), 90],
    ['a PNG with a Display P3 profile', () => quarters().withIccProfile('p3').png().toBuffer(), 4],
    [
      'a 16-bit PNG with a Display P3 profile',
      () => quarters().toColourspace('rgb16').withIccProfile('p3').png().toBuffer(),
      4,
    ],
  ];

  test.each(LOOKS)(
    'given %s, when decoded, then it is 8-bit sRGB of the same colors',
    async (_, make, tolerance) => {
      const { size, at } = await cornersOf(await make());
      expect(size).toEqual([48, 32]);
      expectNear(at('TL'), [...RED, 255], tolerance);
      expectNear(at('BR'), [...WHITE, 255], tolerance);
      expect(at('TL')[0]).toBeGreaterThan(at('BL')[0]!);
      expect((await decodeForModel(await make(), squareFrame(64), MAX_PIXELS)).data.length).toBe(64 * 64 * 3);
    },
  );

  test.each([
    ['8-bit', 'b-w'],
    ['16-bit', 'grey16'],
  ])('given a gray %s PNG, when decoded, then it has three equal channels', async (_, space) => {
    const file = await quarters().toColourspace(space).png().toBuffer();
    const { at } = await cornersOf(file);
    const [red, green, blue, alpha] = at('TL');
    expect([green, blue, alpha]).toEqual([red, red, 255]);
    expectNear(at('BR'), [...WHITE, 255], 0);
    const { data: model } = await decodeForModel(file, squareFrame(64), MAX_PIXELS);
    expect(model.length).toBe(64 * 64 * 3);
    expect(new Set(model.subarray(3 * (16 * 64 + 16), 3 * (16 * 64 + 16) + 3)).size).toBe(1);
  });

  test('given gray with alpha and a palette with alpha, when decoded, then alpha is kept and the model sees white', async () => {
    const clear = {
      create: { width: 20, height: 10, channels: 4 as const, background: { r: 90, g: 90, b: 90, alpha: 0 } },
    };
    for (const file of [
      await sharp(clear).toColourspace('b-w').png().toBuffer(),
      await sharp(clear).png({ palette: true }).toBuffer(),
      await sharp(clear).webp({ lossless: true }).toBuffer(),
    ]) {
      expect((await decodeFull(file, MAX_PIXELS)).data[3]).toBe(0);
      expect([...(await decodeForModel(file, squareFrame(64), MAX_PIXELS)).data.subarray(0, 3)]).toEqual(
        WHITE,
      );
    }
  });

  test.each(ORIENTATIONS)(
    'given EXIF orientation %i, when a region or another size is asked for, then it is of the upright image',
    async (orientation, red) => {
      const file = await quarters()
        .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
        .withMetadata({ orientation })
        .toBuffer();
      const [width, height] = orientation >= 5 ? [32, 48] : [48, 32];
      expect(await readImageHeader(file)).toMatchObject({ width, height });
      const left = red[1] === 'L' ? 0 : width / 2;
      const top = red[0] === 'T' ? 0 : height / 2;
      const region = { left: left + 2, top: top + 2, width: width / 2 - 4, height: height / 2 - 4 };
      const { data: model } = await decodeForModel(file, squareFrame(8), MAX_PIXELS, region);
      for (let i = 0; i < model.length; i += 3) expectNear([...model.subarray(i, i + 3)], RED, 8);
      const small = await decodeFull(file, MAX_PIXELS, { width: 12, height: 8, fit: 'fill' });
      expect([small.width, small.height, small.data.length]).toEqual([12, 8, 12 * 8 * 4]);
      const at = 4 * ((red[0] === 'T' ? 1 : 6) * 12 + (red[1] === 'L' ? 2 : 9));
      expectNear([...small.data.subarray(at, at + 4)], [...RED, 255], 12);
    },
  );

  test('given a cover of other proportions, when decoded, then the center is kept and not stretched', async () => {
    const file = await quarters().png().toBuffer();
    const { data, width, height } = await decodeFull(file, MAX_PIXELS, {
      width: 96,
      height: 16,
      fit: 'cover',
    });
    expect([width, height]).toEqual([96, 16]);
    expectNear([...data.subarray(0, 3)], RED, 2);
    expectNear([...data.subarray(4 * 15 * 96, 4 * 15 * 96 + 3)], BLUE, 2);
  });

  test('given an animated WebP, when decoded, then only its first frame is', async () => {
    const frames = Buffer.concat([Buffer.alloc(16 * 16 * 3, 10), Buffer.alloc(16 * 16 * 3, 240)]);
    const raw = { width: 16, height: 32, channels: 3 as const, pageHeight: 16 };
    const file = await sharp(frames, { raw }).webp({ lossless: true }).toBuffer();
    const { data, width, height } = await decodeFull(file, MAX_PIXELS);
    expect([width, height, data[0]]).toEqual([16, 16, 10]);
  });

  test('given a truncated, blocked or too large file, when decoded, then the error is only its code', async () => {
    const photo = readFileSync('test/photos/coffee.jpg');
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const huge = await quarters().resize(1200, 1200).png().toBuffer();
    const files = [
      [photo.subarray(0, 40_000), 'image-truncated'],
      [svg, 'image-corrupt'],
      [huge, 'image-corrupt'],
    ] as const;
    for (const [file, code] of files) {
      for (const act of [
        () => decodeFull(file, MAX_PIXELS),
        () => decodeForModel(file, squareFrame(64), MAX_PIXELS),
      ]) {
        await expect(act()).rejects.toMatchObject({ code, message: code, facts: {} });
      }
    }
  });
});
