import { METRICS, type NameOfType } from './metric-catalog.js';
import { seriesOf, widthOf, type MetricNumbers } from './metric-registry.js';

/**
 * Quantile `share` of a histogram over all its series and sources: the upper bound of its bucket, Infinity beyond the last.
 * Undefined without observations.
 */
export function quantileOf(
  name: NameOfType<'histogram'>,
  share: number,
  sources: readonly MetricNumbers[],
): number | undefined {
  const { buckets } = METRICS[name];
  const width = widthOf(name);
  const counts = new Array<number>(buckets.length + 1).fill(0);
  for (const numbers of sources) {
    const own = numbers[name] ?? [];
    for (let first = 0; first < own.length; first += width)
      counts.forEach((count, at) => (counts[at] = count + (own[first + at] ?? 0)));
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let sum = 0;
  const bucket = counts.findIndex((count) => (sum += count) >= share * total);
  return buckets[bucket] ?? Infinity;
}

/** Sum of a counter or gauge over its series, or over those with the label `value`. */
export function sumOf(name: NameOfType<'counter' | 'gauge'>, numbers: MetricNumbers, value?: string): number {
  const series = seriesOf(name);
  return (numbers[name] ?? []).reduce(
    (sum, own, at) => sum + (value === undefined || series[at]?.includes(value) === true ? own : 0),
    0,
  );
}
