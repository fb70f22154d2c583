import type { Mask, Raster } from '#imaging/raster/raster.js';
import fc from 'fast-check';
import { zeroNearBackground } from '#imaging/matting/mask-filters.js';
import { applyMatte } from '#imaging/matting/matte.js';
import { resampleTaps } from '#imaging/raster/resample-taps.js';
import { shownBox } from '../../harness/shown-box.js';

const raster = (width: number, height: number, pixel: number[]): Raster => ({
  data: Uint8Array.from({ length: width * height * 4 }, (_, i) => pixel[i % 4]!),
  width,
  height,
});

const alphaOf = ({ data }: Raster): number[] => [...data].filter((_, i) => i % 4 === 3);

/** Largest difference between two rows of numbers. */
const farthest = (a: number[], b: number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

const side = fc.integer({ min: 1, max: 40 });
const sizedMask: fc.Arbitrary<Mask> = fc
  .tuple(side, side)
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height, maxLength: width * height })
      .map((data) => ({ data, width, height })),
  );

const mirrored = ({ data, width, height }: Mask): Mask => ({
  data: data.map((_, i) => data[i - (i % width) + (width - 1 - (i % width))]!),
  width,
  height,
});

/** The definition, in doubles: the full two-dimensional sum over both directions' taps, without clamping between. */
function exact(mask: Mask, width: number, height: number): number[] {
  const [across, down] = [resampleTaps(mask.width, width), resampleTaps(mask.height, height)];
  const out: number[] = [];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let k = 0; k < across.count; k += 1) {
        let column = 0;
        for (let j = 0; j < down.count; j += 1) {
          const [row, at] = [down.index[y * down.count + j]!, across.index[x * across.count + k]!];
          column += down.weight[y * down.count + j]! * mask.data[row * mask.width + at]!;
        }
        sum += across.weight[x * across.count + k]! * Math.min(255, Math.max(0, column));
      }
      out.push(Math.min(255, Math.max(0, sum)));
    }
  }
  return out;
}

