import type { Mask, RgbRaster } from '#imaging/raster/raster.js';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { squareFrame } from '#imaging/decode/decode.js';
import { cutOut, type Cutout, type Segmentation } from '#imaging/cutout-pipeline.js';
import {
  asPng,
  cleared,
  grain,
  LOGOS,
  painted,
  picture,
  type Picture,
  type Rgb,
} from '../../harness/drawn-logos.js';
import { photo } from '../../harness/photos.js';

const LIMITS = { maxPixels: 10_000_000, maxProgressivePixels: 10_000_000, maxSidePixels: 10_000 };
const SIDE = 256;
const GRID = SIDE / 2;
const WHITE: Rgb = [255, 255, 255];

/** Opacity that a model might give at a place of its grid. */
type Opinion = (x: number, y: number) => number;

const NOTHING: Opinion = () => 0;
const EVERYTHING: Opinion = () => 255;
const LEFT_HALF: Opinion = (x) => (x < GRID / 2 ? 255 : 0);

/** Models that are wrong in every way. */
const OPINIONS: Readonly<Record<string, Opinion>> = {
  nothing: NOTHING,
  everything: EVERYTHING,
  'the left half': LEFT_HALF,
  noise: (x, y) => (x * 7919 + y * 104_729 + ((x * y) % 17) * 31) % 256,
  'a blot': (x, y) => (Math.hypot(x - 64, y - 64) < 20 ? 255 : 0),
  haze: () => 120,
};

/** What a model was shown, copied before it was wiped. */
interface Seen {
  shown: Uint8Array[];
  buffers: Uint8Array[];
}

function networkOf(opinion: Opinion, seen?: Seen): Segmentation {
  const segment = async ({ data: pixels }: RgbRaster): Promise<Mask> => {
    const data = Uint8Array.from({ length: GRID * GRID }, (_, i) => opinion(i % GRID, Math.floor(i / GRID)));
    seen?.shown.push(Uint8Array.from(pixels));
    seen?.buffers.push(pixels, data);
    return { data, width: GRID, height: GRID };
  };
  return { inputFor: () => squareFrame(SIDE), segment };
}

const cut = (image: Buffer, opinion: Opinion, asked: object = {}, seen?: Seen): Promise<Cutout> =>
  cutOut({
    image: Buffer.from(image),
    options: jobOptionsSchema.parse(asked),
    limits: LIMITS,
    network: networkOf(opinion, seen),
    onStage: () => undefined,
  });

const alphaOf = ({ data }: Picture): number[] => [...data].filter((_, i) => i % 4 === 3);

/** What the model is shown of an image at a place of its input. */
async function shownAt(image: Buffer, x: number, y: number, asked: object = {}): Promise<number[]> {
  const seen: Seen = { shown: [], buffers: [] };
  await cut(image, EVERYTHING, asked, seen);
  return [...seen.shown[0]!.subarray(3 * (y * SIDE + x), 3 * (y * SIDE + x) + 3)];
}

const logo = fc.constantFrom(...Object.keys(LOGOS));
const opinion = fc.constantFrom(...Object.keys(OPINIONS));
const level = fc.constantFrom(0, 128, 255);
const color = fc.oneof(
  fc.tuple(level, level, level),
  fc.constant(WHITE),
  fc.constant([250, 250, 250] as const),
);

