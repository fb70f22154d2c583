import type { Redis } from 'ioredis';
import type { JobId } from '#contracts/job-id.js';
import type { Tenant } from '#contracts/tenant.js';
import { mapRedisErrors } from '../redis/redis-errors.js';
import {
  callBegin,
  callDrop,
  callSettle,
  callTake,
  withFairSchedulerScripts,
  type FairSchedulerRedis,
} from './fair-scheduler-script.js';

/** BullMQ's largest priority; 1 is served first. */
const LARGEST_PRIORITY = 2 ** 21;

/** What a job asks of the workers. */
export interface Claim {
  tenant: Pick<Tenant, 'id' | 'weight'>;
  /** Estimated work on it, in units of the cheapest image. */
  cost: number;
}

/**
 * Whose job is next: start-time fair queueing (Goyal, Vin, Cheng, "Start-time Fair Queueing", SIGCOMM 1996). A job's
 * turn is `max(now, taken)`, where `taken` is when its tenant's jobs before it have had their share; it takes up
 * `cost / weight` from there on. `now` is the turn of the job begun last. So a tenant with few jobs comes next
 * whatever others have queued, each tenant that always waits gets its weight's part of the workers, and no worker
 * idles for the sake of it. All of this is an order and no more: whatever of it is lost costs somebody patience,
 * never a job.
 */
export class FairScheduler {
  private readonly redis: FairSchedulerRedis;

  /** `lifetimeMs`: longer than any job waits; after that much silence the state may go. */
  constructor(
    redis: Redis,
    private readonly lifetimeMs: number,
    private readonly largest = LARGEST_PRIORITY,
  ) {
    this.redis = withFairSchedulerScripts(redis);
  }

  /** Gives a job its turn, as a priority for BullMQ: 1 or more, least first. @throws Problem `broker-unavailable` */
  take(id: JobId, { tenant, cost }: Claim): Promise<number> {
    const { lifetimeMs, largest } = this;
    const share = cost / tenant.weight;
    return mapRedisErrors(() => callTake(this.redis, { id, tenant: tenant.id, share, largest, lifetimeMs }));
  }

  /** The job stands in the queue with `priority`. Only a high one can be from before the base moved. */
  async settle(id: JobId, priority: number): Promise<void> {
    if (priority <= this.largest / 2) return;
    await mapRedisErrors(() => callSettle(this.redis, id, this.largest));
  }

  /** A worker has begun the job. Never fails: the next one that begins makes up for it. */
  async begun(id: JobId): Promise<void> {
    await callBegin(this.redis, id, this.lifetimeMs).catch(() => undefined);
  }

  /** The job will never begin. */
  async drop(id: JobId): Promise<void> {
    await mapRedisErrors(() => callDrop(this.redis, id));
  }
}
