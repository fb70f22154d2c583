import type { Redis } from 'ioredis';
import { rateKey } from '../redis/redis-keys.js';
import { mapRedisErrors, mapRedisReadErrors } from '../redis/redis-errors.js';

/**
 * Counts a hit in a fixed window that opens with the first hit. A window that closes later than it may was opened before
 * the server's clock was set back.
 *
 * KEYS  1 counter (string)
 * ARGV  1 window ms
 * RETURNS {hits in this window, ms until it closes}
 */
const HIT = `
local hits = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if hits > 1 and left <= tonumber(ARGV[1]) then return {hits, left} end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return {hits, tonumber(ARGV[1])}`;

interface HitRedis extends Redis {
  rbHit(key: string, windowMs: number): Promise<[hits: number, closesInMs: number]>;
}

/** Request counters shared by all API instances. */
export class RateLimiter {
  private readonly redis: HitRedis;

  constructor(redis: Redis) {
    redis.defineCommand('rbHit', { numberOfKeys: 1, lua: HIT });
    this.redis = redis as HitRedis;
  }

  /** Counts one request of a tenant. @throws Problem `broker-unavailable` */
  async hit(tenant: string, windowMs: number): Promise<{ hits: number; closesInMs: number }> {
    const [hits, closesInMs] = await mapRedisErrors(() => this.redis.rbHit(rateKey(tenant), windowMs));
    return { hits, closesInMs };
  }

  /** How a tenant stands, without counting anything; 0 and 0 when no window is open. */
  async standing(tenant: string): Promise<{ hits: number; closesInMs: number }> {
    const key = rateKey(tenant);
    const [hits, closesInMs] = await mapRedisReadErrors(() =>
      Promise.all([this.redis.get(key), this.redis.pttl(key)]),
    );
    return { hits: Number(hits ?? 0), closesInMs: Math.max(0, closesInMs) };
  }
}
