import { METRICS, METRIC_NAMES, type MetricName, type MetricSpec } from './metric-catalog.js';
import { seriesOf, widthOf, type MetricNumbers } from './metric-registry.js';

/** Media type of the Prometheus text exposition format 0.0.4. */
export const METRICS_MIME = 'text/plain; version=0.0.4; charset=utf-8';

/** Values of one process; `worker` is the name of a worker. */
export interface MetricSource {
  worker?: string;
  numbers: MetricNumbers;
}

/** The random name of a worker. */
const WORKER_NAME = /^[0-9a-f]{12}$/;

/** The values of all sources in Prometheus' text format. Metrics without a source are left out. */
export function metricsText(sources: readonly MetricSource[]): string {
  return METRIC_NAMES.map((name) => group(name, sources)).join('');
}

function group(name: MetricName, sources: readonly MetricSource[]): string {
  const lines = sources.flatMap(({ worker, numbers }) => {
    const values = numbers[name];
    const extra = worker !== undefined && WORKER_NAME.test(worker) ? [`worker="${worker}"`] : [];
    return values === undefined ? [] : linesOf(name, values, extra);
  });
  if (lines.length === 0) return '';
  const { help, type } = METRICS[name];
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
}

function linesOf(name: MetricName, values: readonly number[], extra: readonly string[]): string[] {
  const { labels, buckets }: MetricSpec = METRICS[name];
  const width = widthOf(name);
  return seriesOf(name).flatMap((series, index) => {
    const pairs = [...extra, ...labels.map((label, at) => `${label}="${series[at] ?? ''}"`)];
    const own = values.slice(index * width, (index + 1) * width);
    return buckets === undefined
      ? [`${name}${braces(pairs)} ${own[0] ?? 0}`]
      : histogramLines(name, pairs, { bounds: buckets, own });
  });
}

/** Counts are cumulative in the text and per bucket in the values. */
function histogramLines(
  name: string,
  pairs: readonly string[],
  { bounds, own }: { bounds: readonly number[]; own: readonly number[] },
): string[] {
  let sum = 0;
  const lines = [...bounds, '+Inf'].map((bound, at) => {
    sum += own[at] ?? 0;
    return `${name}_bucket${braces([...pairs, `le="${bound}"`])} ${sum}`;
  });
  return [...lines, `${name}_sum${braces(pairs)} ${own.at(-1) ?? 0}`, `${name}_count${braces(pairs)} ${sum}`];
}

const braces = (pairs: readonly string[]): string => (pairs.length === 0 ? '' : `{${pairs.join(',')}}`);