describe('matte', () => {
  test('given any two sizes, when taps are computed, then weights add up to 1 at the right position', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 120 }), (from, to) => {
        const { count, index, weight } = resampleTaps(from, to);
        expect(index.every((at) => at >= 0 && at < from)).toBe(true);
        for (let i = 0; i < to; i += 1) {
          const taps = Array.from({ length: count }, (_, k) => i * count + k);
          expect(taps.reduce((sum, k) => sum + weight[k]!, 0)).toBeCloseTo(1, 5);
          const centre = taps.reduce((sum, k) => sum + weight[k]! * index[k]!, 0);
          const wanted = ((i + 0.5) * from) / to - 0.5;
          const inner = wanted > count / 2 && wanted < from - 1 - count / 2;
          if (inner) expect(Math.abs(centre - wanted)).toBeLessThan(0.05 * Math.max(1, from / to));
        }
      }),
    );
  });

  test('given a constant mask, when applied at any size, then alpha is that constant exactly', () => {
    fc.assert(
      fc.property(fc.tuple(side, side, side, side), fc.integer({ min: 0, max: 255 }), (sides, value) => {
        const [mw, mh, width, height] = sides;
        const image = raster(width, height, [9, 8, 7, 255]);
        applyMatte(image, { data: new Uint8Array(mw * mh).fill(value), width: mw, height: mh });
        expect(new Set(alphaOf(image))).toEqual(new Set([value]));
      }),
    );
  });

  test('given a mask of the same size, when applied, then alpha is the mask', () => {
    fc.assert(
      fc.property(sizedMask, (mask) => {
        const image = raster(mask.width, mask.height, [1, 2, 3, 255]);
        applyMatte(image, mask);
        expect(alphaOf(image)).toEqual([...mask.data]);
      }),
    );
  });

  test('given any mask, when enlarged or reduced, then it agrees with the definition', () => {
    fc.assert(
      fc.property(sizedMask, side, side, (mask, width, height) => {
        const image = raster(width, height, [1, 2, 3, 255]);
        applyMatte(image, mask);
        const wanted = exact(mask, width, height);
        expect(farthest(alphaOf(image), wanted)).toBeLessThan(0.52);
      }),
    );
  });

  test('given a mirrored mask, when applied, then the result is mirrored: no half-pixel shift', () => {
    fc.assert(
      fc.property(sizedMask, side, side, (mask, width, height) => {
        const [plain, mirror] = [
          raster(width, height, [1, 2, 3, 255]),
          raster(width, height, [1, 2, 3, 255]),
        ];
        applyMatte(plain, mask);
        applyMatte(mirror, mirrored(mask));
        const back = mirrored({ data: Uint8Array.from(alphaOf(mirror)), width, height }).data;
        expect(farthest(alphaOf(plain), [...back])).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('given an edge in the middle of the mask, when enlarged, then it is in the middle of the image', () => {
    const image = raster(64, 1, [5, 5, 5, 255]);
    applyMatte(image, { data: Uint8Array.from([0, 0, 0, 0, 255, 255, 255, 255]), width: 8, height: 1 });
    const alphas = alphaOf(image);
    expect(alphas[31]! + alphas[32]!).toBe(255);
    expect(alphas[31]).toBeLessThan(alphas[32]!);
  });

  test('given an image with its own alpha, when masked, then both are multiplied', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }), (own, value) => {
        const image = raster(3, 2, [50, 60, 70, own]);
        applyMatte(image, { data: new Uint8Array(16).fill(value), width: 4, height: 4 });
        expect(Math.abs(alphaOf(image)[0]! - (own * value) / 255)).toBeLessThanOrEqual(0.5);
      }),
    );
  });

  test('given a region, when its mask is applied, then it fills the region and everything else is cleared', () => {
    const image = raster(9, 7, [1, 2, 3, 255]);
    const region = { left: 2, top: 1, width: 4, height: 5 };
    applyMatte(image, { data: new Uint8Array(4).fill(128), width: 2, height: 2 }, { region });
    const wrong = alphaOf(image).findIndex((alpha, i) => {
      const [x, y] = [i % 9, Math.floor(i / 9)];
      const isInside = x >= 2 && x < 6 && y >= 1 && y < 6;
      const pixel = [...image.data.subarray(4 * i, 4 * i + 4)].join();
      return alpha !== (isInside ? 128 : 0) || pixel !== (isInside ? '1,2,3,128' : '0,0,0,0');
    });
    expect(wrong).toBe(-1);
  });

  test('given any mask, when applied, then color is unchanged where visible and cleared elsewhere', () => {
    fc.assert(
      fc.property(sizedMask, side, side, fc.integer({ min: 0, max: 255 }), (mask, width, height, own) => {
        const image = raster(width, height, [201, 102, 53, own]);
        applyMatte(image, mask);
        const wrong = alphaOf(image).findIndex((alpha, i) => {
          const color = [...image.data.subarray(4 * i, 4 * i + 3)].join();
          return color !== (alpha === 0 ? '0,0,0' : '201,102,53');
        });
        expect(wrong).toBe(-1);
      }),
    );
  });

  test('given any mask, when values near the background are zeroed, then all others are unchanged', () => {
    fc.assert(
      fc.property(sizedMask, (mask) => {
        const before = mask.data.slice();
        zeroNearBackground(mask);
        expect([...mask.data]).toEqual([...before].map((value) => (value <= 2 ? 0 : value)));
      }),
    );
  });

  test('given any mask, when it is applied, then the returned box bounds all that is visible', () => {
    fc.assert(
      fc.property(sizedMask, side, side, fc.boolean(), (mask, width, height, isOpaque) => {
        const image = raster(width, height, [10, 20, 30, 255]);
        expect(applyMatte(image, mask, { isOpaque })).toEqual(shownBox(image));
      }),
    );
  });
});
