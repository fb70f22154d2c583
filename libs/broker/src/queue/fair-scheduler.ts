import { PRIORITY_LIMIT } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobId } from '#contracts/job-id.js';
import type { Tenant } from '#contracts/tenant.js';
import { VIRTUAL_TIME_KEY, FINISH_TAGS_KEY, WAITING_JOBS_KEY } from '../redis/redis-keys.js';
import { ACTIVE_KEY, PRIORITIZED_KEY, SCORE_STEP } from './bullmq-internals.js';
import { defineScript, type RunScript } from '../redis/lua-scripts.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** What the scheduler needs to know of a job. */
export interface SchedulingRequest {
  tenant: Pick<Tenant, 'id' | 'weight'>;
  /** Estimated work on it, in units of the cheapest image. */
  cost: number;
}

/**
 * Order of waiting jobs: start-time fair queueing (Goyal, Vin, Cheng, "Start-time Fair Queueing", SIGCOMM 1996). The
 * start tag of a job is `max(v, finish tag of its tenant's previous job)`, its finish tag is `cost / weight` later; the
 * virtual time `v` is the start tag of the job started last. A tenant with few jobs comes next whatever others have
 * queued, each tenant with waiting jobs gets its weight's share of the workers, and no worker idles for it. The state
 * orders jobs and does nothing else: losing it changes the order, and no job is lost.
 */
export class FairScheduler {
  private readonly scheduleJob: RunScript<object, number>;
  private readonly rebaseJob: RunScript<object, number>;
  private readonly advanceClock: RunScript<object, number>;
  private readonly unscheduleJob: RunScript<object, number>;

  /** `lifetimeMs`: longer than any job waits; without a change for that long the state may go. */
  constructor(
    redis: Redis,
    private readonly lifetimeMs: number,
    private readonly maxPriority = PRIORITY_LIMIT,
  ) {
    this.scheduleJob = defineScript(redis, 'schedule-job');
    this.rebaseJob = defineScript(redis, 'rebase-job');
    this.advanceClock = defineScript(redis, 'advance-clock');
    this.unscheduleJob = defineScript(redis, 'unschedule-job');
  }

  /** Gives a job its start tag. Returns it as a priority for BullMQ. @throws Problem `broker-unavailable` */
  schedule(id: JobId, { tenant, cost }: SchedulingRequest): Promise<number> {
    const { lifetimeMs, maxPriority } = this;
    const keys = [VIRTUAL_TIME_KEY, FINISH_TAGS_KEY, WAITING_JOBS_KEY, PRIORITIZED_KEY, ACTIVE_KEY];
    const weightedCost = String(cost / tenant.weight);
    const args = { id, tenant: tenant.id, weightedCost, maxPriority, scoreStep: SCORE_STEP, lifetimeMs };
    return mapRedisErrors(() => this.scheduleJob(keys, args));
  }

  /** The job is queued with `priority`. Only a high one can be from before the base advanced. */
  async rebase(id: JobId, priority: number): Promise<void> {
    const { maxPriority } = this;
    if (priority <= maxPriority / 2) return;
    const keys = [VIRTUAL_TIME_KEY, WAITING_JOBS_KEY, PRIORITIZED_KEY];
    await mapRedisErrors(() => this.rebaseJob(keys, { id, maxPriority, scoreStep: SCORE_STEP }));
  }

  /** A worker has started the job. Never fails: the next job that starts advances the virtual time as well. */
  async advance(id: JobId): Promise<void> {
    const keys = [VIRTUAL_TIME_KEY, FINISH_TAGS_KEY, WAITING_JOBS_KEY];
    await this.advanceClock(keys, { id, lifetimeMs: this.lifetimeMs }).catch(() => undefined);
  }

  /** The job will not be started. */
  async release(id: JobId): Promise<void> {
    await mapRedisErrors(() => this.unscheduleJob([FINISH_TAGS_KEY, WAITING_JOBS_KEY], { id }));
  }
}
