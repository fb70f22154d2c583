import fc from 'fast-check';
import { toGrid } from '#imaging/matting/guide-grid.js';
import { areaTaps } from '#imaging/raster/resample-taps.js';

const side = fc.integer({ min: 1, max: 40 });

/** Share of each source sample that lies under each output pixel. */
function overlap(from: number, to: number, output: number, sample: number): number {
  const [begin, end] = [(output * from) / to, ((output + 1) * from) / to];
  return Math.max(0, Math.min(end, sample + 1) - Math.max(begin, sample)) / (end - begin);
}

describe('guide grid', () => {
  test('given fewer outputs than samples, when taps are computed, then weights are the areas', () => {
    fc.assert(
      fc.property(side, side, (a, b) => {
        const [from, to] = [Math.max(a, b), Math.min(a, b)];
        const { count, index, weight } = areaTaps(from, to);
        for (let output = 0; output < to; output += 1) {
          const found = new Float32Array(from);
          for (let tap = output * count; tap < (output + 1) * count; tap += 1) {
            found[index[tap]!] = found[index[tap]!]! + weight[tap]!;
          }
          found.forEach((share, sample) => expect(share).toBeCloseTo(overlap(from, to, output, sample), 5));
        }
      }),
    );
  });

  test('given the same size, when resampled to the grid, then it is a copy', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 75, maxLength: 75 }), (pixels) => {
        const grid = toGrid({ data: pixels, width: 5, height: 5 }, { width: 5, height: 5 });
        expect([...grid]).toEqual([...pixels]);
        expect(grid.buffer).not.toBe(pixels.buffer);
      }),
    );
  });

  test('given twice the size, when resampled to the grid, then each cell is the mean of its four pixels', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 192, maxLength: 192 }), (pixels) => {
        const grid = toGrid({ data: pixels, width: 8, height: 8 }, { width: 4, height: 4 });
        grid.forEach((value, i) => {
          const [x, y, c] = [Math.floor(i / 3) % 4, Math.floor(i / 12), i % 3];
          const four = [0, 1, 8, 9].map((step) => pixels[3 * (16 * y + 2 * x + step) + c]!);
          expect(value).toBe(Math.round(four.reduce((sum, each) => sum + each, 0) / 4));
        });
      }),
    );
  });

  test('given one color, when resampled to any grid, also a finer or a non-square one, then it is that color', () => {
    fc.assert(
      fc.property(side, side, side, fc.nat(255), (from, width, height, value) => {
        const pixels = Uint8Array.from({ length: from * from * 3 }, (_, i) => (i % 3 === 1 ? value : 7));
        const grid = toGrid({ data: pixels, width: from, height: from }, { width, height });
        expect(grid).toHaveLength(width * height * 3);
        expect(grid.every((each, i) => each === (i % 3 === 1 ? value : 7))).toBe(true);
      }),
    );
  });

  test('given a ramp, when resampled to a finer grid, then new values are between their neighbors', () => {
    const pixels = Uint8Array.from({ length: 12 }, (_, i) => (Math.floor(i / 3) % 2) * 100);
    const grid = toGrid({ data: pixels, width: 2, height: 2 }, { width: 4, height: 1 });
    expect([...grid].filter((_, i) => i % 3 === 0)).toEqual([0, 25, 75, 100]);
  });
});
