import fc from 'fast-check';
import { jobOptionsSchema, OUTPUT_SIZES, type JobOptions } from '#contracts/job-options.js';
import type { Rect, Size } from '#imaging/raster/pixel-rect.js';
import { isOpaque } from '#imaging/raster/raster.js';
import type { Layout } from '#imaging/compose/layout.js';
import { fitSize, layoutOf, placedRect, regionOf } from '#imaging/compose/result-geometry.js';
import { shownBox } from '../../harness/shown-box.js';

const LIMITS = { maxPixels: 50_000_000, maxProgressivePixels: 50_000_000, maxSidePixels: 20_000 };
const MEGAPIXELS: Partial<Record<JobOptions['size'], number>> = {
  preview: 0.25,
  small: 0.25,
  regular: 0.25,
  medium: 1.5,
  hd: 4,
};

const side = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 7000 }));
const size = fc.constantFrom(...OUTPUT_SIZES);

/** An image and a box inside it. */
const subject: fc.Arbitrary<{ image: Size; box: Rect }> = fc
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
          .map(([width, height]) => ({ image, box: { left, top, width, height } })),
      ),
  );

const layout = (of: { image: Size; box: Rect | undefined }, asked: object): Layout =>
  layoutOf(of, jobOptionsSchema.parse(asked), LIMITS);

function expectInside(inner: Rect, outer: Size): void {
  expect(Object.values(inner).every(Number.isInteger)).toBe(true);
  expect(Math.min(inner.left, inner.top)).toBeGreaterThanOrEqual(0);
  expect(Math.min(inner.width, inner.height)).toBeGreaterThanOrEqual(1);
  expect(inner.left + inner.width).toBeLessThanOrEqual(outer.width);
  expect(inner.top + inner.height).toBeLessThanOrEqual(outer.height);
}

