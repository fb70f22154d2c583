import { connectivityError, gradientError, matteErrors } from '../../../bench/truth/matte-errors.js';

/** A matte from rows of opacities from 0 to 10. */
function matte(...rows: number[][]): { data: Uint8Array; size: { width: number; height: number } } {
  return {
    data: Uint8Array.from(rows.flat(), (tenths) => Math.round(25.5 * tenths)),
    size: { width: rows[0]!.length, height: rows.length },
  };
}

const square = (side: number, value: number): number[][] =>
  Array.from({ length: side }, () => Array<number>(side).fill(value));

describe('errors of a matte', () => {
  test('equal mattes have no error', () => {
    const { data, size } = matte([0, 5, 10], [0, 5, 10], [10, 10, 10]);
    expect(matteErrors(data, data, size)).toEqual({ sad: 0, mse: 0, gradient: 0, connectivity: 0, iou: 1 });
  });

  test('two empty mattes agree', () => {
    const empty = new Uint8Array(4);
    expect(matteErrors(empty, empty, { width: 2, height: 2 }).iou).toBe(1);
  });

  test('sad is the sum of differences by 1,000, mse the mean of their squares', () => {
    const truth = Uint8Array.of(255, 255, 0, 0);
    const alpha = Uint8Array.of(255, 204, 51, 0);
    const { sad, mse, iou } = matteErrors(alpha, truth, { width: 2, height: 2 });
    expect(sad).toBeCloseTo(0.4 / 1000, 10);
    expect(mse).toBeCloseTo((0.04 + 0.04) / 4, 10);
    // Minima: 1 + 0.8; maxima: 1 + 1 + 0.2.
    expect(iou).toBeCloseTo(1.8 / 2.2, 10);
  });

  test('mattes of another size are refused', () => {
    expect(() => matteErrors(new Uint8Array(4), new Uint8Array(6), { width: 2, height: 2 })).toThrow(
      RangeError,
    );
  });

  test('flat mattes have no gradient, whatever their opacity', () => {
    const flat = matte(...square(5, 3));
    expect(gradientError(flat.data, matte(...square(5, 9)).data, flat.size)).toBeCloseTo(0, 6);
  });

  test('a step in every row has the gradient of a Gaussian derivative', () => {
    const rows = Array.from({ length: 3 }, () => [
      ...Array<number>(20).fill(0),
      ...Array<number>(20).fill(10),
    ]);
    const { data, size } = matte(...rows);
    const empty = new Uint8Array(data.length);
    // Kernels: g(k) = exp(-k² / 3.92) and -k g(k), each with a sum of squares of 1; half width 4.
    const offsets = Array.from({ length: 9 }, (_, i) => i - 4);
    const g = offsets.map((k) => Math.exp(-(k * k) / (2 * 1.4 ** 2)));
    const d = offsets.map((k, i) => -k * g[i]!);
    const norm = (values: number[]): number =>
      Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    const smooth = g.reduce((sum, value) => sum + value, 0) / norm(g);
    let expected = 0;
    for (let x = 0; x < 40; x += 1) {
      const sum = offsets.reduce((total, k, i) => total + (x + k >= 20 ? d[i]! : 0), 0);
      expected += 3 * ((smooth * sum) / norm(d)) ** 2;
    }
    expect(gradientError(data, empty, size)).toBeCloseTo(expected / 1000, 6);
  });

  test('a loose part counts as disconnected', () => {
    const truth = matte([10, 10, 0, 0, 0]);
    const alpha = matte([10, 10, 0, 0, 8]);
    // The loose pixel leaves the common region at the first threshold: connected up to 0, so its loss is 0.8.
    expect(connectivityError(alpha.data, truth.data, truth.size)).toBeCloseTo(0.8 / 1000, 6);
  });

  test('a difference below 0.15 from the connected level does not count', () => {
    const truth = matte([10, 10, 9]);
    const alpha = matte([10, 10, 10]);
    // The third pixel is connected up to 0.9: 1 - 0.9 and 0.9 - 0.9 are both below 0.15.
    expect(connectivityError(alpha.data, truth.data, truth.size)).toBe(0);
  });

  test('connectedness is 4-connected', () => {
    const truth = matte([10, 10, 0], [10, 10, 0], [0, 0, 10]);
    const alpha = matte([10, 10, 0], [10, 10, 0], [0, 0, 5]);
    // Below both are disconnected from the start: losses 1 and 0.5.
    expect(connectivityError(alpha.data, truth.data, truth.size)).toBeCloseTo(0.5 / 1000, 2 + 3);
  });
});
