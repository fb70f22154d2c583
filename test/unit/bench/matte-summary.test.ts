import { summaryOf, type MatteResult } from '../../../bench/truth/matte-summary.js';

const result = (more: Partial<MatteResult>): MatteResult => ({
  set: 'a',
  name: 'mug',
  kind: 'solid',
  share: 0.5,
  sad: 10,
  mse: 0,
  gradient: 0,
  connectivity: 0,
  iou: 0.9,
  ms: 1000,
  looks: 1,
  ...more,
});

describe('summary of the matte benchmark', () => {
  test('settings are compared with the first one, case by case', () => {
    const first = [result({}), result({ kind: 'hair', share: 0.1, iou: 0.7 })];
    const second = [
      result({ sad: 5, iou: 0.95, ms: 2000, looks: 2 }),
      result({ sad: 11, kind: 'hair', share: 0.1 }),
    ];
    const summary = summaryOf(
      new Map([
        ['standard', first],
        ['auto', second],
      ]),
    );
    expect(summary.standard).toMatchObject({ cases: 2, bad: 1, worstIou: 0.7, medianIou: 0.8 });
    expect(summary.standard!.against).toBeUndefined();
    expect(summary.standard!.iouByKind).toEqual({ hair: 0.7, solid: 0.9 });
    expect(summary.standard!.iouByShare).toEqual({ '0-0.2': 0.7, '0.35-0.6': 0.9 });
    expect(summary.auto!.against).toEqual({
      sad: { cases: 2, mean: 0.8, median: 0.8, worst: 1.1, above105: 1, changed: 2, meanOfChanged: 0.8 },
      time: 1.5,
    });
    expect(summary.auto!.mean.looks).toBe(1.5);
  });

  test('confidence is compared with the true error, translucent subjects apart', () => {
    const cases = [
      result({ iou: 0.99, confidence: 0.95 }),
      result({ iou: 0.8, confidence: 0.7 }),
      result({ iou: 0.5, confidence: 0.3 }),
      result({ iou: 0.4, confidence: 0.99, kind: 'translucent' }),
    ];
    const { confidence } = summaryOf(new Map([['standard', cases]])).standard!;
    expect(confidence!.spearmanSolid).toBe(1);
    expect(confidence!.spearman).toBeLessThan(0.5);
    expect(confidence!.riskCoverage.at(-1)).toEqual({
      coverage: 1,
      confidence: 0.3,
      risk: 0.2367,
      worst: 0.5,
    });
  });

  test('without a confidence nothing is said about it', () => {
    expect(summaryOf(new Map([['standard', [result({})]]])).standard!.confidence).toBeUndefined();
  });
});