describe('result geometry', () => {
  test('given any options, when laid out, then source is in the image and target in the canvas', () => {
    const margin = fc.constantFrom('0', '500px', '50%', '3px 7%', '1px 2px 3% 4%');
    const scale = fc.constantFrom('original', '10%', '33.3%', '100%');
    const position = fc.constantFrom('original', 'center', '0%', '100% 37%');
    fc.assert(
      fc.property(
        subject,
        fc.tuple(size, fc.boolean(), margin, scale, position),
        (of, [wanted, crop, crop_margin, share, place]) => {
          // What has no effect beside the others is refused.
          const own = crop ? { crop, crop_margin } : { scale: share, position: place };
          const found = layout(of, { size: wanted, ...own });
          expectInside(found.source, of.image);
          expectInside(found.target, found.canvas);
          expectInside(found.foreground, found.canvas);
          expect(found.canvas.width * found.canvas.height).toBeLessThanOrEqual(LIMITS.maxPixels);
        },
      ),
    );
  });

  test('given a size class, when a size is fitted, then it is within its megapixels, keeps proportions and never grows', () => {
    fc.assert(
      fc.property(fc.record({ width: side, height: side }), size, (image, wanted) => {
        const fitted = fitSize(image, wanted, LIMITS);
        const maxPixels = 1e6 * (MEGAPIXELS[wanted] ?? 50);
        expect(fitted.width * fitted.height).toBeLessThanOrEqual(Math.max(maxPixels, 1));
        expect(fitted.width).toBeLessThanOrEqual(image.width);
        expect(fitted.height).toBeLessThanOrEqual(image.height);
        if (image.width * image.height <= maxPixels) expect(fitted).toEqual(image);
        if (Math.min(fitted.width, fitted.height) > 1) {
          const ratio = Math.sqrt(maxPixels / (image.width * image.height));
          expect(Math.abs(fitted.width - image.width * Math.min(1, ratio))).toBeLessThanOrEqual(1);
          expect(Math.abs(fitted.height - image.height * Math.min(1, ratio))).toBeLessThanOrEqual(1);
        }
      }),
    );
    expect(fitSize({ width: 1875, height: 1200 }, 'preview', LIMITS)).toEqual({ width: 625, height: 400 });
  });

  test('given crop and margins, when laid out in full, then they are exact and within 50 % or 500 px', () => {
    const margin = fc.record({
      value: fc.nat(500),
      unit: fc.constantFrom('px', '%'),
    });
    const text = ({ value, unit }: { value: number; unit: string }): string =>
      `${unit === '%' ? value % 51 : value}${unit}`;
    const pixels = ({ value, unit }: { value: number; unit: string }, of: number): number =>
      unit === '%' ? Math.round(((value % 51) * of) / 100) : value;
    fc.assert(
      fc.property(subject, fc.tuple(margin, margin, margin, margin), ({ image, box }, margins) => {
        const [top, right, bottom, left] = margins;
        const found = layout({ image, box }, { crop: true, crop_margin: margins.map(text).join(' ') });
        fc.pre(found.target.width === box.width && found.target.height === box.height);
        expect(found.source).toEqual(box);
        expect(found.target.left).toBe(pixels(left, box.width));
        expect(found.target.top).toBe(pixels(top, box.height));
        expect(found.canvas).toEqual({
          width: box.width + pixels(left, box.width) + pixels(right, box.width),
          height: box.height + pixels(top, box.height) + pixels(bottom, box.height),
        });
        expect(found.target.left).toBeLessThanOrEqual(Math.max(500, Math.ceil(box.width / 2)));
      }),
    );
  });

  test('given crop and a size class, when laid out, then the source is in full and the output is limited', () => {
    const of = {
      image: { width: 6000, height: 4000 },
      box: { left: 100, top: 50, width: 3000, height: 2000 },
    };
    const found = layout(of, { crop: true, crop_margin: '10%', size: 'preview' });
    expect(found.source).toEqual(of.box);
    expect(found.canvas).toEqual({ width: 612, height: 408 });
    expect(found.target).toEqual({ left: 51, top: 34, width: 510, height: 340 });
  });

  test('given a scale, when laid out, then the larger direction fills that share, centered to a pixel', () => {
    fc.assert(
      fc.property(subject, fc.integer({ min: 10, max: 100 }), (of, share) => {
        const { canvas, target } = layout(of, { scale: `${share}%` });
        const fills = Math.max(target.width / canvas.width, target.height / canvas.height);
        const onePixel = 1 / Math.min(canvas.width, canvas.height);
        expect(Math.abs(fills - share / 100)).toBeLessThanOrEqual(onePixel);
        expect(canvas).toEqual(of.image);
        expect(Math.abs(2 * target.left + target.width - canvas.width)).toBeLessThanOrEqual(1);
        expect(Math.abs(2 * target.top + target.height - canvas.height)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('given a position, when laid out, then the subject keeps its size and is at that share of the free space', () => {
    fc.assert(
      fc.property(subject, fc.nat(100), fc.nat(100), (of, x, y) => {
        const { canvas, target } = layout(of, { position: `${x}% ${y}%` });
        expect([target.width, target.height]).toEqual([of.box.width, of.box.height]);
        expect(Math.abs(target.left - ((canvas.width - target.width) * x) / 100)).toBeLessThanOrEqual(0.5);
        expect(Math.abs(target.top - ((canvas.height - target.height) * y) / 100)).toBeLessThanOrEqual(0.5);
      }),
    );
  });

  test('given a scale in the original position, when laid out, then the center is kept as far as space allows', () => {
    const of = { image: { width: 100, height: 100 }, box: { left: 10, top: 70, width: 20, height: 20 } };
    const found = layout(of, { scale: '40%', position: 'original' });
    expect(found.target).toEqual({ left: 0, top: 60, width: 40, height: 40 });
  });

  test('given nothing to move, when laid out, then source and target are the whole image', () => {
    fc.assert(
      fc.property(subject, ({ image, box }) => {
        const whole = { left: 0, top: 0, ...image };
        const found = layout({ image, box }, { position: 'original' });
        expect(found).toEqual({ canvas: image, source: whole, target: whole, foreground: box });
      }),
    );
  });

  test('given no subject, when an option needs one, then that is the problem; otherwise the foreground is empty', () => {
    const of = { image: { width: 30, height: 20 }, box: undefined };
    for (const asked of [{ crop: true }, { scale: '50%' }, { position: 'center' }]) {
      expect(() => layout(of, asked)).toThrow(
        expect.objectContaining({ code: 'foreground-not-found' }) as Error,
      );
    }
    expect(layout(of, {}).foreground).toEqual({ left: 0, top: 0, width: 0, height: 0 });
  });

  test('given a region, when resolved for an image, then it is whole pixels within it, or a problem', () => {
    const image = { width: 301, height: 200 };
    expect(regionOf({ roi: undefined }, image)).toBeUndefined();
    expect(regionOf({ roi: '0% 0% 100% 100%' }, image)).toBeUndefined();
    expect(regionOf({ roi: '10px 0 50% 99.9%' }, image)).toEqual({
      left: 10,
      top: 0,
      width: 141,
      height: 200,
    });
    expect(regionOf({ roi: '0 7% 301px 14%' }, image)).toEqual({ left: 0, top: 14, width: 301, height: 14 });
    for (const roi of ['0 0 302px 10px', '0 300px 10px 10px']) {
      expect(() => regionOf({ roi }, image)).toThrow(
        expect.objectContaining({ code: 'roi-exceeds-bounds' }) as Error,
      );
    }
    for (const roi of ['5px 5px 5px 9px', '50% 0 10% 100%']) {
      expect(() => regionOf({ roi }, image)).toThrow(expect.objectContaining({ code: 'roi-empty' }) as Error);
    }
  });

  test('given any layout, when a part of the subject is placed, then it is in the subject, and the whole is all of it', () => {
    const options = fc.constantFrom<object>(
      {},
      { crop: true, crop_margin: '10%' },
      { scale: '40%' },
      { position: '100% 0%' },
    );
    const inset = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    const narrow = { image: { width: 673, height: 5754 }, box: { left: 0, top: 0, width: 72, height: 1 } };
    fc.assert(
      fc.property(subject, size, options, inset, ({ image, box }, sizeClass, more, [x, y]) => {
        const layout = layoutOf({ image, box }, jobOptionsSchema.parse({ size: sizeClass, ...more }), LIMITS);
        expect(placedRect(box, layout)).toEqual(layout.foreground);
        const left = box.left + Math.floor(x * (box.width - 1));
        const top = box.top + Math.floor(y * (box.height - 1));
        const placed = placedRect({ left, top, width: 1, height: 1 }, layout);
        const { foreground } = layout;
        expect(placed.left).toBeGreaterThanOrEqual(foreground.left);
        expect(placed.top).toBeGreaterThanOrEqual(foreground.top);
        expect(placed.left + placed.width).toBeLessThanOrEqual(foreground.left + foreground.width);
        expect(placed.top + placed.height).toBeLessThanOrEqual(foreground.top + foreground.height);
      }),
      { examples: [[narrow, 'regular', {}, [0.9859154929577464, 0]]] },
    );
  });

  test('given any raster, when its foreground box is computed, then it is the smallest box around the visible pixels', () => {
    const alphas = fc.record({
      width: fc.integer({ min: 1, max: 9 }),
      height: fc.integer({ min: 1, max: 9 }),
    });
    const filled = alphas.chain((area) =>
      fc
        .array(fc.constantFrom(0, 0, 0, 12, 13, 255), {
          minLength: area.width * area.height,
          maxLength: area.width * area.height,
        })
        .map((values) => ({ ...area, values })),
    );
    fc.assert(
      fc.property(filled, ({ width, height, values }) => {
        const data = Uint8Array.from(values.flatMap((alpha) => [1, 2, 3, alpha]));
        const shown = values.flatMap((alpha, i) => (alpha >= 13 ? [[i % width, Math.floor(i / width)]] : []));
        const [xs, ys] = [shown.map(([x]) => x!), shown.map(([, y]) => y!)];
        const [left, top] = [Math.min(...xs), Math.min(...ys)];
        const wanted = { left, top, width: Math.max(...xs) - left + 1, height: Math.max(...ys) - top + 1 };
        expect(shownBox({ data, width, height })).toEqual(shown.length > 0 ? wanted : undefined);
        expect(isOpaque({ data, width, height })).toBe(values.every((alpha) => alpha === 255));
      }),
    );
  });
});
