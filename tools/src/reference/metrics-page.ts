import { METRIC_NAMES, METRICS, type MetricSpec } from '#telemetry/metric-catalog.js';
import { LABELS } from '#telemetry/metric-labels.js';
import { code, generatedFrom, markdownTable } from './markdown.js';

/** `docs/reference/metrics.md`: every metric and every label with its values. */
export function metricsPage(): string {
  const rows = METRIC_NAMES.map((name) => {
    const { type, labels, homes, help }: MetricSpec = METRICS[name];
    return [code(name), type, labels.map(code).join(', '), homes.join(', '), help];
  });
  const labels = Object.entries(LABELS).map(
    ([label, values]) =>
      `- ${code(label)}: ${label === 'code' ? 'every [error code](errors.md)' : values.map(code).join(', ')}`,
  );
  const buckets = METRIC_NAMES.flatMap((name) => {
    const { buckets: bounds = [] }: MetricSpec = METRICS[name];
    return bounds.length === 0 ? [] : [`- ${code(name)}: ${bounds.join(', ')}`];
  });
  return `# Metrics

${generatedFrom('libs/telemetry/src/metric-catalog.ts', 'libs/telemetry/src/metric-labels.ts')}

The metrics are in Prometheus' text format at \`/metrics\` of the admin port (\`METRICS_PORT\`). How to scrape them,
dashboards and alerts: [observability](../operate/observability.md).

Column \`source\`: \`api\` is measured by each API, \`worker\` by each worker, and \`service\` by whichever API is asked.
Metrics of workers carry the label \`worker\`, a name that is drawn at random at each start.

${markdownTable([['name', 'type', 'labels', 'source', 'meaning'], ...rows])}

## Label values

The set of values of each label is closed: no label can hold text of a client, a key or an address.

${labels.join('\n')}

## Histogram buckets

Upper bounds; the last bucket has none. Those of names with \`_seconds\` are in seconds.

${buckets.join('\n')}
`;
}
