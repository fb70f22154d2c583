import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { ApiContext } from '../api.context.js';

type Counted = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Counts of `@nestjs/throttler` in Redis, shared by all API instances. */
@Injectable()
export class RedisThrottlerStorage implements ThrottlerStorage {
  constructor(private readonly context: ApiContext) {}

  /** Counts one request. `ttl` in milliseconds; times in the answer in seconds, as the throttler wants them. */
  async increment(key: string, ttl: number, limit: number): Promise<Counted> {
    const { hits, closesInMs } = await this.context.broker.limiter.hit(key, ttl);
    const seconds = Math.max(1, Math.ceil(closesInMs / 1000));
    const isBlocked = hits > limit;
    return { totalHits: hits, timeToExpire: seconds, isBlocked, timeToBlockExpire: isBlocked ? seconds : 0 };
  }
}
