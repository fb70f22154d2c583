import type { Redis } from 'ioredis';
import { pixelsKey } from '../redis/redis-keys.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** A full budget refills in this time. */
export const PIXEL_WINDOW_MS = 60_000;

/**
 * Takes pixels out of a bucket that refills steadily. Only the time at which it will be full again is kept: the
 * virtual scheduling form of the leaky bucket (ITU-T I.371, "GCRA"), so a full bucket is no key at all. What is left
 * may go below nothing, by one image at most: in debt nothing more is taken.
 *
 * KEYS  1 time in ms at which the bucket is full again (string)
 * ARGV  1 ms in which an empty bucket refills  2 ms in which what is taken refills; 0 only asks
 * RETURNS {1, ms until it is full}, or {0, ms until it is full} when it is in debt and nothing was taken
 */
const TAKE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local missing = math.max(0, tonumber(redis.call('GET', KEYS[1]) or '0') - now)
if missing >= tonumber(ARGV[1]) then return {0, math.ceil(missing)} end
if tonumber(ARGV[2]) > 0 then
  missing = missing + ARGV[2]
  redis.call('SET', KEYS[1], string.format('%.3f', now + missing), 'PX', math.ceil(missing))
end
return {1, math.ceil(missing)}`;

interface BudgetRedis extends Redis {
  rbTake(key: string, windowMs: number, costMs: number): Promise<[taken: 0 | 1, fullInMs: number]>;
}

/** How a tenant's budget stands. */
export interface PixelStatus {
  /** Megapixels that may still be submitted now; below nothing: in debt. */
  left: number;
  /** Until it is full, in ms. */
  fullInMs: number;
  /** Until something is left again, in ms; 0 when something is. */
  openInMs: number;
}

/** Budgets of pixels, shared by all API instances. */
export class PixelBudget {
  private readonly redis: BudgetRedis;

  constructor(redis: Redis) {
    redis.defineCommand('rbTake', { numberOfKeys: 1, lua: TAKE });
    this.redis = redis as BudgetRedis;
  }

  /** How a tenant with `limit` megapixels a minute stands. @throws Problem `broker-unavailable` */
  async standing(tenant: string, limit: number): Promise<PixelStatus> {
    return (await this.take(tenant, limit, 0)).standing;
  }

  /**
   * Takes `pixels` out of the budget of a tenant with `limit` megapixels a minute. Nothing is `taken` from one in
   * debt. @throws Problem `broker-unavailable`
   */
  async take(
    tenant: string,
    limit: number,
    pixels: number,
  ): Promise<{ taken: boolean; standing: PixelStatus }> {
    const costMs = (pixels / (limit * 1_000_000)) * PIXEL_WINDOW_MS;
    const [taken, fullInMs] = await mapRedisErrors(() =>
      this.redis.rbTake(pixelsKey(tenant), PIXEL_WINDOW_MS, costMs),
    );
    const left = limit * (1 - fullInMs / PIXEL_WINDOW_MS);
    const openInMs = left > 0 ? 0 : fullInMs - PIXEL_WINDOW_MS + 1;
    return { taken: taken === 1, standing: { left, fullInMs, openInMs } };
  }
}
