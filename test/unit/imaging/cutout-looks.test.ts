import sharp from 'sharp';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { cutOut, type Cutout, type CutoutJob, type Segmentation } from '#imaging/cutout-pipeline.js';
import { squareFrame } from '#imaging/decode/decode.js';
import type { Mask, RgbRaster } from '#imaging/raster/raster.js';

const LIMITS = { maxPixels: 10_000_000, maxProgressivePixels: 10_000_000, maxSidePixels: 10_000 };
const SIDE = 128;

/** A gray picture with green rectangles: `left top width height`. */
async function picture(width: number, height: number, ...subjects: number[][]): Promise<Buffer> {
  const made = { width, height, channels: 3 as const, background: '#777' };
  const patches = subjects.map(([left, top, w, h]) => ({
    input: { create: { ...made, width: w!, height: h!, background: '#0c0' } },
    left: left!,
    top: top!,
  }));
  return sharp({ create: made }).composite(patches).png().toBuffer();
}

/** A model that finds green. Its nth answer has the nth opacity, the last one from then on. */
class GreenNetwork implements Segmentation {
  readonly seen: Uint8Array[] = [];
  looks = 0;
  constructor(private readonly opacities: readonly number[]) {}
  readonly inputFor = (): ReturnType<typeof squareFrame> => squareFrame(SIDE);
  readonly segment = ({ data }: RgbRaster): Promise<Mask> => {
    const opacity = this.opacities[Math.min(this.looks, this.opacities.length - 1)]!;
    this.looks += 1;
    this.seen.push(data);
    if (opacity < 0) return Promise.reject(new Error('a failed run'));
    const mask = new Uint8Array(SIDE * SIDE);
    for (let i = 0; i < mask.length; i += 1) {
      const [red, green] = [data[3 * i]!, data[3 * i + 1]!];
      mask[i] = green > red + 40 ? opacity : 0;
    }
    this.seen.push(mask);
    return Promise.resolve({ data: mask, width: SIDE, height: SIDE });
  };
}

const UNSURE = 150;
const FAINT = 90;
const SURE = 255;

const job = (
  image: Buffer,
  network: Segmentation,
  options: object = {},
  more: Partial<CutoutJob> = {},
): CutoutJob => ({
  image,
  // The pictures are drawings, whose colors would decide.
  options: jobOptionsSchema.parse({ graphics: 'off', ...options }),
  limits: LIMITS,
  network,
  onStage: () => undefined,
  ...more,
});

async function alphaAt({ data }: Cutout, x: number, y: number): Promise<number> {
  const { data: pixels, info } = await sharp(data).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return pixels[4 * (y * info.width + x) + 3]!;
}

