import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** Buffers beside a heap below this size cause no collection of it. */
const SMALL_HEAP_BYTES = 96 * 1_048_576;

/** Growth of a larger one; V8's default is up to fourfold. */
const MIN_GROWTH_PERCENT = 20;

const ADAPT_EVERY_MS = 1000;

/**
 * Growth of the heap, in percent, before the next collection. V8 counts buffers as well: with a fifth of a small heap, every
 * few chunks of an image would cause a full collection.
 */
export const heapGrowthPercent = (heapBytes: number): number =>
  Math.max(MIN_GROWTH_PERCENT, Math.round(100 * (SMALL_HEAP_BYTES / heapBytes - 1)));

/**
 * Limits the garbage of this process: a large heap, such as that of thousands of waiting clients, grows by a fifth between
 * collections. No environment variable of Node sets this flag; V8 reads it after each collection.
 */
export function limitHeapGrowth(): void {
  const adapt = (): void =>
    setFlagsFromString(`--heap-growing-percent=${heapGrowthPercent(getHeapStatistics().used_heap_size)}`);
  adapt();
  setInterval(adapt, ADAPT_EVERY_MS).unref();
}
