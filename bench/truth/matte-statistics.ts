/** Comparison of settings, and of confidence with true error. */

export interface Ratios {
  cases: number;
  mean: number;
  median: number;
  worst: number;
  /** Cases more than 5 % worse. */
  above105: number;
  /** Cases whose error changed by more than 0.1 %, and their mean ratio. */
  changed: number;
  meanOfChanged: number;
}

const WORSE = 1.05;
const UNCHANGED = 0.001;

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Error of each case relative to `before`. Two errors of 0 have a ratio of 1. */
export function ratios(errors: readonly number[], before: readonly number[]): Ratios {
  const each = errors.map((error, i) => (error === before[i] ? 1 : error / before[i]!));
  const changed = each.filter((ratio) => Math.abs(ratio - 1) > UNCHANGED);
  return {
    cases: each.length,
    mean: mean(each),
    median: medianOf(each),
    worst: Math.max(...each),
    above105: each.filter((ratio) => ratio > WORSE).length,
    changed: changed.length,
    meanOfChanged: changed.length === 0 ? 1 : mean(changed),
  };
}

/** Ranks from 1; equal values share their mean rank. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Array<number>(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to += 1;
    for (let k = from; k <= to; k += 1) result[order[k]!] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return result;
}

/** Spearman's rank correlation; NaN when one side is constant. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)];
  const [meanX, meanY] = [mean(x), mean(y)];
  let [covariance, varianceX, varianceY] = [0, 0, 0];
  for (let i = 0; i < x.length; i += 1) {
    const [dx, dy] = [x[i]! - meanX, y[i]! - meanY];
    covariance += dx * dy;
    varianceX += dx * dx;
    varianceY += dy * dy;
  }
  return covariance / Math.sqrt(varianceX * varianceY);
}

export interface RiskPoint {
  /** Share of the cases that are kept, the surest first. */
  coverage: number;
  /** Smallest confidence among them. */
  confidence: number;
  /** Mean and largest error among them. */
  risk: number;
  worst: number;
}

/** Risk-coverage curve: error of the surest part of the cases. */
export function riskCoverage(
  confidence: readonly number[],
  errors: readonly number[],
  points = 10,
): RiskPoint[] {
  const order = confidence.map((_, i) => i).sort((a, b) => confidence[b]! - confidence[a]!);
  return Array.from({ length: points }, (_, k) => {
    const coverage = (k + 1) / points;
    const kept = order.slice(0, Math.max(1, Math.round(coverage * order.length)));
    const risks = kept.map((i) => errors[i]!);
    return { coverage, confidence: confidence[kept.at(-1)!]!, risk: mean(risks), worst: Math.max(...risks) };
  });
}
