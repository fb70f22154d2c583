import fc from 'fast-check';
import { KernelRounding } from '#model-builder/recipe/kernel-rounding.js';

const LARGEST = 63;

/** eᵀCe, as the definition says it. */
function errorOf(weights: readonly number[], wholes: Int8Array, likeness: number, width: number): number {
  const errors = weights.map((weight, tap) => weight - wholes[tap]!);
  return errors.reduce(
    (sum, a, i) =>
      sum +
      errors.reduce((inner, b, j) => {
        const across = Math.abs((i % width) - (j % width));
        const down = Math.abs(Math.floor(i / width) - Math.floor(j / width));
        return inner + a * b * likeness ** (across + down);
      }, 0),
    0,
  );
}

const kernels = fc.array(fc.double({ min: -LARGEST, max: LARGEST, noNaN: true }), {
  minLength: 9,
  maxLength: 9,
});

describe('rounding of a kernel', () => {
  test('given any weights, when rounded, then each is a neighboring integer and the error is at most that of plain rounding', () => {
    const rounding = new KernelRounding({ width: 3, height: 3, dilation: 1 });
    fc.assert(
      fc.property(kernels, fc.double({ min: 0, max: 1, noNaN: true }), (weights, likeness) => {
        const wholes = new Int8Array(9);
        const off = rounding.round(Float64Array.from(weights), likeness, LARGEST, wholes);
        const nearest = Int8Array.from(weights, Math.round);
        weights.forEach((weight, tap) => {
          expect(Math.abs(weight - wholes[tap]!)).toBeLessThan(1);
          expect(Math.abs(wholes[tap]!)).toBeLessThanOrEqual(LARGEST);
        });
        expect(off).toBeCloseTo(
          weights.reduce((sum, weight, tap) => sum + weight - wholes[tap]!, 0),
          9,
        );
        expect(errorOf(weights, wholes, likeness, 3)).toBeLessThanOrEqual(
          errorOf(weights, nearest, likeness, 3) + 1e-6,
        );
      }),
    );
  });

  test('given fully correlated taps, when rounded, then their sum is kept to half a step', () => {
    const rounding = new KernelRounding({ width: 3, height: 3, dilation: 1 });
    fc.assert(
      fc.property(kernels, (weights) => {
        const off = rounding.round(Float64Array.from(weights), 1, 127, new Int8Array(9));
        expect(Math.abs(off)).toBeLessThanOrEqual(0.5 + 1e-6);
      }),
    );
  });

  test('given uncorrelated taps, or one, when rounded, then each goes to its nearest integer', () => {
    const weights = Float64Array.of(0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4);
    const wholes = new Int8Array(9);
    new KernelRounding({ width: 3, height: 3, dilation: 64 }).round(weights, 0.9, LARGEST, wholes);
    expect([...wholes]).toEqual(Array(9).fill(0));
    const one = new Int8Array(1);
    expect(
      new KernelRounding({ width: 1, height: 1, dilation: 1 }).round(Float64Array.of(1.75), 1, LARGEST, one),
    ).toBeCloseTo(-0.25, 12);
    expect([...one]).toEqual([2]);
  });
});
