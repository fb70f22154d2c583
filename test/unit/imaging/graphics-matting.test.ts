import sharp from 'sharp';
import { jobOptionsSchema, type JobOptions } from '#contracts/job-options.js';
import { cutOut, type Cutout } from '#imaging/cutout-pipeline.js';
import { DRAWINGS, knownGraphic, type KnownGraphic } from '../../../bench/pipeline/known-graphics.js';
import { photo, PHOTOS, softIou } from '../../harness/photos.js';

const LIMITS = { maxPixels: 10_000_000, maxProgressivePixels: 10_000_000, maxSidePixels: 10_000 };

/** Drawings that lossy files keep flat; gradients and shadows in these are for a model. */
const FLAT = Object.keys(DRAWINGS).filter((name) => !/gradient|shadow|window/.test(name));

const opened = ({ image: { data, width, height } }: KnownGraphic) =>
  sharp(data, { raw: { width, height, channels: 4 } }).removeAlpha();

/** Cuts out with a model that marks everything as its subject, and counts its runs. */
async function cut(image: Buffer, options: Record<string, unknown> = {}): Promise<Cutout & { runs: number }> {
  let runs = 0;
  const parsed: JobOptions = jobOptionsSchema.parse(options);
  const result = await cutOut({
    image: Buffer.from(image),
    options: parsed,
    limits: LIMITS,
    network: {
      inputFor: () => ({ width: 256, height: 256, kernel: 'lanczos3' }),
      segment: () => {
        runs += 1;
        return Promise.resolve({ data: new Uint8Array(64 * 64).fill(255), width: 64, height: 64 });
      },
    },
    onStage: () => undefined,
  });
  return { ...result, runs };
}

const alphaOf = async (image: Buffer): Promise<Buffer> =>
  sharp(image).ensureAlpha().extractChannel(3).raw().toBuffer();

const trueAlpha = ({ truth }: KnownGraphic): Uint8Array => truth.filter((_, i) => i % 4 === 3);

