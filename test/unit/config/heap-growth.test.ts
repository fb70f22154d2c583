import { heapGrowthPercent } from '#config/heap-growth.js';

const MIB = 1_048_576;

/** Where garbage is collected again, in MiB, when `live` MiB are left after a collection. */
const collectedAt = (live: number): number => live * (1 + heapGrowthPercent(live * MIB) / 100);

describe('heap.growth', () => {
  test('given a small heap, when it grows, then buffers of several images fit before garbage is collected', () => {
    for (const live of [10, 38, 60]) expect(collectedAt(live)).toBeCloseTo(96, 0);
  });

  test('given the heap of thousands of waiting clients, when it grows, then it does by a fifth', () => {
    for (const live of [80, 130, 1000]) expect(collectedAt(live)).toBeCloseTo(1.2 * live, 5);
  });
});
