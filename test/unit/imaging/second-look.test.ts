import {
  canSharpen,
  cropAround,
  doubtOf,
  fadeOf,
  isCloser,
  partOnGrid,
  showsSame,
  subjectBox,
} from '#imaging/matting/second-look.js';
import type { Rect } from '#imaging/raster/pixel-rect.js';
import type { Mask } from '#imaging/raster/raster.js';

const SIDE = 64;
const WHOLE: Rect = { left: 0, top: 0, width: 640, height: 640 };

/** A mask with one opacity inside a rectangle of cells, and 0 outside. */
function maskWith(opacity: number, ...[left, top, right, bottom]: [number, number, number, number]): Mask {
  const data = new Uint8Array(SIDE * SIDE);
  for (let y = top; y < bottom; y += 1) data.fill(opacity, y * SIDE + left, y * SIDE + right);
  return { data, width: SIDE, height: SIDE };
}

const unit = ({ data }: Mask): Float32Array => Float32Array.from(data, (value) => value / 255);
const at = (weights: Float32Array, x: number, y: number): number => weights[y * SIDE + x]!;

describe('rules of the second look', () => {
  test('given a decided mask, when measured, then it has no doubt, and a gray one has much', () => {
    expect(doubtOf(maskWith(255, 10, 10, 30, 30))).toBe(0);
    expect(doubtOf(maskWith(0, 0, 0, 1, 1))).toBe(0);
    expect(doubtOf(maskWith(128, 10, 10, 30, 30))).toBeCloseTo(2, 1);
  });

  test('given a mask, when its box is computed, then thin opacity does not count', () => {
    const mask = maskWith(200, 10, 20, 30, 25);
    mask.data[0] = 100;
    expect(subjectBox(mask)).toEqual({ left: 10, top: 20, width: 20, height: 5 });
    expect(subjectBox(maskWith(100, 10, 20, 30, 25))).toBeUndefined();
  });

  test('given a box at the border of a region, when cropped, then the crop ends at the region', () => {
    const region = { left: 100, top: 50, width: 640, height: 320 };
    const crop = cropAround(
      { left: 0, top: 10, width: 10, height: 5 },
      { width: SIDE, height: SIDE },
      region,
    );
    expect(crop).toEqual({ left: 100, top: 60, width: 140, height: 105 });
  });

  test('given crops, when nearly all of the region is inside, then they are no closer', () => {
    expect(isCloser({ ...WHOLE, width: 300 }, WHOLE)).toBe(true);
    expect(isCloser({ ...WHOLE, width: 600 }, WHOLE)).toBe(false);
  });

  test('given a crop of few pixels, when asked, then it cannot sharpen edges', () => {
    expect(canSharpen({ left: 0, top: 0, width: 300, height: 600 })).toBe(true);
    expect(canSharpen({ left: 0, top: 0, width: 300, height: 400 })).toBe(false);
  });

  test('given a part of a mask, when put on a grid, then edges are where they were', () => {
    const part = partOnGrid(
      maskWith(255, 16, 16, 48, 48),
      { left: 80, top: 80, width: 160, height: 160 },
      WHOLE,
      {
        width: SIDE,
        height: SIDE,
      },
    );
    expect([at(part, 10, 40), at(part, 40, 10), at(part, 40, 40)]).toEqual([0, 0, 1]);
    expect(at(part, 31, 50) + at(part, 32, 50)).toBeCloseTo(1, 1);
  });

  test('given a crop in a region, when weighted, then it does not count at sides inside the region', () => {
    const grid = { width: SIDE, height: SIDE };
    const weights = fadeOf({ left: 100, top: 0, width: 320, height: 320 }, WHOLE, grid);
    expect([at(weights, 32, 32), at(weights, 32, 0), at(weights, 0, 32), at(weights, 63, 32)]).toEqual([
      1, 1, 0, 0,
    ]);
  });

  test('given masks of most of a subject and of another one, when compared, then only the first shows the same', () => {
    const first = unit(maskWith(255, 4, 4, 24, 24));
    expect(showsSame(first, maskWith(255, 4, 4, 24, 18))).toBe(true);
    expect(showsSame(first, maskWith(255, 40, 40, 60, 60))).toBe(false);
  });
});
