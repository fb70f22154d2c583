import type { Redis } from 'ioredis';
import type { BatchId } from '#contracts/batch-id.js';
import type { JobId } from '#contracts/job-id.js';
import type { JobState } from '#contracts/job-states.js';
import type { Tenant } from '#contracts/tenant.js';
import { STALLED_CHECK_KEY } from '../queue/bullmq-internals.js';
import {
  BATCH_OF_JOB_KEY,
  DEADLINES_KEY,
  recordKey,
  RESERVATIONS_KEY,
  RESERVED_TOTAL_KEY,
  SHARDS_KEY,
  TENANTS_KEY,
} from '../redis/redis-keys.js';
import { defineScript, type RunScript } from '../redis/lua-scripts.js';
import type { ShardAllocation } from '../records/shard-incarnation.js';

/** Makes a job an image of a batch. */
export interface BatchMembership {
  batch: BatchId;
  /** Keyed hash of its custom id. */
  name: string;
  /** Custom id and token of the job, sealed. */
  sealedEntry: string;
  /** Maximum number of images of the batch. */
  maxMembers: number;
}

/** One change of a job. */
export interface TransitionCall {
  id: JobId;
  from: readonly string[];
  to: string;
  terminal: boolean;
  lifetimeMs: number;
  marginMs: number;
  fence?: readonly [field: string, value: string] | undefined;
  /** Refuses a change to another state once the deadline of the present one has passed. */
  inTime?: boolean | undefined;
  /** Changes a counter of the record; by 1 by default. */
  count?: readonly [field: string, increment?: number] | undefined;
  /** Without a tenant only the total limit applies, and that of the shard where there is one. */
  reserve?:
    | {
        bytes: number;
        /** Bytes for which there must be room, if more than `bytes`. */
        roomForBytes?: number | undefined;
        capBytes: number;
        tenant?: Tenant;
        shard?: ShardAllocation | undefined;
      }
    | undefined;
  member?: BatchMembership | undefined;
  set?: Record<string, string | number>;
  drop?: readonly string[];
}

type Reply = (string | number)[];

/** The scripts that change jobs, on one connection. Their replies are described in `libs/broker/lua`. */
export class JobScripts {
  private readonly runTransition: RunScript<object, Reply>;
  private readonly runDeletion: RunScript<object, Reply>;
  private readonly runExpired: RunScript<object, JobId[]>;

  constructor(redis: Redis) {
    this.runTransition = defineScript(redis, 'transition-job');
    this.runDeletion = defineScript(redis, 'record-deletion');
    this.runExpired = defineScript(redis, 'expired-jobs');
  }

  /** Changes a job. */
  transition({ count, reserve, set = {}, drop = [], ...call }: TransitionCall): Promise<Reply> {
    return this.runTransition(
      [
        ...[recordKey(call.id), DEADLINES_KEY, RESERVATIONS_KEY, RESERVED_TOTAL_KEY],
        ...[TENANTS_KEY, BATCH_OF_JOB_KEY, SHARDS_KEY],
      ],
      {
        ...call,
        drop,
        set: Object.entries(set).flatMap(([field, value]) => [field, String(value)]),
        count: count && [count[0], count[1] ?? 1],
        reserve: reserve && reservationOf(reserve),
      },
    );
  }

  /** Records that payload keys have been deleted; `complete` when nothing of the job is left. */
  recordDeletion(id: JobId, deleted: { keys: number; complete: boolean }): Promise<Reply> {
    return this.runDeletion([recordKey(id), DEADLINES_KEY], { id, ...deleted });
  }

  /** Up to `limit` jobs whose deadline has passed; `lifetimesMs` are those of living states. */
  expired(limit: number, lifetimesMs: Partial<Record<JobState, number>>): Promise<JobId[]> {
    return this.runExpired(
      [
        ...[DEADLINES_KEY, RESERVATIONS_KEY, RESERVED_TOTAL_KEY, TENANTS_KEY],
        ...[BATCH_OF_JOB_KEY, SHARDS_KEY, STALLED_CHECK_KEY],
      ],
      // Twice the longest: another process may have other settings.
      { limit, maxDeadlineMs: 2 * Math.max(...Object.values(lifetimesMs)), lifetimesMs },
    );
  }
}

function reservationOf({
  bytes,
  roomForBytes = 0,
  capBytes,
  tenant,
  shard,
}: NonNullable<TransitionCall['reserve']>) {
  return {
    ...{ bytes, roomForBytes, totalLimit: capBytes },
    tenant: tenant && {
      ...{ id: tenant.id, maxBytes: tenant.maxReservedBytes, maxJobs: tenant.maxInFlight },
      pool: tenant.pool && { name: tenant.pool.name, maxBytes: tenant.pool.maxReservedBytes },
    },
    shard: shard && { incarnation: shard.incarnation, maxBytes: shard.capBytes },
  };
}
