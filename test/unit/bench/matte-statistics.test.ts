import { ratios, riskCoverage, spearman } from '../../../bench/truth/matte-statistics.js';

describe('statistics of mattes', () => {
  test('ratios of errors: mean, median, worst, and what changed', () => {
    const figures = ratios([5, 10, 12, 0], [10, 10, 10, 0]);
    expect(figures).toMatchObject({ cases: 4, above105: 1, changed: 2, median: 1, worst: 1.2 });
    expect(figures.mean).toBeCloseTo((0.5 + 1 + 1.2 + 1) / 4, 10);
    expect(figures.meanOfChanged).toBeCloseTo(0.85, 10);
  });

  test('an error where there was none is infinitely worse', () => {
    expect(ratios([1], [0]).worst).toBe(Infinity);
  });

  test('rank correlation is 1 for the same order, -1 for the reverse', () => {
    expect(spearman([1, 2, 3, 10], [2, 4, 8, 9])).toBeCloseTo(1, 10);
    expect(spearman([1, 2, 3, 10], [9, 8, 4, 2])).toBeCloseTo(-1, 10);
  });

  test('equal values share their rank', () => {
    // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5).
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 10);
  });

  test('the risk of the surest half leaves the unsure half out', () => {
    const curve = riskCoverage([0.9, 0.2, 0.8, 0.4], [0.01, 0.5, 0.03, 0.2], 2);
    expect(curve[0]).toEqual({ coverage: 0.5, confidence: 0.8, risk: 0.02, worst: 0.03 });
    expect(curve[1]!.worst).toBe(0.5);
  });
});
