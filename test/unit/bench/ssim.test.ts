import { similarityOf, type GrayPlane } from '../../../bench/lib/ssim.js';

const plane = (value: (x: number, y: number) => number, width = 24, height = 20): GrayPlane => ({
  data: Float32Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))),
  width,
  height,
});

const waves = plane((x, y) => 128 + 60 * Math.sin(x) + 40 * Math.cos(y));

describe('structural similarity', () => {
  test('equal images have 1, and so have the windows that count', () => {
    expect(
      similarityOf(
        waves,
        plane((x, y) => 128 + 60 * Math.sin(x) + 40 * Math.cos(y)),
      ),
    ).toEqual({
      all: 1,
      counted: 1,
    });
  });

  test('two even images differ by the first term alone', () => {
    // (2 · 100 · 150 + C1) / (100² + 150² + C1), with C1 = (0.01 · 255)².
    const expected = (2 * 100 * 150 + 6.5025) / (100 ** 2 + 150 ** 2 + 6.5025);
    const { all } = similarityOf(
      plane(() => 100),
      plane(() => 150),
    );
    expect(all).toBeCloseTo(expected, 4);
  });

  test('a negative image has a similarity below 0', () => {
    expect(
      similarityOf(
        waves,
        plane((x, y) => 255 - waves.data[24 * y + x]!),
      ).all,
    ).toBeLessThan(0);
  });

  test('only the windows around a changed pixel are below 1', () => {
    const changed = plane((x, y) => waves.data[24 * y + x]! + (x === 6 && y === 7 ? 50 : 0));
    const near = (pixel: number): boolean =>
      Math.abs((pixel % 24) - 6) <= 5 && Math.abs(Math.floor(pixel / 24) - 7) <= 5;
    expect(similarityOf(waves, changed, (pixel) => !near(pixel)).counted).toBe(1);
    expect(similarityOf(waves, changed, near).counted).toBeLessThan(0.999);
    expect(similarityOf(waves, changed, () => false).counted).toBe(1);
  });

  test('images of two sizes, or smaller than a window, are refused', () => {
    expect(() =>
      similarityOf(
        waves,
        plane(() => 0, 23),
      ),
    ).toThrow(RangeError);
    expect(() =>
      similarityOf(
        plane(() => 0, 10),
        plane(() => 0, 10),
      ),
    ).toThrow(RangeError);
  });
});