describe('images that are earlier cut-outs', () => {
  test('given any logo and a wrong mask, when cut out, then every visible pixel is unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(logo, color, fc.boolean(), opinion, async (name, own, isGradient, said) => {
        const to = (x: number, value: number): number => Math.round(value * (1 - x / 2) + 127 * x);
        const paint = isGradient ? (x: number): Rgb => [to(x, own[0]), to(x, own[1]), to(x, own[2])] : own;
        const image = painted(LOGOS[name]!, paint);
        const { data } = await cut(await asPng(image), OPINIONS[said]!);
        expect((await picture(data)).data.equals(cleared(image).data)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test.each(['refine=none', 'semitransparency=false', 'channels=alpha', 'format=webp', 'size=full'])(
    'given a white logo and %s, when cut out, then its alpha stays',
    async (query) => {
      const image = painted(LOGOS['shadowed']!, WHITE);
      const asked = Object.fromEntries(new URLSearchParams(query));
      const { data } = await cut(await asPng(image), NOTHING, asked);
      const channel = query === 'channels=alpha' ? 0 : 3;
      expect([...(await sharp(data).extractChannel(channel).raw().toBuffer())]).toEqual(alphaOf(image));
    },
  );

  test('given a white logo, when it is put on a color, cropped or reduced, then it is kept', async () => {
    const image = painted(LOGOS['disc']!, WHITE, { width: 640, height: 500 });
    const file = await asPng(image);
    const dark = await picture((await cut(file, NOTHING, { bg_color: '#102030', format: 'jpg' })).data);
    const at = 4 * (250 * 640 + 320);
    expect(dark.data[at]).toBeGreaterThan(250);
    expect(dark.data[0]).toBeLessThan(24);
    const small = await cut(file, NOTHING, { size: 'preview', add_shadow: true });
    expect(small.width * small.height).toBeLessThanOrEqual(250_000);
    expect(small.foreground.width / small.width).toBeCloseTo(0.74, 1);
    const cropped = await cut(file, NOTHING, { crop: true });
    expect([cropped.width, cropped.height].map((side) => Math.round(side / 10))).toEqual([46, 36]);
  });

  const ENCODINGS: [string, (image: Sharp) => Sharp][] = [
    ['PNG with a palette', (image) => image.png({ palette: true, colors: 64 })],
    ['grey PNG with alpha', (image) => image.toColourspace('b-w').png()],
    ['PNG of 16 bits', (image) => image.toColourspace('rgb16').png()],
    ['interlaced PNG', (image) => image.png({ progressive: true })],
    ['lossless WebP', (image) => image.webp({ lossless: true, exact: true })],
    ['lossy WebP', (image) => image.webp({ quality: 80 })],
  ];

  test.each(ENCODINGS)('given a white logo as %s, when cut out twice, then it is kept', async (_, encode) => {
    const { data, width, height } = painted(LOGOS['shadowed']!, WHITE);
    const file = await encode(sharp(data, { raw: { width, height, channels: 4 } })).toBuffer();
    const first = await cut(file, NOTHING);
    const [before, after] = [cleared(await picture(file)), await picture(first.data)];
    expect(alphaOf(after)).toEqual(alphaOf(before));
    expect(Math.max(...after.data.map((value, i) => Math.abs(value - before.data[i]!)))).toBeLessThanOrEqual(
      1,
    );
    expect((await cut(first.data, LEFT_HALF)).data.equals(first.data)).toBe(true);
  });

  test('given a region of a logo, when cut out, then the logo is kept in it, whatever the alpha of the region', async () => {
    const image = painted(LOGOS['disc']!, WHITE);
    const file = await asPng(image);
    const roi = '50px 40px 100px 80px';
    const { data } = await cut(file, NOTHING, { roi });
    const isIn = (i: number): boolean => i % 150 >= 50 && i % 150 < 100 && i >= 40 * 150 && i < 80 * 150;
    expect(alphaOf(await picture(data))).toEqual(alphaOf(image).map((alpha, i) => (isIn(i) ? alpha : 0)));
  });

  test('given a cut-out photo, when the model splits it, then the mask decides there and only there', async () => {
    const discs = (x: number, y: number): number =>
      Math.hypot(x - 0.25, y - 0.5) < 0.2 || Math.hypot(x - 0.75, y - 0.5) < 0.22 ? 1 : 0;
    const image = painted(discs, grain, { width: 500, height: 400 });
    const file = await asPng(image);
    const quarter: Opinion = (x) => (x > (3 * GRID) / 4 ? 255 : 0);
    const after = await picture((await cut(file, quarter)).data);
    const [before, alpha] = [alphaOf(image), alphaOf(after)];
    const differs = (i: number): boolean => alpha[i] !== before[i];
    expect(before.some((_, i) => i % 500 < 250 && differs(i))).toBe(false);
    expect(alpha[200 * 500 + 300]).toBe(0);
    expect(alpha[200 * 500 + 450]).toBe(255);
    for (const said of [NOTHING, EVERYTHING]) {
      expect((await picture((await cut(file, said)).data)).data.equals(cleared(image).data)).toBe(true);
    }
  });

  test('given a photo with round corners, when cut out, then the model sees it on white, and the mask decides', async () => {
    const rounded = (x: number, y: number): number => {
      const [across, down] = [Math.max(0, Math.abs(x - 0.5) - 0.42), Math.max(0, Math.abs(y - 0.5) - 0.42)];
      return Math.hypot(across, down) < 0.08 ? 1 : 0;
    };
    const file = await asPng(painted(rounded, grain));
    expect(await shownAt(file, 0, 0)).toEqual(WHITE);
    expect(await shownAt(file, 0, 0, { roi: '0 0 100px 100px' })).toEqual(WHITE);
    const { data } = await picture((await cut(file, NOTHING)).data);
    expect(data.every((byte) => byte === 0)).toBe(true);
  });

  test.each([{}, { roi: '0 0 100% 60px' }])(
    'given a photo on a larger canvas and %j, when cut out, then the model sees only the photo',
    async (asked) => {
      const canvas = (x: number, y: number): number => (x > 0.2 && x < 0.8 && y > 0.1 && y < 0.9 ? 1 : 0);
      const image = painted(canvas, grain);
      const file = await asPng(image);
      const corner = await shownAt(file, 16, 16, asked);
      expect(Math.max(...corner)).toBeLessThan(200);
      const bottom = 'roi' in asked ? 60 : 108;
      const isLeft = (i: number): boolean => i % 150 < 75 && i < bottom * 150;
      const left = alphaOf(await picture((await cut(file, LEFT_HALF, asked)).data));
      const wanted = alphaOf(image).map((alpha, i) => (isLeft(i) ? alpha : 0));
      const farFromMiddle = (i: number): boolean => Math.abs((i % 150) - 75) > 3;
      expect(left.every((alpha, i) => alpha === wanted[i] || !farFromMiddle(i))).toBe(true);
    },
  );

  test('given an opaque alpha channel, when cut out, then the model sees the image without it', async () => {
    const shownOf = async (image: Buffer): Promise<Uint8Array> => {
      const seen: Seen = { shown: [], buffers: [] };
      await cut(image, EVERYTHING, {}, seen);
      return seen.shown[0]!;
    };
    const plain = await sharp(photo('coffee')).png().toBuffer();
    const [one, other] = [
      await shownOf(plain),
      await shownOf(await sharp(plain).ensureAlpha().png().toBuffer()),
    ];
    expect(one.every((value, i) => Math.abs(value - other[i]!) <= 1)).toBe(true);
  });

  test.each([
    ['white', WHITE],
    ['nearly white', [250, 250, 250]],
    ['light yellow', [255, 250, 200]],
    ['black', [0, 0, 0]],
    ['grey', [128, 128, 128]],
  ] as const)('given a %s logo, when shown to the model, then on a color far from it', async (_, own) => {
    const file = await asPng(painted(LOGOS['disc']!, own));
    const [corner, middle] = [await shownAt(file, 0, 0), await shownAt(file, SIDE / 2, SIDE / 2)];
    expect(middle).toEqual([...own]);
    expect(Math.hypot(...corner.map((value, i) => value - own[i]!))).toBeGreaterThan(100);
    expect(await shownAt(file, 0, 0, { roi: '0 0 75px 120px' })).toEqual(corner);
  });

  test('given a fully transparent image, when cut out, then it stays so, and a crop reports that there is no foreground', async () => {
    const file = await asPng(painted(() => 0, WHITE));
    const { data, foreground, confidence, hints } = await cut(file, EVERYTHING);
    expect((await picture(data)).data.every((byte) => byte === 0)).toBe(true);
    expect(foreground).toEqual({ left: 0, top: 0, width: 0, height: 0 });
    expect(confidence).toBe(0);
    expect(hints).toEqual(['no-subject', 'low-confidence']);
    await expect(cut(file, EVERYTHING, { crop: true })).rejects.toMatchObject({
      code: 'foreground-not-found',
    });
  });

  test("given a logo, when the cut-out is done, then every buffer of the model's input has been wiped", async () => {
    const seen: Seen = { shown: [], buffers: [] };
    await cut(await asPng(painted(LOGOS['disc']!, grain)), LEFT_HALF, {}, seen);
    expect(seen.buffers.length).toBe(2);
    expect(seen.buffers.every((buffer) => buffer.every((byte) => byte === 0))).toBe(true);
  });
});