describe('further looks', () => {
  const small = (): Promise<Buffer> => picture(400, 300, [180, 120, 40, 40]);

  test('given the standard effort, when the first look is unsure, then the model runs once', async () => {
    const cut = await cutOut(job(await small(), new GreenNetwork([UNSURE, SURE])));
    expect(cut.looks).toBe(1);
    expect(await alphaAt(cut, 200, 140)).toBeLessThan(200);
  });

  test('given an unsure first look, when a crop is surer, then it counts, and every stage is reported once', async () => {
    const stages: string[] = [];
    const onStage = (stage: string): void => void stages.push(stage);
    const cut = await cutOut(
      job(await small(), new GreenNetwork([UNSURE, SURE]), { effort: 'auto' }, { onStage }),
    );
    expect(cut.looks).toBe(2);
    expect(await alphaAt(cut, 200, 140)).toBe(255);
    expect(await alphaAt(cut, 20, 20)).toBe(0);
    expect(stages).toEqual(['decode', 'infer', 'refine', 'compose', 'encode']);
    expect(cut.foreground).toMatchObject({ width: expect.closeTo(40, -1) as number });
  });

  test('given an unsure first look, when a crop is less sure, then the result is that of one look', async () => {
    const image = await small();
    const [one, two] = [new GreenNetwork([UNSURE]), new GreenNetwork([UNSURE, FAINT])];
    const plain = await cutOut(job(Buffer.from(image), one));
    const cut = await cutOut(job(image, two, { effort: 'auto' }));
    expect(cut.looks).toBe(2);
    expect(cut.data.equals(plain.data)).toBe(true);
  });

  test('given a sure first look, when the effort is auto, then there is no other', async () => {
    expect((await cutOut(job(await small(), new GreenNetwork([SURE]), { effort: 'auto' }))).looks).toBe(1);
  });

  test('given a subject that fills the picture, when the first look is unsure, then there is no other', async () => {
    const image = await picture(400, 300, [20, 20, 360, 260]);
    expect((await cutOut(job(image, new GreenNetwork([UNSURE, SURE]), { effort: 'auto' }))).looks).toBe(1);
  });

  test('given the best effort and a next model, when the first look is unsure, then both see every crop', async () => {
    const [network, next] = [new GreenNetwork([UNSURE]), new GreenNetwork([SURE])];
    const cut = await cutOut(job(await small(), network, { effort: 'best' }, { next }));
    expect([network.looks, next.looks, cut.looks]).toEqual([4, 3, 7]);
    expect(await alphaAt(cut, 200, 140)).toBe(255);
  });

  test('given a wide picture, when the effort is auto, then each part is seen in a crop of its own', async () => {
    const image = await picture(1500, 150, [100, 40, 60, 80], [1200, 40, 60, 80]);
    const cut = await cutOut(job(image, new GreenNetwork([UNSURE, SURE]), { effort: 'auto' }));
    expect(cut.looks).toBe(3);
    expect([await alphaAt(cut, 130, 80), await alphaAt(cut, 1230, 80)]).toEqual([255, 255]);
    expect([await alphaAt(cut, 700, 80), await alphaAt(cut, 5, 5)]).toEqual([0, 0]);
  });

  test('given a tall picture in which the first look finds nothing, then tiles of it are seen', async () => {
    const image = await picture(150, 1500, [40, 1200, 60, 80]);
    const cut = await cutOut(job(image, new GreenNetwork([0, SURE]), { effort: 'auto' }));
    expect(cut.looks).toBeGreaterThan(5);
    expect([await alphaAt(cut, 70, 1240), await alphaAt(cut, 70, 300)]).toEqual([255, 0]);
  });

  test('given the best effort, when two of three crops lose the subject, then the first look stays', async () => {
    const image = await picture(1600, 1200, [600, 400, 400, 400]);
    const [one, four] = [new GreenNetwork([UNSURE]), new GreenNetwork([UNSURE, SURE, 0, 0])];
    const plain = await cutOut(job(Buffer.from(image), one));
    const cut = await cutOut(job(image, four, { effort: 'best' }));
    expect(cut.looks).toBe(4);
    expect(await alphaAt(cut, 800, 600)).toBe(await alphaAt(plain, 800, 600));
  });

  test('given an earlier cut-out, when the effort is best, then the model runs once', async () => {
    const image = await sharp(await small())
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    for (let i = 0; i < image.data.length; i += 4) if (image.data[i] === 0x77) image.data[i + 3] = 0;
    const cleared = await sharp(image.data, { raw: { width: 400, height: 300, channels: 4 } })
      .png()
      .toBuffer();
    expect((await cutOut(job(cleared, new GreenNetwork([UNSURE, SURE]), { effort: 'best' }))).looks).toBe(1);
  });

  test('given a region, when a crop counts, then it stays inside', async () => {
    const image = await picture(400, 300, [180, 120, 40, 40], [300, 120, 40, 40]);
    const options = { effort: 'auto', roi: '150px 90px 250px 200px' };
    const cut = await cutOut(job(image, new GreenNetwork([UNSURE, SURE]), options));
    expect(cut.looks).toBe(2);
    expect([await alphaAt(cut, 200, 140), await alphaAt(cut, 320, 140)]).toEqual([255, 0]);
  });

  test.each([
    [{ semitransparency: false }],
    [{ refine: 'none' }],
    [{ only: 'alpha' }],
    [{ bit_depth: '16' }],
    [{ size: 'preview' }],
    [{ crop: true, format: 'webp' }],
  ])('given %j, when a crop counts, then the subject is opaque', async (more) => {
    const options = { effort: 'auto', ...more };
    const large = await picture(1200, 900, [540, 360, 120, 120]);
    const cut = await cutOut(job(large, new GreenNetwork([UNSURE, SURE]), options));
    expect(cut.looks).toBe(2);
    const { left, top, width, height } = cut.foreground;
    const opaque = await sharp(cut.data)
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { channels } = opaque.info;
    const at = (top + (height >> 1)) * cut.width + left + (width >> 1);
    expect(opaque.data[channels * at + channels - 1]).toBe(255);
  });

  test.each([
    ['it succeeds', [UNSURE, SURE]],
    ['the second run fails', [UNSURE, -1]],
  ])('given two looks, when %s, then every buffer of pixels has been wiped', async (_, opacities) => {
    const network = new GreenNetwork(opacities);
    await cutOut(job(await small(), network, { effort: 'auto' })).catch(() => undefined);
    expect(network.looks).toBe(2);
    expect(network.seen.every((buffer) => buffer.every((byte) => byte === 0))).toBe(true);
  });
});