/** A face of black lines; its white is paint, and the paper is white. */
async function face(): Promise<{ image: Buffer; filled: Buffer }> {
  sharp.unblock({ operation: ['VipsForeignLoadSvg'] });
  const svg = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><g stroke="#000" stroke-width="9" fill="#fff"><circle cx="200" cy="200" r="150"/><circle cx="150" cy="160" r="24"/><circle cx="250" cy="160" r="24"/></g></svg>`,
  );
  const drawn = await sharp(svg).png().toBuffer();
  return {
    image: await sharp(drawn).flatten({ background: '#fff' }).png().toBuffer(),
    filled: await alphaOf(drawn),
  };
}

describe('drawings on one color', () => {
  test.each(Object.keys(DRAWINGS))(
    'given the drawing "%s" as PNG, when cut out, then its alpha is known and no model runs',
    async (name) => {
      const known = await knownGraphic(name);
      const { data, runs, looks, hints, confidence } = await cut(await opened(known).png().toBuffer());
      expect({ runs, looks, hint: hints[0] }).toEqual({ runs: 0, looks: 0, hint: 'graphics' });
      // A circle with lines inside of it may be a face.
      expect(confidence).toBeGreaterThan(name === 'line art' ? 0.6 : 0.9);
      expect(softIou(await alphaOf(data), trueAlpha(known))).toBeGreaterThan(0.96);
    },
  );

  test.each(FLAT)(
    'given the drawing "%s" as JPEG, when cut out, then its alpha is near the truth',
    async (name) => {
      const known = await knownGraphic(name);
      const { data, runs } = await cut(await opened(known).jpeg({ quality: 90 }).toBuffer());
      expect(runs).toBe(0);
      expect(softIou(await alphaOf(data), trueAlpha(known))).toBeGreaterThan(0.97);
    },
  );

  test('given a drawing, when cut out, then edges have the color of their ink and nothing of the ground', async () => {
    const known = await knownGraphic('logo on yellow');
    const { data } = await cut(await opened(known).png().toBuffer());
    const pixels = await sharp(data).ensureAlpha().raw().toBuffer();
    let [error, count] = [0, 0];
    for (let at = 0; at < pixels.length; at += 4) {
      const alpha = pixels[at + 3]!;
      if (alpha === 0 || alpha === 255 || known.truth[at + 3] === 0) continue;
      count += 3;
      for (let c = 0; c < 3; c += 1) error += Math.abs(pixels[at + c]! - known.truth[at + c]!);
    }
    expect(error / count).toBeLessThan(3);
  });

  test.each(PHOTOS)('given the photo %s, when cut out, then the model decides', async (name) => {
    const { runs, hints } = await cut(photo(name));
    expect(runs).toBe(1);
    expect(hints).not.toContain('graphics');
  });

  test('given a white object on white, when cut out, then the model decides', async () => {
    sharp.unblock({ operation: ['VipsForeignLoadSvg'] });
    const svg = Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600"><defs><radialGradient id="g" cx="0.35" cy="0.3"><stop offset="0" stop-color="#fff"/><stop offset="0.6" stop-color="#eee"/><stop offset="1" stop-color="#bbb"/></radialGradient></defs><rect width="600" height="600" fill="#fff"/><circle cx="300" cy="300" r="190" fill="url(#g)"/></svg>`,
    );
    for (const image of [
      await sharp(svg).png().toBuffer(),
      await sharp(svg).jpeg({ quality: 85 }).toBuffer(),
    ]) {
      expect((await cut(image)).runs).toBe(1);
    }
  });

  test('given graphics=off, when a drawing is cut out, then the model decides', async () => {
    const known = await knownGraphic('code');
    expect((await cut(await opened(known).png().toBuffer(), { graphics: 'off' })).runs).toBe(1);
  });

  test('given graphics=on, when a photo without a flat ground is cut out, then the error says so', async () => {
    await expect(cut(photo('coffee'), { graphics: 'on' })).rejects.toMatchObject({ code: 'ground-not-flat' });
  });

  test('given a face whose white is paint, when cut out, then holes=fill keeps it and holes=open says its doubt', async () => {
    const { image, filled } = await face();
    const kept = await cut(image, { holes: 'fill' });
    expect(softIou(await alphaOf(kept.data), filled)).toBeGreaterThan(0.99);
    const open = await cut(image);
    expect(open.confidence).toBeLessThan(0.8);
    expect(open.hints).toEqual(['graphics', 'low-confidence']);
    const { data, info } = await sharp(open.data).raw().toBuffer({ resolveWithObject: true });
    expect(data[4 * (250 * info.width + 200) + 3]).toBe(0);
  });

  test('given options of the result, when a drawing is cut out, then they apply as for photographs', async () => {
    const known = await knownGraphic('rings');
    const image = await opened(known).png().toBuffer();
    const cropped = await cut(image, { crop: true, bg_color: '#ff0000', format: 'jpg' });
    expect([cropped.format, cropped.width]).toEqual(['jpg', 706]);
    const alpha = await cut(image, { channels: 'alpha' });
    expect((await sharp(alpha.data).metadata()).channels).toBe(1);
    const part = await cut(image, { roi: '0 0 50% 100%' });
    expect(part.runs + part.foreground.left + part.foreground.width).toBeLessThanOrEqual(451);
    const deep = await cut(image, { bit_depth: '16' });
    expect((await sharp(deep.data).metadata()).depth).toBe('ushort');
  });

  test('given refine=none, when a drawing is cut out, then its alpha is 0 or 255', async () => {
    const known = await knownGraphic('signature');
    const { data } = await cut(await opened(known).png().toBuffer(), { refine: 'none' });
    expect(new Set(await alphaOf(data))).toEqual(new Set([0, 255]));
  });

  test('given separate shapes, when the largest is asked for, then only that one stays', async () => {
    const known = await knownGraphic('stickers');
    const { subjects } = await cut(await opened(known).png().toBuffer());
    expect(subjects).toHaveLength(2);
    const { foreground } = await cut(await opened(known).png().toBuffer(), { subject: 'largest' });
    expect(foreground.width).toBeLessThan(310);
  });

  test('given a cut-out with its own alpha, when cut out again, then the drawing is not keyed', async () => {
    const known = await knownGraphic('logo on white');
    const { width, height } = known.image;
    const transparent = await sharp(known.truth, { raw: { width, height, channels: 4 } })
      .png()
      .toBuffer();
    expect((await cut(transparent)).hints).not.toContain('graphics');
    await expect(cut(transparent, { graphics: 'on' })).rejects.toMatchObject({ code: 'ground-not-flat' });
  });
});
