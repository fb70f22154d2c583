import fc from 'fast-check';
import { costOf } from '#broker/records/job-cost.js';
import { etaMs, nextEstimate, workMs, type ServiceTimes } from '#broker/workers/service-time-estimator.js';

type Recorded = readonly [pixels: number, ms: number];

/** On two cores with nothing else to do, one image after the other: ms from the response to the upload until the result. */
const QUIET: readonly Recorded[] = [
  [240_000, 914],
  [135_300, 771],
  [262_144, 714],
  [240_000, 729],
  [12_000_000, 1034],
  [240_000, 719],
  [135_300, 799],
  [12_000_000, 1421],
];
/** The same on the same machine while six other programs wanted its cores, and the warm-up of the engine before. */
const BUSY: readonly Recorded[] = [
  [240_000, 4480],
  [135_300, 3355],
  [262_144, 3684],
  [240_000, 3183],
  [12_000_000, 4551],
  [240_000, 3729],
];
const BUSY_WARM_UP_MS = 6153;

const IDLE = { slots: 1, active: 0, defaultModel: 'isnet' };

test.each([
  ['its first image on a quiet machine', QUIET[0]![1], QUIET.slice(1), 1.5],
  ['its warm-up on a busy machine', BUSY_WARM_UP_MS, BUSY, 2],
])(
  'given an engine that knows %s, when images come, then each estimate is within a factor of the truth',
  (_, seed, recorded, factor) => {
    let times: ServiceTimes = { meanMs: undefined, unitMs: { isnet: seed } };
    for (const [pixels, ms] of recorded) {
      const ratio = (etaMs(times, IDLE, { pixels, position: 1 }) ?? 0) / ms;
      expect(Math.max(ratio, 1 / ratio)).toBeLessThan(factor);
      times = {
        meanMs: nextEstimate(times.meanMs, ms),
        unitMs: { isnet: nextEstimate(times.unitMs['isnet'], ms / costOf(pixels)) },
      };
    }
  },
);

test('there is no estimate without measurements or without workers', () => {
  const none: ServiceTimes = { meanMs: undefined, unitMs: {} };
  const some: ServiceTimes = { meanMs: 900, unitMs: { isnet: 700 } };
  expect(etaMs(none, IDLE, { position: 1 })).toBeUndefined();
  expect(etaMs(some, { ...IDLE, slots: 0 }, { position: 1 })).toBeUndefined();
  // A model that was never measured, and an image of unknown size, are as the others were.
  expect(workMs(some, { model: 'other', pixels: 1e6 }, 'isnet')).toBe(900);
  expect(workMs(some, {}, 'isnet')).toBe(900);
  expect(workMs(some, { pixels: 20e6 }, 'isnet')).toBe(1400);
});

test('the remaining time of a running job decreases and stays positive', () => {
  const times: ServiceTimes = { meanMs: 1000, unitMs: { isnet: 1000 } };
  const busy = { ...IDLE, active: 1 };
  expect(etaMs(times, busy, { runningMs: 0 })).toBe(1000);
  expect(etaMs(times, busy, { runningMs: 600 })).toBe(400);
  expect(etaMs(times, busy, { runningMs: 5000 })).toBe(100);
  expect(etaMs(times, busy, { position: 1 })).toBe(1500);
  expect(etaMs(times, { ...IDLE, active: 2 }, { position: 8 })).toBe(9500);
});

test('a later position or fewer slots never shorten the estimate', () => {
  const times: ServiceTimes = { meanMs: 1000, unitMs: { isnet: 1000 } };
  const count = fc.integer({ min: 1, max: 50 });
  fc.assert(
    fc.property(count, count, fc.nat(8), (position, slots, active) => {
      const at = (place: number, of: number): number =>
        etaMs(times, { slots: of, active, defaultModel: 'isnet' }, { position: place }) ?? NaN;
      expect(at(position + 1, slots)).toBeGreaterThanOrEqual(at(position, slots));
      expect(at(position, slots)).toBeGreaterThanOrEqual(at(position, slots + 1));
    }),
    { numRuns: 200 },
  );
});

test('the moving average stays near the mean of many measurements', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 800, max: 1200, noNaN: true }), { minLength: 20 }), (measured) => {
      let estimate: number | undefined = 3000;
      for (const ms of measured) estimate = nextEstimate(estimate, ms);
      expect(estimate).toBeGreaterThan(790);
      expect(estimate).toBeLessThan(1260);
    }),
    { numRuns: 100 },
  );
});
