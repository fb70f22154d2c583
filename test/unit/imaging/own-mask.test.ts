import sharp from 'sharp';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { cutOut, type Cutout } from '#imaging/cutout-pipeline.js';

const [WIDTH, HEIGHT] = [1200, 800];
const LIMITS = { maxPixels: 10_000_000, maxProgressivePixels: 10_000_000, maxSidePixels: 10_000 };
const SUBJECT = [200, 90, 40] as const;

/** Opacity of a disc with a wavy, soft edge. */
function truthAt(x: number, y: number): number {
  const [across, down] = [x - WIDTH / 2, y - HEIGHT / 2];
  const radius = 240 + 16 * Math.sin(9 * Math.atan2(down, across));
  return Math.min(Math.max((radius - Math.hypot(across, down)) / 6 + 0.5, 0), 1);
}

const TRUTH = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) =>
  Math.round(255 * truthAt(i % WIDTH, Math.floor(i / WIDTH))),
);

const gray = (data: Uint8Array, width = WIDTH, height = HEIGHT): ReturnType<typeof sharp> =>
  sharp(data, { raw: { width, height, channels: 1 } }).toColourspace('b-w');

/** The subject over a striped background, as PNG. */
function photo(): Promise<Buffer> {
  const pixels = Buffer.alloc(3 * WIDTH * HEIGHT);
  for (let i = 0; i < TRUTH.length; i += 1) {
    const alpha = (TRUTH[i] as number) / 255;
    const stripe = 40 + 60 * ((i % WIDTH) % 200 < 100 ? 0 : 1);
    for (const [channel, value] of SUBJECT.entries()) {
      const behind = [stripe, stripe + 60, 220][channel] as number;
      pixels[3 * i + channel] = Math.round(alpha * value + (1 - alpha) * behind);
    }
  }
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toBuffer();
}

/** The truth with an unknown band of `band` pixels on either side of the edge. */
const trimap = (band: number): Uint8Array =>
  Uint8Array.from(TRUTH, (_, i) => {
    const [across, down] = [(i % WIDTH) - WIDTH / 2, Math.floor(i / WIDTH) - HEIGHT / 2];
    const radius = 240 + 16 * Math.sin(9 * Math.atan2(down, across));
    const distance = radius - Math.hypot(across, down);
    return distance > band ? 255 : distance < -band ? 0 : 128;
  });

let image: Buffer;
beforeAll(async () => {
  image = await photo();
});

const noModel = {
  inputFor: () => ({ width: 64, height: 64, kernel: 'linear' as const }),
  segment: () => Promise.reject(new Error('the model was run')),
};

const cut = async (mask: Buffer, options: object = {}, of: Buffer = image): Promise<Cutout> =>
  cutOut({
    image: Buffer.from(of),
    mask: Buffer.from(mask),
    options: jobOptionsSchema.parse(options),
    limits: LIMITS,
    network: noModel,
    onStage: () => undefined,
  });

const alphaOf = async ({ data }: Cutout): Promise<Uint8Array> =>
  new Uint8Array(await sharp(data).extractChannel(3).raw().toBuffer());

/** Much faster than a comparison by Jest. */
const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

const meanError = (alpha: Uint8Array, expected: Uint8Array = TRUTH): number =>
  alpha.reduce((sum, value, i) => sum + Math.abs(value - (expected[i] as number)), 0) / alpha.length;

describe('matte', () => {
  test('given a matte without refinement, when cut out, then alpha is exactly the matte and no model ran', async () => {
    const result = await cut(await gray(TRUTH).png().toBuffer(), { refine: 'none' });
    expect(isSame(await alphaOf(result), TRUTH)).toBe(true);
    expect(result.looks).toBe(0);
    expect(result.foreground).toMatchObject({ left: expect.any(Number) as number });
  });

  test('given a matte as the alpha of a PNG or WebP, when cut out, then the colors of its file do not matter', async () => {
    const colors = Buffer.alloc(3 * WIDTH * HEIGHT, 77);
    const file = sharp(colors, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } }).joinChannel(
      Buffer.from(TRUTH),
      { raw: { width: WIDTH, height: HEIGHT, channels: 1 } },
    );
    const [png, webp] = [await file.clone().png().toBuffer(), await file.webp({ lossless: true }).toBuffer()];
    for (const mask of [png, webp])
      expect(isSame(await alphaOf(await cut(mask, { refine: 'none' })), TRUTH)).toBe(true);
  });

  test('given a coarse matte, when cut out, then refined edges are nearer to the truth than unrefined ones', async () => {
    const small = await gray(TRUTH).resize(120, 80, { kernel: 'linear' }).jpeg({ quality: 95 }).toBuffer();
    const refined = meanError(await alphaOf(await cut(small)));
    const unrefined = meanError(await alphaOf(await cut(small, { refine: 'none' })));
    expect(refined).toBeLessThan(0.8 * unrefined);
  });

  test('given a region and a size, when cut out, then the matte is applied in both', async () => {
    const mask = await gray(TRUTH).png().toBuffer();
    const region = await alphaOf(await cut(mask, { refine: 'none', roi: '0 0 50% 100%' }));
    const half = Uint8Array.from(TRUTH, (value, i) => (i % WIDTH < WIDTH / 2 ? value : 0));
    expect(isSame(region, half)).toBe(true);
    const preview = await cut(mask, { size: 'preview' });
    expect([preview.width, preview.height]).toEqual([612, 408]);
    const reduced = new Uint8Array(await gray(TRUTH).resize(612, 408, { fit: 'fill' }).raw().toBuffer());
    expect(meanError(await alphaOf(preview), reduced)).toBeLessThan(1);
  });

  test('given an empty and a full matte, when cut out, then nothing and everything is visible', async () => {
    const [empty, full] = [TRUTH.map(() => 0), TRUTH.map(() => 255)];
    expect(isSame(await alphaOf(await cut(await gray(empty).png().toBuffer())), empty)).toBe(true);
    expect(isSame(await alphaOf(await cut(await gray(full).png().toBuffer())), full)).toBe(true);
  });
});

