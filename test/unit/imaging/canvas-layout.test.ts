import fc from 'fast-check';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { PRESETS, withPreset } from '#contracts/option-presets.js';
import type { Layout } from '#imaging/compose/layout.js';
import { layoutOf } from '#imaging/compose/result-geometry.js';
import type { Rect, Size } from '#imaging/raster/pixel-rect.js';

const LIMITS = { maxPixels: 50_000_000, maxProgressivePixels: 50_000_000, maxSidePixels: 20_000 };

/** An image of 1000 × 800 with a subject of 400 × 200 that touches no border. */
const IMAGE = { width: 1000, height: 800 };
const BOX = { left: 300, top: 250, width: 400, height: 200 };

const layout = (asked: object, box: Rect = BOX, image: Size = IMAGE): Layout =>
  layoutOf({ image, box }, jobOptionsSchema.parse(withPreset({ ...asked })), LIMITS);

const rect = (left: number, top: number, width: number, height: number): Rect => ({
  left,
  top,
  width,
  height,
});

/** Request, canvas and place of the subject, computed by hand. */
const CASES: readonly [asked: object, canvas: [number, number], target: Rect, source?: Rect, box?: Rect][] = [
  // The subject is twice as wide as high: it fills the width.
  [{ output_size: '1000x1000' }, [1000, 1000], rect(0, 250, 1000, 500)],
  [{ output_size: '1000x1000', align: 'bottom' }, [1000, 1000], rect(0, 500, 1000, 500)],
  [{ output_size: '1000x1000', align: 'top left' }, [1000, 1000], rect(0, 0, 1000, 500)],
  [{ output_size: '200x1000' }, [200, 1000], rect(0, 450, 200, 100)],
  [{ output_size: '1000x100' }, [1000, 100], rect(400, 0, 200, 100)],
  [{ output_size: '1000x100', align: 'right' }, [1000, 100], rect(800, 0, 200, 100)],
  // Padding: 10 % of each side leaves 800 × 800.
  [{ output_size: '1000x1000', padding: '10%' }, [1000, 1000], rect(100, 300, 800, 400)],
  [{ output_size: '1000x500', padding: '10%' }, [1000, 500], rect(100, 50, 800, 400)],
  [{ output_size: '1000x1000', padding: '50px' }, [1000, 1000], rect(50, 275, 900, 450)],
  [{ output_size: '1000x1000', padding: '0 20% 0 0' }, [1000, 1000], rect(0, 300, 800, 400)],
  [{ output_size: '1000x1000', padding: '10%', margin: '50px' }, [1000, 1000], rect(150, 325, 700, 350)],
  // One side follows: 800 wide makes 400 high.
  [{ output_size: '800xauto' }, [800, 400], rect(0, 0, 800, 400)],
  [{ output_size: 'autox100' }, [200, 100], rect(0, 0, 200, 100)],
  // 800 - 2 × 80 = 640 wide, 320 high; 320 is 80 % of 400.
  [{ output_size: '800xauto', padding: '10%' }, [800, 400], rect(80, 40, 640, 320)],
  // The canvas around the subject: 400 + 20 wide; 200 is 80 % of 250.
  [{ output_size: 'subject' }, [400, 200], rect(0, 0, 400, 200)],
  [{ output_size: 'subject', padding: '10% 10px' }, [420, 250], rect(10, 25, 400, 200)],
  // The size of the image: the subject fills 1000 × 500.
  [{ output_size: 'original' }, [1000, 800], rect(0, 150, 1000, 500)],
  [{ output_size: 'original', padding: '25%' }, [1000, 800], rect(250, 275, 500, 250)],
  // An outline of 10 px: 980 pixels are left to the subject. Of 12.5 % of 400: the subject is 400 of 500.
  [{ output_size: '1000x1000', outline: '10px' }, [1000, 1000], rect(10, 255, 980, 490)],
  [{ output_size: '1000x1000', outline: '12.5%' }, [1000, 1000], rect(100, 300, 800, 400)],
  [{ output_size: 'subject', outline: '12.5%', padding: '7px' }, [514, 314], rect(57, 57, 400, 200)],
  [{ crop: 'true', outline: '5px', crop_margin: '3px' }, [416, 216], rect(8, 8, 400, 200)],
  // A reflection of 40 % of 200: the subject is 200 of 280 high.
  [{ output_size: '1000x1000', reflection: 30 }, [1000, 1000], rect(0, 150, 1000, 500)],
  [{ output_size: '1000x280', reflection: 30 }, [1000, 280], rect(300, 0, 400, 200)],
  [{ output_size: 'subject', reflection: 30, reflection_offset: '10px' }, [400, 290], rect(0, 0, 400, 200)],
  [{ crop: 'true', reflection: 30, reflection_length: '100%' }, [400, 400], rect(0, 0, 400, 200)],
  // With cover, the subject fills the result.
  [{ output_size: '800x400', fit: 'cover', outline: '10px' }, [800, 400], rect(0, 0, 800, 400)],
  // Cut off at the bottom: nothing is drawn there.
  [
    { output_size: '500x400', outline: '12.5%' },
    [500, 400],
    rect(50, 200, 400, 200),
    rect(300, 600, 400, 200),
    rect(300, 600, 400, 200),
  ],
  [
    { crop: 'true', outline: '10px' },
    [420, 210],
    rect(10, 10, 400, 200),
    rect(300, 600, 400, 200),
    rect(300, 600, 400, 200),
  ],
  // Cover: scaled by 5, of 2000 × 1000 the middle 1000 are shown, which are 200 pixels of the subject.
  [
    { output_size: '1000x1000', fit: 'cover' },
    [1000, 1000],
    rect(0, 0, 1000, 1000),
    rect(400, 250, 200, 200),
  ],
  [
    { output_size: '1000x1000', fit: 'cover', align: 'right' },
    [1000, 1000],
    rect(0, 0, 1000, 1000),
    rect(500, 250, 200, 200),
  ],
  // Cut off at the bottom: it touches the edge there without padding, with margin, and where it is aligned.
  [
    { output_size: '1000x1000', padding: '10%' },
    [1000, 1000],
    rect(100, 600, 800, 400),
    rect(300, 600, 400, 200),
    rect(300, 600, 400, 200),
  ],
  [
    { output_size: '1000x1000', padding: '10%', margin: '20px' },
    [1000, 1000],
    rect(120, 600, 760, 380),
    rect(300, 600, 400, 200),
    rect(300, 600, 400, 200),
  ],
  [
    { output_size: '1000x1000', padding: '10%', align: 'center' },
    [1000, 1000],
    rect(100, 300, 800, 400),
    rect(300, 600, 400, 200),
    rect(300, 600, 400, 200),
  ],
  // Cut off left and right: no padding there, in the middle.
  [
    { output_size: '1000x1000', padding: '10%' },
    [1000, 1000],
    rect(0, 400, 1000, 200),
    rect(0, 300, 1000, 200),
    rect(0, 300, 1000, 200),
  ],
  [{ preset: 'amazon' }, [2000, 2000], rect(150, 575, 1700, 850)],
  [{ preset: 'amazon', output_size: '1000x1000' }, [1000, 1000], rect(75, 288, 850, 425)],
];

