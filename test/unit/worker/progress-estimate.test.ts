import fc from 'fast-check';
import { ProgressEstimate } from '../../../apps/worker/src/engine/progress-estimate.js';

describe('ProgressEstimate', () => {
  test('given any history and elapsed times, when stages follow each other, then the percentage never falls and stays within 0 to 100', () => {
    const ms = fc.integer({ min: 0, max: 60_000 });
    fc.assert(
      fc.property(fc.array(ms), fc.array(ms), (history, elapsed) => {
        const estimate = new ProgressEstimate(2000);
        history.forEach((inferMs) => estimate.record(inferMs));
        const inference = elapsed.sort((a, b) => a - b).map((t) => estimate.percentOf('infer', t));
        const all = [
          estimate.percentOf('decode', 0),
          ...inference,
          estimate.percentOf('refine', 0),
          estimate.percentOf('compose', 0),
          estimate.percentOf('encode', 0),
        ];
        all.reduce((before, now) => {
          expect(now).toBeGreaterThanOrEqual(before);
          expect(now).toBeLessThanOrEqual(100);
          return now;
        }, 0);
      }),
    );
  });

  test('given inferences that became slower, when half of their time has passed, then about half of the stage is reported', () => {
    const estimate = new ProgressEstimate(500);
    for (let i = 0; i < 20; i += 1) estimate.record(4000);
    const [start, half] = [estimate.percentOf('infer', 0), estimate.percentOf('infer', 2000)];
    expect(half - start).toBeGreaterThan(30);
    expect(half - start).toBeLessThan(45);
  });
});
