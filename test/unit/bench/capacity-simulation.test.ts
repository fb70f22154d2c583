import fc from 'fast-check';
import { arrivals, randomFrom } from '../../../bench/capacity/event-simulation.js';
import { lineAt } from '../../../bench/capacity/capacity-costs.js';
import { simulateService, type ImageCost } from '../../../bench/capacity/capacity-simulation.js';

const FREE: ImageCost = {
  ...{
    intakeMs: 0,
    shardMs: 0,
    pickupMs: 0,
    fetchMs: 0,
    engineMs: 0,
    storeMs: 0,
    deliverMs: 0,
    latencyMs: 0,
  },
};
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const ONE = { apis: 1, shards: 1, workers: 1, batch: 1 };

/** Mean time in the service at a load, with times of the engine that `draw` makes of a random number. */
function meanAt(load: number, draw: (random: number) => number, workers = 1): number {
  const random = randomFrom(11);
  const times = arrivals(40_000, (load * workers * 1000) / 100, random);
  const jobs = times.map((atMs) => ({ atMs, cost: { ...FREE, engineMs: draw(random()) } }));
  return mean(simulateService(jobs, { ...ONE, workers }).latenciesMs);
}

describe('the simulation of the service', () => {
  it('given one engine and exponential times, when its load is 70 %, then the mean wait is that of M/M/1', () => {
    const exponential = (random: number): number => -100 * Math.log(1 - random);
    expect(Math.abs(meanAt(0.7, exponential) / (100 / 0.3) - 1)).toBeLessThan(0.08);
  });

  it('given one engine and constant times, when its load is 80 %, then the mean wait is that of M/D/1', () => {
    expect(Math.abs(meanAt(0.8, () => 100) / (100 + (0.8 * 100) / (2 * 0.2)) - 1)).toBeLessThan(0.08);
  });

  it('given four workers, when each may prefetch a second job, then the wait is near that of M/M/4', () => {
    const exponential = (random: number): number => -100 * Math.log(1 - random);
    // Erlang C at 70 % of four: 0.429 wait, on average 100 / (4 - 2.8) = 83 ms each. Held second jobs cost a little.
    const wait = meanAt(0.7, exponential, 4) - 100;
    expect(wait).toBeGreaterThan(0.9 * 0.429 * 83);
    expect(wait).toBeLessThan(3 * 0.429 * 83);
  });

  it('given images of any cost, when all are done, then none is lost and none was faster than its own cost', () => {
    const time = fc.integer({ min: 0, max: 50 });
    const cost = fc.record({
      intakeMs: time,
      shardMs: time,
      pickupMs: time,
      fetchMs: time,
      engineMs: time,
      storeMs: time,
      deliverMs: time,
      latencyMs: time,
    });
    const fleet = fc.record({
      apis: fc.integer({ min: 1, max: 3 }),
      shards: fc.integer({ min: 1, max: 3 }),
      workers: fc.integer({ min: 1, max: 4 }),
      batch: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), cost), { maxLength: 40 }),
        fleet,
        (given, of) => {
          const jobs = given.map(([atMs, one]) => ({ atMs, cost: one }));
          const { latenciesMs } = simulateService(jobs, of);
          jobs.forEach(({ cost: one }, i) => {
            const own =
              one.intakeMs +
              4 * one.shardMs +
              one.pickupMs +
              one.fetchMs +
              one.engineMs +
              one.storeMs +
              one.deliverMs +
              one.latencyMs;
            expect(latenciesMs[i]).toBeGreaterThanOrEqual(own - 1e-6);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('given an accelerator, when images arrive together, then they share runs', () => {
    const jobs = Array.from({ length: 80 }, () => ({ atMs: 0, cost: FREE }));
    const alone = simulateService(jobs, ONE, () => 100).lastedMs;
    const shared = simulateService(jobs, { ...ONE, batch: 8 }, () => 100).lastedMs;
    expect(alone).toBe(8000);
    expect(shared).toBeLessThan(1300);
  });

  it('given more APIs, when they are the bottleneck, then latency falls and never rises', () => {
    const jobs = Array.from({ length: 40 }, () => ({ atMs: 0, cost: { ...FREE, intakeMs: 10 } }));
    const lasted = [1, 2, 4].map((apis) => simulateService(jobs, { ...ONE, apis }).lastedMs);
    expect(lasted).toEqual([400, 200, 100]);
  });

  it('given the same seed, when arrivals are drawn, then they are the same, at the requested rate', () => {
    expect(arrivals(5, 10, randomFrom(3))).toEqual(arrivals(5, 10, randomFrom(3)));
    expect(10_000 / (arrivals(10_000, 10, randomFrom(3)).at(-1)! / 1000)).toBeCloseTo(10, 0);
  });

  it('given two measured points, when a third is computed, then it is on their line, and never below the lower one', () => {
    expect([2, 3, 0].map((x) => lineAt(x, [1, 10], [2, 20]))).toEqual([20, 30, 10]);
    expect(lineAt(5, [1, 10], [2, 8])).toBe(10);
  });
});
