/** @jest-environment ./test/harness/onnx-environment.cjs */
import type { Mask, RgbRaster } from '#imaging/raster/raster.js';
import sharp from 'sharp';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { cutOut, type CutoutJob } from '#imaging/cutout-pipeline.js';
import { Segmenter } from '#inference/segmenter.js';
import { asPng, LOGOS, painted, picture, type Shape } from '../../harness/drawn-logos.js';
import { photo, PHOTOS, referenceAlpha, softIou } from '../../harness/photos.js';
import { preparedModel } from '../../harness/prepared-model.js';

const LIMITS = { maxPixels: 10_000_000, maxProgressivePixels: 10_000_000, maxSidePixels: 10_000 };

describe('cut-out pipeline', () => {
  let network: Segmenter;
  beforeAll(async () => {
    const { entry, path } = await preparedModel('isnet');
    network = await Segmenter.load(entry, path, 2);
  });
  afterAll(() => network.release());

  const job = (image: Buffer, more: Partial<CutoutJob> = {}): CutoutJob => ({
    image,
    options: jobOptionsSchema.parse({}),
    limits: LIMITS,
    network,
    onStage: () => undefined,
    ...more,
  });

  test.each(PHOTOS)(
    'given the photo %s, when cut out, then its alpha agrees with the reference',
    async (name) => {
      const stages: string[] = [];
      const { data, width, height, timingsMs } = await cutOut(
        job(photo(name), { onStage: (stage) => void stages.push(stage) }),
      );
      expect(stages).toEqual(['decode', 'infer', 'refine', 'compose', 'encode']);
      expect(timingsMs.infer).toBeGreaterThan(0);
      const facts = await sharp(data).metadata();
      expect([facts.width, facts.height, facts.channels]).toEqual([width, height, 4]);
      const alpha = await sharp(data).extractChannel(3).raw().toBuffer();
      expect(softIou(alpha, await referenceAlpha(name))).toBeGreaterThan(0.97);
    },
  );

  test('given a size class, when cut out, then the matte is that of the full size, reduced', async () => {
    const large = await sharp(photo('coffee')).resize(2400).jpeg({ quality: 95 }).toBuffer();
    const cut = await cutOut(job(large, { options: jobOptionsSchema.parse({ size: 'preview' }) }));
    expect([cut.width, cut.height]).toEqual([612, 408]);
    const alpha = await sharp(cut.data).extractChannel(3).resize(600, 400, { fit: 'fill' }).raw().toBuffer();
    expect(softIou(alpha, await referenceAlpha('coffee'))).toBeGreaterThan(0.97);
  });

  test('given a region, when cut out, then everything outside is transparent and the rest keeps its place', async () => {
    const options = jobOptionsSchema.parse({ roi: '60px 0 500px 100%' });
    const { data, foreground, confidence, hints } = await cutOut(job(photo('coffee'), { options }));
    expect(confidence).toBeGreaterThan(0.9);
    expect(hints).toEqual([]);
    const alpha = await sharp(data).extractChannel(3).raw().toBuffer();
    expect(alpha.every((value, i) => value === 0 || (i % 600 >= 60 && i % 600 < 500))).toBe(true);
    expect(softIou(alpha, await referenceAlpha('coffee'))).toBeGreaterThan(0.95);
    expect(foreground.left).toBeGreaterThanOrEqual(60);
    expect(foreground.left + foreground.width).toBeLessThanOrEqual(500);
  });

  test('given a position and a background picture, when cut out, then both are applied in one pass', async () => {
    const asked = { crop: true, crop_margin: '10%', format: 'auto', add_shadow: true };
    const more = { options: jobOptionsSchema.parse(asked), background: photo('chelsea') };
    const { data, width, height, format, foreground } = await cutOut(job(photo('coffee'), more));
    expect(format).toBe('jpg');
    expect(await sharp(data).metadata()).toMatchObject({ format: 'jpeg', width, height });
    const share = Math.round(foreground.width / 10);
    expect([foreground.left, width]).toEqual([share, foreground.width + 2 * share]);
  });

  test.each<[string, Shape, Parameters<typeof painted>[1]]>([
    ['a white star', LOGOS['star']!, [255, 255, 255]],
    ['a light letter up to the border', LOGOS['letter']!, [245, 245, 240]],
    ['a grey shadow', LOGOS['shadow']!, [90, 90, 90]],
  ])('given %s on transparency, when cut out, then its alpha stays', async (_, shape, color) => {
    const image = painted(shape, color);
    const { data } = await picture((await cutOut(job(await asPng(image)))).data);
    expect(data.every((value, i) => i % 4 !== 3 || value === image.data[i])).toBe(true);
  });

  test('given a photo with round corners, when cut out, then its alpha is that of the photo without them', async () => {
    const image = await picture(photo('coffee'));
    for (let i = 0; i < 600 * 400; i += 1) {
      const [x, y] = [Math.abs((i % 600) - 300) - 260, Math.abs(Math.floor(i / 600) - 200) - 160];
      if (Math.hypot(Math.max(x, 0), Math.max(y, 0)) > 40) image.data[4 * i + 3] = 0;
    }
    const { data } = await picture((await cutOut(job(await asPng(image)))).data);
    const alpha = data.filter((_, i) => i % 4 === 3);
    expect(softIou(alpha, await referenceAlpha('coffee'))).toBeGreaterThan(0.97);
  });

  test('given a photo, when the cut-out is done, then every buffer of its pixels has been wiped', async () => {
    const seen: Uint8Array[] = [];
    const segment = async (picture: RgbRaster): Promise<Mask> => {
      const mask = await network.segment(picture);
      expect(Math.max(...picture.data.subarray(0, 3000))).toBeGreaterThan(0);
      seen.push(picture.data, mask.data);
      return mask;
    };
    const options = jobOptionsSchema.parse({ scale: '50%', add_shadow: true, semitransparency: false });
    await cutOut(job(photo('coffee'), { options, network: { inputFor: network.inputFor, segment } }));
    expect(seen.every((buffer) => buffer.every((byte) => byte === 0))).toBe(true);
  });

  test('given an image over the limits, or damaged, when cut out, then it fails before inference', async () => {
    const tight = { maxPixels: 1000, maxProgressivePixels: 1000, maxSidePixels: 10_000 };
    const stages: string[] = [];
    const onStage = (stage: string): void => void stages.push(stage);
    await expect(cutOut(job(photo('coffee'), { limits: tight, onStage }))).rejects.toMatchObject({
      code: 'image-too-many-pixels',
    });
    const cut = photo('coffee').subarray(0, 30_000);
    await expect(cutOut(job(cut, { onStage }))).rejects.toMatchObject({ code: 'image-truncated' });
    expect(new Set(stages)).toEqual(new Set(['decode']));
  });
});
