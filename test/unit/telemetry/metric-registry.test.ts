import fc from 'fast-check';
import { METRIC_NAMES, METRICS, type MetricSpec } from '#telemetry/metric-catalog.js';
import { LABELS, tierLabel } from '#telemetry/metric-labels.js';
import { quantileOf, sumOf } from '#telemetry/metric-quantile.js';
import { MetricRegistry, readNumbers, seriesOf, widthOf } from '#telemetry/metric-registry.js';
import { metricsText } from '#telemetry/metric-text.js';
import { parseMetrics } from '../../harness/metrics-reader.js';

describe('metrics of a process', () => {
  it('given measurements, when they are shown, then counts are cumulative and the sum is theirs', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 100, noNaN: true }), { maxLength: 30 }), (values) => {
        const registry = new MetricRegistry('worker');
        for (const value of values) registry.observe('removebg_stage_seconds', { stage: 'infer' }, value);
        const { samples } = parseMetrics(metricsText([{ numbers: registry.numbers() }]));
        const own = samples.filter(
          ({ name, labels }) => name.startsWith('removebg_stage_seconds') && labels['stage'] === 'infer',
        );
        for (const { name, labels, value } of own) {
          const bound = Number(labels['le']?.replace('+Inf', 'Infinity'));
          if (name.endsWith('_bucket')) expect(value).toBe(values.filter((one) => one <= bound).length);
          if (name.endsWith('_count')) expect(value).toBe(values.length);
          if (name.endsWith('_sum'))
            expect(value).toBeCloseTo(
              values.reduce((sum, one) => sum + Math.max(0, one), 0),
              6,
            );
        }
      }),
      { numRuns: 30 },
    );
  });

  it('given every series of a metric, when each is counted once, then each has a place of its own', () => {
    const registry = new MetricRegistry('api');
    for (const way of LABELS.way)
      for (const delivery of LABELS.delivery) registry.count('removebg_deliveries_total', { way, delivery });
    expect(registry.numbers().removebg_deliveries_total).toEqual(
      LABELS.way.flatMap(() => LABELS.delivery.map(() => 1)),
    );
    expect(sumOf('removebg_deliveries_total', registry.numbers(), 'poll')).toBe(LABELS.delivery.length);
  });

  it('given numbers of a worker, when they have crossed Redis, then only those of the shape known here are taken', () => {
    const registry = new MetricRegistry('worker');
    registry.count('removebg_images_total', { work: 'done' }, 3);
    const text = JSON.stringify(registry.numbers());
    expect(text).not.toMatch(/[a-z]+"[^:]/);
    expect(readNumbers(text)).toEqual(registry.numbers());
    const foreign = {
      ...registry.numbers(),
      removebg_images_total: [1, 2],
      secret: 'text',
      removebg_waiters: ['a', 'b'],
    };
    const read = readNumbers(JSON.stringify(foreign));
    expect(read?.removebg_images_total).toBeUndefined();
    expect(JSON.stringify(read)).not.toContain('secret');
    expect(readNumbers('no json')).toBeUndefined();
    expect(readNumbers('null')).toBeUndefined();
  });

  it('given a worker whose name is none, when its numbers are shown, then the name is left out', () => {
    const { numbers } = { numbers: new MetricRegistry('worker').numbers() };
    expect(metricsText([{ worker: 'x"} 1\nsecret', numbers }])).not.toContain('secret');
    expect(metricsText([{ worker: '0123456789ab', numbers }])).toContain('{worker="0123456789ab"');
  });

  it('given the catalogue, when names and sizes are looked at, then they follow the rules', () => {
    for (const name of METRIC_NAMES) {
      const { type, help, buckets, homes }: MetricSpec = METRICS[name];
      expect(name).toMatch(type === 'counter' ? /_total$/ : /^(?!.*_total$)/);
      expect(help).toMatch(/^[A-Z0-9][^\n\\]*[^.]$/);
      expect(homes.length).toBeGreaterThan(0);
      if (type === 'histogram') expect([...(buckets ?? [])].sort((a, b) => a - b)).toEqual(buckets);
      expect(seriesOf(name).length * widthOf(name)).toBeLessThan(200);
    }
    expect(
      Object.values(LABELS)
        .flat()
        .every((value) => /^[a-z0-9-]+$/i.test(value)),
    ).toBe(true);
  });

  it('given a tier of the operator’s own, when it is counted, then under a name from the list', () => {
    expect(['free', 'acme-secret'].map(tierLabel)).toEqual(['free', 'other']);
  });

  it('given quantiles, when there is something to tell, then they are bounds of buckets', () => {
    const registry = new MetricRegistry('worker');
    expect(quantileOf('removebg_turnaround_seconds', 0.99, [registry.numbers()])).toBeUndefined();
    for (let i = 0; i < 99; i += 1) registry.observe('removebg_turnaround_seconds', {}, 0.3);
    registry.observe('removebg_turnaround_seconds', {}, 1e6);
    expect(quantileOf('removebg_turnaround_seconds', 0.5, [registry.numbers()])).toBe(0.5);
    expect(quantileOf('removebg_turnaround_seconds', 1, [registry.numbers()])).toBe(Infinity);
  });
});
