import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** A heap below this size is not collected for what is allocated beside it. */
const SMALL_HEAP_BYTES = 96 * 1_048_576;

/** Growth of a larger one: by default it would be up to fourfold. */
const MIN_GROWTH_PERCENT = 20;

const ADAPT_EVERY_MS = 1000;

/**
 * How much a heap may grow, in percent, before garbage is collected again. V8 counts buffers along with it: at a fifth
 * of a small heap, every few chunks of an image would cost a collection of the whole heap.
 */
export const heapGrowthPercent = (heapBytes: number): number =>
  Math.max(MIN_GROWTH_PERCENT, Math.round(100 * (SMALL_HEAP_BYTES / heapBytes - 1)));

/**
 * Keeps the garbage of this process small for as long as it lives: a large heap, such as that of thousands of waiting
 * clients, grows by a fifth at a time. Node takes the flag from no environment variable; V8 reads it after each
 * collection.
 */
export function limitHeapGrowth(): void {
  const adapt = (): void =>
    setFlagsFromString(`--heap-growing-percent=${heapGrowthPercent(getHeapStatistics().used_heap_size)}`);
  adapt();
  setInterval(adapt, ADAPT_EVERY_MS).unref();
}
