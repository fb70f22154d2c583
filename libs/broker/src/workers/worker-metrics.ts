import type { Redis } from 'ioredis';
import { readNumbers, type MetricNumbers } from '#telemetry/metric-registry.js';
import { numbersKey } from '../redis/redis-keys.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** How often a worker hands its numbers over. */
export const NUMBERS_EVERY_MS = 2000;
const LIFETIME_MS = 15_000;

/**
 * What workers measure, for whichever API is asked for it: a worker has no network of its own where it runs contained,
 * and needs none. Numbers cross Redis, and nothing else can: names and labels are in the code on both sides.
 */
export class WorkerMetrics {
  constructor(private readonly redis: Redis) {}

  /** Hands the numbers of this worker over. @throws Problem `broker-unavailable` */
  async publish(name: string, numbers: MetricNumbers): Promise<void> {
    await mapRedisErrors(() => this.redis.set(numbersKey(name), JSON.stringify(numbers), 'PX', LIFETIME_MS));
  }

  /** The numbers of the workers named, as far as they have handed any over. @throws Problem `broker-unavailable` */
  async read(names: readonly string[]): Promise<{ worker: string; numbers: MetricNumbers }[]> {
    const texts = await mapRedisErrors(() =>
      Promise.all(names.map((name) => this.redis.get(numbersKey(name)))),
    );
    return names.flatMap((worker, at) => {
      const numbers = readNumbers(texts[at] ?? '');
      return numbers === undefined ? [] : [{ worker, numbers }];
    });
  }
}
