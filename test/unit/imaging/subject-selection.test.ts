import sharp from 'sharp';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { cutOut, type Cutout, type Segmentation } from '#imaging/cutout-pipeline.js';
import { squareFrame } from '#imaging/decode/decode.js';
import type { Mask } from '#imaging/raster/raster.js';
import { asPng, painted, picture, type Picture } from '../../harness/drawn-logos.js';
import { block, disc, drawnMask, faint, type Opacity } from '../../harness/drawn-masks.js';

const LIMITS = { maxPixels: 10_000_000, maxProgressivePixels: 10_000_000, maxSidePixels: 10_000 };
const GRID = 128;

/** A model that finds these shapes, in cells of its grid, whatever it is shown. */
function networkOf(shapes: readonly Opacity[], masks: Mask[] = []): Segmentation {
  const segment = (): Promise<Mask> => {
    const mask = drawnMask(GRID, GRID, ...shapes);
    masks.push(mask);
    return Promise.resolve(mask);
  };
  return { inputFor: () => squareFrame(256), segment };
}

/** A gray image of 1000 × 500 pixels. */
const gray = (): Promise<Buffer> =>
  sharp({ create: { width: 1000, height: 500, channels: 3, background: { r: 90, g: 110, b: 130 } } })
    .png()
    .toBuffer();

const cut = async (image: Buffer, shapes: readonly Opacity[], asked: object = {}): Promise<Cutout> =>
  cutOut({
    image: Buffer.from(image),
    options: jobOptionsSchema.parse(asked),
    limits: LIMITS,
    network: networkOf(shapes),
    onStage: () => undefined,
  });

/** Left, top, right and bottom. */
type Box = readonly [number, number, number, number];

/** Sum of alpha in a part of a picture. */
function alphaIn({ data, width }: Picture, [left, top, right, bottom]: Box): number {
  let sum = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) sum += data[4 * (y * width + x) + 3]!;
  }
  return sum;
}

/** A large shape on the left, a small one on the right: 8 pixels a cell across, 4 down. */
const LEFT = block(16, 32, 48, 96);
const RIGHT = block(80, 48, 104, 80);
const SCRAP = block(122, 4, 126, 8);

/** Which of the two shapes and the scrap are in a result. */
async function shownIn({ data }: Cutout): Promise<string[]> {
  const result = await picture(data);
  const places: [string, Box][] = [
    ['left', [100, 100, 400, 400]],
    ['right', [600, 170, 830, 340]],
    ['scrap', [940, 0, 1000, 40]],
  ];
  return places.filter(([, box]) => alphaIn(result, box) > 0).map(([name]) => name);
}

