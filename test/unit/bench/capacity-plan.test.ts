import { readFileSync } from 'node:fs';
import { savedCosts, type MeasuredCosts } from '../../../bench/capacity/capacity-costs.js';
import {
  UnreachableLatencyError,
  planFor,
  planTable,
  type CapacityTarget,
} from '../../../bench/capacity/capacity-plan.js';

const target = (imagesPerSecond: number, more: Partial<CapacityTarget> = {}): CapacityTarget => ({
  imagesPerSecond,
  image: { inMb: 2, outMb: 4, megapixels: 5 },
  p99S: 3,
  holdS: 1,
  prices: { core: 0.04, gb: 0.005, accelerator: 1.5 },
  ...more,
});

const size = (mb: number, megapixels: number, cost: number): MeasuredCosts['small'] => ({
  ...{ megapixels, inMb: mb, outMb: mb, engineMs: 500 + cost, inferMs: 500, latencyMs: 600 },
  cpuMs: { api: cost / 10, redis: 1 + cost / 100, workers: cost / 20, engines: 500 + cost },
  meansMs: { intake: 5, pickup: 2, fetch: 2, handover: 3, store: 3, deliver: 5 },
});
const costs: MeasuredCosts = { small: size(0.05, 0.25, 20), large: size(2, 8, 200), spread: [0.9, 1, 1.1] };

describe('capacity plans', () => {
  it('given ten times the load, when it is planned, then it needs about ten times the workers, and bandwidth follows the image sizes', () => {
    const [small, large] = [planFor(target(100), costs), planFor(target(1000), costs)];
    expect(large.workers / small.workers).toBeGreaterThan(8);
    expect(large.workers / small.workers).toBeLessThan(11);
    expect(large.apis / small.apis).toBeGreaterThan(8);
    expect(large.edgeGbit).toEqual({ in: 16, out: 32 });
    expect(large.costPerHour / large.costPerThousand).toBeCloseTo(3600);
    expect(large.simulatedS.p99).toBeLessThanOrEqual(3);
  });

  it('given a stricter p99, when it is planned, then it needs at least as many workers, and a p99 below the time of one image is unreachable', () => {
    const [easy, strict] = [
      planFor(target(20, { p99S: 5 }), costs),
      planFor(target(20, { p99S: 0.95 }), costs),
    ];
    expect(strict.workers).toBeGreaterThan(easy.workers);
    expect(() => planFor(target(20, { p99S: 0.3 }), costs)).toThrow(UnreachableLatencyError);
  });

  it('given an accelerator, when it is planned, then images share runs, and CPU cores decode and encode', () => {
    const accelerator = { fixedMs: 20, imageMs: 10, batch: 8 };
    const plan = planFor(target(100, { accelerator }), costs);
    expect(plan.accelerators).toBe(plan.workers);
    expect(plan.workers).toBeGreaterThanOrEqual(2);
    expect(plan.workers).toBeLessThan(6);
    expect(plan.cores).toBeLessThan(planFor(target(100), costs).cores);
  });

  it('given the capacity page, when its plans are computed again from the measured costs, then they are the same', () => {
    const page = readFileSync('docs/deploy/capacity.md', 'utf8');
    const [, shown = ''] = /<!-- plans -->\n([^]*?)\n<!-- \/plans -->/.exec(page) ?? [];
    const plans = [1, 10, 100, 1000, 10_000].map((rate) => planFor(target(rate), savedCosts()));
    expect(shown.trim()).toBe(planTable(plans));
  });
});
