import type { Redis } from 'ioredis';
import type { Tenant } from '#contracts/tenant.js';
import { DEADLINES_KEY, RESERVATIONS_KEY } from '../redis/redis-keys.js';
import { defineScript, type RunScript } from '../redis/lua-scripts.js';
import type { ServiceTimeEstimator } from './service-time-estimator.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** Jobs that one estimate reads: those with the earliest deadlines. */
const MAX_JOBS = 500;

/** How long an estimate is reused: many clients are rejected at the same time. */
const FRESH_MS = 1000;

const MAX_RETRY_AFTER_S = 120;

/** Estimates when a client that was rejected for lack of memory can retry. */
export class CapacityEstimator {
  private readonly freedAfter: RunScript<object, number>;
  private readonly estimates = new Map<string, { at: number; retryAfterS: Promise<number> }>();

  constructor(
    redis: Redis,
    private readonly estimator: ServiceTimeEstimator,
  ) {
    this.freedAfter = defineScript(redis, 'capacity-outlook');
  }

  /**
   * Whole seconds after which `bytes` are likely free: of all reservations, or of those of a tenant at its limit.
   * @throws Problem `broker-unavailable`
   */
  async retryAfterS(bytes: number, tenant?: Tenant['id']): Promise<number> {
    const now = Date.now();
    for (const [name, { at }] of this.estimates) if (now - at > FRESH_MS) this.estimates.delete(name);
    const name = tenant ?? '';
    const estimate = this.estimates.get(name) ?? { at: now, retryAfterS: this.compute(bytes, tenant) };
    this.estimates.set(name, estimate);
    return estimate.retryAfterS;
  }

  private async compute(bytes: number, tenant: string | undefined): Promise<number> {
    const { retryAfterS, nextImageAfterS } = await this.estimator.estimate();
    const queueMs = 1000 * (tenant === undefined ? retryAfterS : nextImageAfterS);
    const args = { limit: MAX_JOBS, bytes, tenant, queueMs };
    const freedAfterMs = await mapRedisErrors(() => this.freedAfter([DEADLINES_KEY, RESERVATIONS_KEY], args));
    return Math.min(MAX_RETRY_AFTER_S, Math.max(1, Math.ceil(freedAfterMs / 1000)));
  }
}
