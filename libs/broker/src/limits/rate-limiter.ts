import type { Redis } from 'ioredis';
import { rateKey } from '../redis/redis-keys.js';
import { defineScript, type RunScript } from '../redis/lua-scripts.js';
import { mapRedisErrors, mapRedisReadErrors } from '../redis/redis-errors.js';

/** Request counters, shared by all API instances. */
export class RateLimiter {
  private readonly countRequest: RunScript<object, [hits: number, closesInMs: number]>;

  constructor(private readonly redis: Redis) {
    this.countRequest = defineScript(redis, 'count-request');
  }

  /** Counts one request of a tenant. @throws Problem `broker-unavailable` */
  async hit(tenant: string, windowMs: number): Promise<{ hits: number; closesInMs: number }> {
    const [hits, closesInMs] = await mapRedisErrors(() => this.countRequest([rateKey(tenant)], { windowMs }));
    return { hits, closesInMs };
  }

  /** Requests in the present window without counting one; 0 and 0 when no window is open. */
  async status(tenant: string): Promise<{ hits: number; closesInMs: number }> {
    const key = rateKey(tenant);
    const [hits, closesInMs] = await mapRedisReadErrors(() =>
      Promise.all([this.redis.get(key), this.redis.pttl(key)]),
    );
    return { hits: Number(hits ?? 0), closesInMs: Math.max(0, closesInMs) };
  }
}