describe('given output_size', () => {
  it.each(CASES)('when %j is laid out, then canvas and subject are as computed by hand', (...one) => {
    const [asked, [width, height], target, source = BOX, box = BOX] = one;
    expect(layout(asked, box)).toEqual({ canvas: { width, height }, source, target, foreground: target });
  });

  it('when padding and margin leave no room, or the result is too large, then that is the problem', () => {
    const refused = (asked: object, box?: Rect): string | undefined => {
      try {
        layout(asked, box);
        return undefined;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(refused({ output_size: '100x100', padding: '50px' })).toBe('subject-no-room');
    expect(refused({ output_size: '100x100', padding: '49%', margin: '1px' })).toBe('subject-no-room');
    expect(refused({ output_size: '9000x9000' })).toBe('image-too-many-pixels');
    expect(refused({ output_size: '9000xauto' }, rect(10, 10, 5, 700))).toBe('image-too-many-pixels');
    expect(() =>
      layoutOf({ image: IMAGE, box: undefined }, jobOptionsSchema.parse({ output_size: 'subject' }), LIMITS),
    ).toThrow(expect.objectContaining({ code: 'foreground-not-found' }) as Error);
  });

  const side = fc.integer({ min: 1, max: 4000 });
  const subject = fc
    .record({ width: side, height: side })
    .chain((image) =>
      fc
        .tuple(fc.nat(image.width - 1), fc.nat(image.height - 1))
        .chain(([left, top]) =>
          fc
            .tuple(
              fc.integer({ min: 1, max: image.width - left }),
              fc.integer({ min: 1, max: image.height - top }),
            )
            .map(([width, height]) => ({ image, box: rect(left, top, width, height) })),
        ),
    );
  const length = fc.oneof(
    fc.integer({ min: 0, max: 40 }).map((value) => `${value}px`),
    fc.integer({ min: 0, max: 24 }).map((value) => `${value}%`),
  );
  const request = fc.record({
    output_size: fc.oneof(
      fc
        .tuple(fc.integer({ min: 200, max: 3000 }), fc.integer({ min: 200, max: 3000 }))
        .map(([w, h]) => `${w}x${h}`),
      fc.constantFrom('original', 'subject', '640xauto', 'autox480'),
    ),
    fit: fc.constantFrom('contain', 'cover'),
    padding: fc.array(length, { minLength: 4, maxLength: 4 }).map((four) => four.join(' ')),
    margin: length,
    align: fc.constantFrom('auto', 'center', 'top', 'bottom right', 'left'),
  });

  it('when any request is laid out, then all is inside, in proportion, and no larger than its space', () => {
    fc.assert(
      fc.property(subject, request, ({ image, box }, asked) => {
        let found: Layout;
        try {
          found = layout(asked, box, image);
        } catch (error) {
          expect(['subject-no-room', 'image-too-many-pixels']).toContain((error as { code: string }).code);
          return;
        }
        const { canvas, source, target } = found;
        for (const [inner, outer] of [
          [source, image],
          [target, canvas],
        ] as const) {
          expect(Object.values(inner).every(Number.isInteger)).toBe(true);
          expect(Math.min(inner.left, inner.top)).toBeGreaterThanOrEqual(0);
          expect(Math.min(inner.width, inner.height)).toBeGreaterThanOrEqual(1);
          expect(inner.left + inner.width).toBeLessThanOrEqual(outer.width);
          expect(inner.top + inner.height).toBeLessThanOrEqual(outer.height);
        }
        expect(source.left).toBeGreaterThanOrEqual(box.left);
        expect(source.left + source.width).toBeLessThanOrEqual(box.left + box.width);
        if (asked.fit === 'contain') expect(source).toEqual(box);
        // One factor in both directions, up to the rounding of the sides, which distorts a side of few pixels.
        if (Math.min(source.width, source.height, target.width, target.height) < 4) return;
        const [x, y] = [target.width / source.width, target.height / source.height];
        const rounding = [source.width, source.height, target.width, target.height].reduce(
          (product, pixels) => product * (1 + 1 / pixels) ** 2,
          1,
        );
        expect(Math.max(x / y, y / x)).toBeLessThanOrEqual(rounding);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('given a preset', () => {
  it('when it is parsed, then it is valid by itself, and options of the request take precedence', () => {
    for (const preset of Object.keys(PRESETS)) {
      const options = jobOptionsSchema.parse(withPreset({ preset }));
      expect(options).toMatchObject({ preset, ...PRESETS[preset as keyof typeof PRESETS] });
      expect(jobOptionsSchema.parse(withPreset(options))).toEqual(options);
    }
    const own = { preset: ' Amazon ', format: 'webp', padding: '0' };
    expect(jobOptionsSchema.parse(withPreset(own))).toMatchObject({
      ...{ preset: 'amazon', format: 'webp', padding: '0', bg_color: 'white', output_size: '2000x2000' },
    });
    expect(withPreset({ preset: 'constructor' })).toEqual({ preset: 'constructor' });
  });
});
