import { readdirSync, readFileSync } from 'node:fs';
import { METRIC_NAMES, METRICS, type MetricName, type MetricSpec } from '#telemetry/metric-catalog.js';
import { LABELS } from '#telemetry/metric-labels.js';

interface Panel {
  title: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; legendFormat: string }[];
}

const dashboards = readdirSync('deploy/grafana')
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({
    file,
    ...(JSON.parse(readFileSync(`deploy/grafana/${file}`, 'utf8')) as { uid: string; panels: Panel[] }),
  }));

const alerts = readFileSync('deploy/prometheus/alerts.yml', 'utf8')
  .split(/^ {6}- alert: /m)
  .slice(1)
  .map((text) => ({
    name: /^\w+/.exec(text)?.[0] ?? '',
    expr: /expr: \|\n((?: {10}.*\n)+)/.exec(text)?.[1] ?? '',
    severity: /severity: (\w+)/.exec(text)?.[1],
    runbook: /runbook: (\S+)/.exec(text)?.[1] ?? '',
  }));

const expressions = [
  ...dashboards.flatMap(({ panels }) =>
    panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ),
  ...alerts.map(({ expr }) => expr),
];

/** Each use of a metric in a query: what is asked for, and by which labels. */
const usesOf = (expr: string) =>
  [...expr.matchAll(/\b(removebg_\w+)(?:\{([^}]*)\})?/g)].map(([, asked = '', selector = '']) => ({
    asked,
    selected: [...selector.matchAll(/(\w+)(!?=~?)"([^"]*)"/g)].map(
      ([, label = '', , value = '']) => [label, value] as const,
    ),
  }));

/** The metric that a name in a query belongs to: histograms have three series names. */
function metricOf(asked: string): MetricName | undefined {
  const base = asked.replace(/_(bucket|sum|count)$/, '') as MetricName;
  if (METRIC_NAMES.includes(base) && base !== asked)
    return METRICS[base].type === 'histogram' ? base : undefined;
  return METRIC_NAMES.includes(asked as MetricName) && METRICS[asked as MetricName].type !== 'histogram'
    ? (asked as MetricName)
    : undefined;
}

describe('dashboards and alerts', () => {
  it('given every query, when its metrics are looked up, then the catalogue has them with these labels and values', () => {
    expect(expressions.length).toBeGreaterThan(40);
    for (const { asked, selected } of expressions.flatMap(usesOf)) {
      const metric = metricOf(asked);
      expect([asked, metric]).not.toEqual([asked, undefined]);
      const { labels, buckets = [] }: MetricSpec = METRICS[metric!];
      for (const [label, value] of selected) {
        if (label === 'worker') continue;
        if (label === 'le') expect(buckets.map(String)).toContain(value);
        else
          expect([asked, label, labels.includes(label as never), LABELS[label as 'code']]).toEqual([
            asked,
            label,
            true,
            expect.arrayContaining([value]),
          ]);
      }
    }
  });

  it('given every query, when it groups, then by labels that there are', () => {
    const known = new Set(['worker', 'le', 'instance', ...Object.keys(LABELS)]);
    const grouped = expressions.flatMap((expr) =>
      [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */)),
    );
    expect(grouped.filter((label) => !known.has(label))).toEqual([]);
  });

  it('given the catalogue, when dashboards are searched, then each metric is on one', () => {
    const shown = new Set(
      dashboards
        .flatMap(({ panels }) =>
          panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => usesOf(expr))),
        )
        .map(({ asked }) => metricOf(asked)),
    );
    expect(METRIC_NAMES.filter((name) => !shown.has(name))).toEqual([]);
  });

  it('given the dashboards, when their panels are laid out, then each has a query and none covers another', () => {
    for (const { panels } of dashboards) {
      for (const [i, { gridPos: a, targets = [], type, title }] of panels.entries()) {
        expect([title, type === 'row' || targets.length > 0]).toEqual([title, true]);
        expect(a.x + a.w).toBeLessThanOrEqual(24);
        for (const { gridPos: b, title: other } of panels.slice(i + 1)) {
          const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
          expect([title, other, apart]).toEqual([title, other, true]);
        }
      }
    }
  });

  it('given every alert, when its runbook is looked up, then the page has that section, and no section lacks an alert', () => {
    const page = readFileSync('docs/operate/runbooks.md', 'utf8');
    const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
      title.toLowerCase().replaceAll(' ', '-'),
    );
    const wanted = alerts.map(({ runbook }) => runbook.replace('docs/operate/runbooks.md#', ''));
    expect([...wanted].sort()).toEqual([...sections].sort());
    for (const { name, expr, severity } of alerts) {
      expect(name).toMatch(/^Removebg[A-Z]\w+$/);
      expect(expr.trim()).not.toBe('');
      expect(['page', 'ticket']).toContain(severity);
    }
  });

  it('given the reference of metrics, when its table is read, then it equals the catalog', () => {
    const page = readFileSync('docs/reference/metrics.md', 'utf8');
    const rows = [...page.matchAll(/^\| `(removebg_\w+)` +\| (.+) \|$/gm)].map(
      ([, name = '', cells = '']) => [name, ...cells.split('|').map((cell) => cell.trim())],
    );
    const catalogue = METRIC_NAMES.map((name) => {
      const { type, labels, homes, help }: MetricSpec = METRICS[name];
      return [name, type, labels.map((label) => `\`${label}\``).join(', '), homes.join(', '), help];
    });
    expect(rows).toEqual(catalogue);
  });
});
