import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Broker } from '#broker/broker.js';

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Counters of `@nestjs/throttler` in Redis, shared by all API instances. */
export class RedisThrottlerStorage implements ThrottlerStorage {
  constructor(private readonly broker: Pick<Broker, 'limiter'>) {}

  /** Counts one request. `ttl` in milliseconds; times in the record in seconds, as the throttler expects them. */
  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerRecord> {
    const { hits, closesInMs } = await this.broker.limiter.hit(key, ttl);
    const seconds = Math.max(1, Math.ceil(closesInMs / 1000));
    const isBlocked = hits > limit;
    return { totalHits: hits, timeToExpire: seconds, isBlocked, timeToBlockExpire: isBlocked ? seconds : 0 };
  }
}
