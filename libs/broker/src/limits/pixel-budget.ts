import type { Redis } from 'ioredis';
import { pixelsKey } from '../redis/redis-keys.js';
import { defineScript, type RunScript } from '../redis/lua-scripts.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** A full budget refills in this time. */
export const PIXEL_WINDOW_MS = 60_000;

/** Status of a tenant's budget. */
export interface PixelStatus {
  /** Megapixels that may be submitted now; negative when overdrawn. */
  left: number;
  /** Time until it is full, in ms. */
  fullInMs: number;
  /** Time until it is positive, in ms; 0 when it is. */
  openInMs: number;
}

/** Pixel budgets, shared by all API instances. */
export class PixelBudget {
  private readonly takePixels: RunScript<object, [taken: 0 | 1, fullInMs: number]>;

  constructor(redis: Redis) {
    this.takePixels = defineScript(redis, 'take-pixels');
  }

  /** Status of a tenant with `limit` megapixels a minute. @throws Problem `broker-unavailable` */
  async status(tenant: string, limit: number): Promise<PixelStatus> {
    return (await this.take(tenant, limit, 0)).status;
  }

  /**
   * Takes `pixels` from the budget of a tenant with `limit` megapixels a minute, unless it is overdrawn.
   * @throws Problem `broker-unavailable`
   */
  async take(
    tenant: string,
    limit: number,
    pixels: number,
  ): Promise<{ taken: boolean; status: PixelStatus }> {
    const costMs = (pixels / (limit * 1_000_000)) * PIXEL_WINDOW_MS;
    const [taken, fullInMs] = await mapRedisErrors(() =>
      this.takePixels([pixelsKey(tenant)], { windowMs: PIXEL_WINDOW_MS, costMs }),
    );
    const left = limit * (1 - fullInMs / PIXEL_WINDOW_MS);
    const openInMs = left > 0 ? 0 : fullInMs - PIXEL_WINDOW_MS + 1;
    return { taken: taken === 1, status: { left, fullInMs, openInMs } };
  }
}
