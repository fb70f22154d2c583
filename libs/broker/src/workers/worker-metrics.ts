import type { Redis } from 'ioredis';
import { readNumbers, type MetricNumbers } from '#telemetry/metric-registry.js';
import { workerMetricsKey } from '../redis/redis-keys.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** How often a worker publishes its metrics. */
export const METRICS_INTERVAL_MS = 2000;
const LIFETIME_MS = 15_000;

/**
 * Metrics of workers, which any API instance can serve: a contained worker has no network but the connection to Redis. Only
 * numbers cross Redis; names and labels are in the code of both sides.
 */
export class WorkerMetrics {
  constructor(private readonly redis: Redis) {}

  /** Publishes the metrics of this worker. @throws Problem `broker-unavailable` */
  async publish(name: string, numbers: MetricNumbers): Promise<void> {
    await mapRedisErrors(() =>
      this.redis.set(workerMetricsKey(name), JSON.stringify(numbers), 'PX', LIFETIME_MS),
    );
  }

  /** Metrics of these workers, if they have published any. @throws Problem `broker-unavailable` */
  async read(names: readonly string[]): Promise<{ worker: string; numbers: MetricNumbers }[]> {
    const texts = await mapRedisErrors(() =>
      Promise.all(names.map((name) => this.redis.get(workerMetricsKey(name)))),
    );
    return names.flatMap((worker, at) => {
      const numbers = readNumbers(texts[at] ?? '');
      return numbers === undefined ? [] : [{ worker, numbers }];
    });
  }
}
