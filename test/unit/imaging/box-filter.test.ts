import fc from 'fast-check';
import { BoxFilter, PlanePool } from '#imaging/raster/box-filter.js';

const side = fc.integer({ min: 1, max: 24 });
const plane = fc
  .tuple(side, side)
  .chain(([width, height]) =>
    fc
      .array(fc.integer({ min: -1000, max: 1000 }), { minLength: width * height, maxLength: width * height })
      .map((values) => ({ width, height, values: Float32Array.from(values, (value) => value / 8) })),
  );

/** The definition: the mean of what lies inside window and grid. */
function naive(values: Float32Array, width: number, height: number, radius: number): number[] {
  return Array.from(values, (_, i) => {
    const [cx, cy] = [i % width, Math.floor(i / width)];
    let [sum, count] = [0, 0];
    for (let y = Math.max(0, cy - radius); y <= Math.min(height - 1, cy + radius); y += 1) {
      for (let x = Math.max(0, cx - radius); x <= Math.min(width - 1, cx + radius); x += 1) {
        sum += values[y * width + x]!;
        count += 1;
      }
    }
    return sum / count;
  });
}

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe('box filter', () => {
  test('given any plane and radius, when filtered, then every cell is the mean of its window', () => {
    fc.assert(
      fc.property(plane, fc.integer({ min: 0, max: 40 }), ({ width, height, values }, radius) => {
        const out = new Float32Array(values.length);
        new BoxFilter({ width, height }).apply(out, values, radius);
        expect(farthest(out, naive(values, width, height, radius))).toBeLessThan(1e-3);
      }),
    );
  });

  test('given a plane filtered before, when another is filtered, then it contains nothing of the first', () => {
    fc.assert(
      fc.property(plane, fc.integer({ min: 0, max: 9 }), ({ width, height, values }, radius) => {
        const box = new BoxFilter({ width, height });
        const [first, second] = [new Float32Array(values.length), new Float32Array(values.length)];
        box.apply(first, values, radius);
        box.apply(second, values, radius);
        expect(second).toEqual(first);
      }),
    );
  });

  test('given a bright cell that left the window, when filtered, then none of it remains', () => {
    const values = new Float32Array(40 * 40);
    values[0] = 1e6;
    const out = new Float32Array(values.length);
    new BoxFilter({ width: 40, height: 40 }).apply(out, values, 3);
    expect(out.every((value, i) => value === 0 || (i % 40 <= 3 && i < 4 * 40))).toBe(true);
  });

  test('given planes that were borrowed and released, when the pool is wiped, then all are zeros', () => {
    const scratch = new PlanePool({ width: 9, height: 7 });
    const first = scratch.borrow().fill(3);
    const mean = scratch.mean(first, 2);
    scratch.release(first);
    const again = scratch.mean(mean, 1);
    expect(again).toBe(first);
    expect(again[10]).toBeCloseTo(3);
    scratch.wipe();
    for (const used of [mean, again]) expect(used.every((value) => value === 0)).toBe(true);
  });
});