describe('subjects of a cut-out', () => {
  const near = (value: number): number => expect.closeTo(value, -1.2) as number;

  test.each<[string, string[]]>([
    ['all', ['left', 'right']],
    ['largest', ['left']],
    ['1', ['left']],
    ['2', ['right']],
    ['2,1', ['left', 'right']],
    ['70%,50%', ['right']],
    ['250px 250px', ['left']],
    // 9 pixels beside the left shape.
    ['384px,250px', ['left']],
    ['97%,1%', ['scrap']],
  ])('given two subjects and a scrap, when subject=%s, then the result shows %j', async (subject, shown) => {
    expect(await shownIn(await cut(await gray(), [LEFT, RIGHT, SCRAP], { subject }))).toEqual(shown);
  });

  test.each(['3', '1,9', '50%,50%', '3000px,10px', '0px,0px'])(
    'given two subjects, when subject=%s, then the job fails with the number of subjects',
    async (subject) => {
      await expect(cut(await gray(), [LEFT, RIGHT, SCRAP], { subject })).rejects.toMatchObject({
        code: 'subject-not-found',
        facts: { parameter: 'subject', detail: 'The image has 2 subjects.' },
      });
    },
  );

  test('given scraps=keep, when cut out, then the scrap is a subject like the others', async () => {
    const result = await cut(await gray(), [LEFT, RIGHT, SCRAP], { scraps: 'keep' });
    expect(await shownIn(result)).toEqual(['left', 'right', 'scrap']);
    expect(result.subjects).toHaveLength(3);
  });

  test('given two subjects, when cut out, then their boxes are those of their visible pixels', async () => {
    const { subjects, foreground, hints } = await cut(await gray(), [LEFT, RIGHT], { refine: 'none' });
    expect(subjects.map(({ box }) => box)).toEqual([
      { left: near(125), top: near(125), width: near(250), height: near(250) },
      { left: near(625), top: near(187), width: near(188), height: near(125) },
    ]);
    expect(subjects.map(({ share }) => share)).toEqual([expect.closeTo(0.727, 2), expect.closeTo(0.273, 2)]);
    expect([foreground.left, foreground.top, foreground.height]).toEqual([
      subjects[0]?.box.left,
      subjects[0]?.box.top,
      subjects[0]?.box.height,
    ]);
    expect(hints).not.toContain('no-subject');
  });

  test.each<[string, object]>([
    ['as it is', {}],
    ['cropped', { crop: true, crop_margin: '10px' }],
    ['scaled', { scale: '50%' }],
    ['moved', { position: '100% 0%' }],
    ['reduced', { size: 'preview' }],
    ['with 16 bits', { bit_depth: '16' }],
  ])('given one subject, when the result is %s, then its box is the foreground', async (_, asked) => {
    for (const subject of ['1', '2']) {
      const { subjects, foreground } = await cut(await gray(), [LEFT, RIGHT], { ...asked, subject });
      expect(subjects).toEqual([{ box: foreground, share: 1 }]);
    }
  });

  test('given a crop of two subjects, when cut out, then both boxes are inside the result', async () => {
    const asked = { crop: true, size: 'preview', crop_margin: '5%' };
    const { subjects, width, height } = await cut(await gray(), [LEFT, RIGHT], asked);
    for (const { box } of subjects) {
      expect(box.left).toBeGreaterThan(0);
      expect(box.left + box.width).toBeLessThan(width);
      expect(box.top + box.height).toBeLessThan(height);
    }
  });

  test('given a region, when a point is asked for, then it is a point of the whole image', async () => {
    const asked = { roi: '500px 0px 1000px 500px', subject: '690px,250px' };
    const { subjects } = await cut(await gray(), [LEFT, RIGHT], asked);
    // The mask covers the right half: the left shape is at 562 to 687.
    expect(subjects).toHaveLength(1);
    expect(subjects[0]?.box.left).toEqual(near(562));
    await expect(cut(await gray(), [LEFT], { ...asked, subject: '250px,250px' })).rejects.toMatchObject({
      code: 'subject-not-found',
    });
  });

  test('given more than 16 subjects, when cut out, then all stay and the largest are listed', async () => {
    const dots = Array.from({ length: 25 }, (_, i) =>
      disc(14 + 25 * (i % 5), 14 + 25 * Math.floor(i / 5), 4 + i / 10),
    );
    const { subjects } = await cut(await gray(), dots);
    expect(subjects).toHaveLength(16);
    expect(subjects[0]?.box.top).toBeGreaterThan(400);
  });

  test.each<[string, Opacity[]]>([
    ['nothing', []],
    ['haze', [faint(block(0, 0, 128, 128), 0.3)]],
  ])('given a mask of %s, when cut out, then the image is delivered with a hint', async (_, shapes) => {
    for (const subject of ['all', 'largest']) {
      const result = await cut(await gray(), shapes, { subject });
      expect([result.hints, result.subjects]).toEqual([['no-subject', 'low-confidence'], []]);
    }
    await expect(cut(await gray(), shapes, { subject: '1' })).rejects.toMatchObject({
      facts: { detail: 'The image has no subject.' },
    });
  });

  test('given an earlier cut-out of two shapes and a dot, when one is asked for, then only that one stays', async () => {
    const image = painted(
      (x, y) =>
        Math.hypot(x - 0.3, y - 0.5) < 0.2 || Math.hypot(x - 0.8, y - 0.5) < 0.1
          ? 1
          : Number(x > 0.97 && y < 0.03),
      [200, 40, 40],
      { width: 200, height: 200 },
    );
    const all = await cut(await asPng(image), []);
    expect([all.subjects.length, all.hints]).toEqual([3, []]);
    expect((await picture(all.data)).data.every((value, i) => i % 4 !== 3 || value === image.data[i])).toBe(
      true,
    );
    const right = await picture((await cut(await asPng(image), [], { subject: '2' })).data);
    expect(alphaIn(right, [0, 0, 110, 200])).toBe(0);
    expect(alphaIn(right, [130, 70, 190, 130])).toBe(alphaIn(image, [130, 70, 190, 130]));
  });

  test('given any choice, when the cut-out is done or has failed, then the mask has been wiped', async () => {
    for (const subject of ['1', '2', '9']) {
      const masks: Mask[] = [];
      await cutOut({
        image: await gray(),
        options: jobOptionsSchema.parse({ subject }),
        limits: LIMITS,
        network: networkOf([LEFT, RIGHT], masks),
        onStage: () => undefined,
      }).catch(() => undefined);
      expect(masks[0]?.data.every((value) => value === 0)).toBe(true);
    }
  });
});