describe('trimap', () => {
  test.each([['png'], ['jpeg']] as const)(
    'given a trimap as %s, when cut out, then known pixels are fixed and the band is solved',
    async (format) => {
      const map = trimap(25);
      const file = await gray(map)
        [format](format === 'jpeg' ? { quality: 90 } : {})
        .toBuffer();
      const alpha = await alphaOf(await cut(file));
      const far = trimap(format === 'jpeg' ? 34 : 25);
      expect(far.every((value, i) => value === 128 || value === alpha[i])).toBe(true);
      expect(meanError(alpha)).toBeLessThan(0.4);
      // The band as it is would be off by ten times as much.
      expect(meanError(map)).toBeGreaterThan(4);
    },
  );

  test('given a trimap, when its mask alone is asked for, then it is solved and has no unknown band', async () => {
    const result = await cut(await gray(trimap(25)).png().toBuffer(), { only: 'mask' });
    const { channels } = await sharp(result.data).metadata();
    expect(channels).toBe(1);
    expect(
      meanError(new Uint8Array(await sharp(result.data).extractChannel(0).raw().toBuffer())),
    ).toBeLessThan(1);
  });
});

describe('only', () => {
  test('given only=alpha and only=foreground, when cut out, then the result is gray, or opaque in the colors of the subject', async () => {
    const mask = await gray(TRUTH).png().toBuffer();
    const alpha = await cut(mask, { only: 'alpha', refine: 'none' });
    expect((await sharp(alpha.data).metadata()).channels).toBe(1);
    expect(isSame(await sharp(alpha.data).extractChannel(0).raw().toBuffer(), TRUTH)).toBe(true);
    const foreground = await cut(mask, { only: 'foreground' });
    const { data, info } = await sharp(foreground.data).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(3);
    const errors = Array.from(TRUTH, (value, i) =>
      value < 20 ? 0 : Math.abs((data[3 * i + 2] as number) - SUBJECT[2]),
    );
    expect(Math.max(...errors.slice(400_000, 500_000))).toBeLessThan(40);
  });
});

describe('refusals', () => {
  const code = (mask: Buffer, of?: Buffer): Promise<unknown> =>
    cut(mask, {}, of).then(
      () => undefined,
      (error: unknown) => (error as { code?: string }).code,
    );

  test('given masks of other proportions, or damaged ones, when cut out, then the problem says so', async () => {
    const wide = await gray(TRUTH).resize(1200, 720, { fit: 'fill' }).png().toBuffer();
    expect(await code(wide)).toBe('mask-mismatch');
    expect(await code(await gray(TRUTH).resize(800, 1200, { fit: 'fill' }).png().toBuffer())).toBe(
      'mask-mismatch',
    );
    expect(await code(await gray(TRUTH).resize(300, 204, { fit: 'fill' }).png().toBuffer())).toBe(undefined);
    const png = await gray(TRUTH).png().toBuffer();
    expect(await code(png.subarray(0, png.length / 2))).toBe('mask-corrupt');
    expect(await code(Buffer.from('no image'))).toBe('image-type-unsupported');
  });

  test('given a rotated photo, when cut out, then the mask belongs to the upright image', async () => {
    const rotated = await sharp(image).rotate(90).withMetadata({ orientation: 8 }).jpeg().toBuffer();
    const mask = await gray(TRUTH).png().toBuffer();
    const alpha = await alphaOf(await cut(mask, { refine: 'none' }, rotated));
    expect(isSame(alpha, TRUTH)).toBe(true);
  });
});
