import {
  METRICS,
  METRIC_NAMES,
  type MetricHome,
  type MetricName,
  type MetricSpec,
  type NameOfType,
} from './metric-catalog.js';
import { LABELS, type Label, type LabelValue } from './metric-labels.js';

/** Labels of one series of a metric. */
export type LabelsOf<N extends MetricName> = { [L in (typeof METRICS)[N]['labels'][number]]: LabelValue<L> };

/**
 * All values of one process by metric: one per series, or for a histogram a count per bucket and the sum. Names and labels are
 * in the catalog, so only numbers cross Redis.
 */
export type MetricNumbers = Partial<Record<MetricName, number[]>>;

/** Label values of each series, in the order of their numbers. */
export function seriesOf(name: MetricName): string[][] {
  const labels: readonly Label[] = METRICS[name].labels;
  return labels.reduce<string[][]>(
    (all, label) => all.flatMap((values) => LABELS[label].map((value) => [...values, value])),
    [[]],
  );
}

/** Number of values of one series. */
export function widthOf(name: MetricName): number {
  const { buckets }: MetricSpec = METRICS[name];
  return buckets === undefined ? 1 : buckets.length + 2;
}

/**
 * The metrics of one process. All series exist from the start with 0, so that rates include their first event. It replaces
 * prom-client, whose labels are free text: these values cross Redis as bare numbers.
 */
export class MetricRegistry {
  private readonly cells = new Map<MetricName, Float64Array>();

  constructor(home: MetricHome) {
    for (const name of METRIC_NAMES) {
      const { homes }: MetricSpec = METRICS[name];
      if (homes.includes(home)) this.cells.set(name, new Float64Array(seriesOf(name).length * widthOf(name)));
    }
  }

  /** Increments a counter. */
  count<N extends NameOfType<'counter'>>(name: N, labels: LabelsOf<N>, by = 1): void {
    this.add(name, this.place(name, labels), by);
  }

  /** Sets a counter that is counted elsewhere. */
  total<N extends NameOfType<'counter'>>(name: N, labels: LabelsOf<N>, value: number): void {
    this.put(name, this.place(name, labels), value);
  }

  /** Sets a gauge. */
  set<N extends NameOfType<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void {
    this.put(name, this.place(name, labels), value);
  }

  /** Adds `by` to a gauge. */
  move<N extends NameOfType<'gauge'>>(name: N, labels: LabelsOf<N>, by: number): void {
    this.add(name, this.place(name, labels), by);
  }

  /** Adds an observation. A negative one, which differing clocks can cause, counts as 0. */
  observe<N extends NameOfType<'histogram'>>(name: N, labels: LabelsOf<N>, value: number): void {
    if (!Number.isFinite(value)) return;
    const { buckets } = METRICS[name];
    const width = widthOf(name);
    const first = this.place(name, labels) * width;
    const bucket = buckets.findIndex((bound) => value <= bound);
    this.add(name, first + (bucket === -1 ? buckets.length : bucket), 1);
    this.add(name, first + width - 1, Math.max(0, value));
  }

  /** A copy of all values. */
  numbers(): MetricNumbers {
    return Object.fromEntries([...this.cells].map(([name, cells]) => [name, [...cells]]));
  }

  private add(name: MetricName, at: number, by: number): void {
    const cells = this.cells.get(name);
    if (cells !== undefined) cells[at] = (cells[at] ?? 0) + by;
  }

  private put(name: MetricName, at: number, value: number): void {
    const cells = this.cells.get(name);
    if (cells !== undefined) cells[at] = value;
  }

  /** Index of the series with these labels. */
  private place(name: MetricName, labels: Partial<Record<Label, string>>): number {
    const names: readonly Label[] = METRICS[name].labels;
    return names.reduce((place, label) => {
      const values: readonly string[] = LABELS[label];
      return place * values.length + Math.max(0, values.indexOf(labels[label] ?? ''));
    }, 0);
  }
}

/**
 * Parses the values of another process. Metrics of another shape, from another version, are left out. Undefined when the text
 * is not an object.
 */
export function readNumbers(text: string): MetricNumbers | undefined {
  const parsed = parse(text);
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const read: MetricNumbers = {};
  for (const name of METRIC_NAMES) {
    const numbers: unknown = (parsed as Record<string, unknown>)[name];
    const length = seriesOf(name).length * widthOf(name);
    if (Array.isArray(numbers) && numbers.length === length && numbers.every((n) => Number.isFinite(n)))
      read[name] = numbers as number[];
  }
  return read;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
