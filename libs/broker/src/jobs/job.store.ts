import type { Redis } from 'ioredis';
import { failureText } from '#contracts/failure-facts.js';
import type { FailureNumbers } from '#contracts/failure-numbers.js';
import type { JobId } from '#contracts/job-id.js';
import type { JobOptions } from '#contracts/job-options.js';
import { isTerminal } from '#contracts/job-states.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { Tenant } from '#contracts/tenant.js';
import { DEADLINES_KEY, recordKey, incarnationKey, TENANTS_KEY } from '../redis/redis-keys.js';
import {
  INCARNATION_FIELD,
  FIELDS_DROPPED_AT_END,
  fieldsOf,
  parseRecord,
  type JobRecord,
  type OutputFacts,
  type UploadPart,
} from '../records/job-record.js';
import { JobScripts, type BatchMembership, type TransitionCall } from './job-scripts.js';
import { sourcesOf, targetOf, type JobEvent } from '../records/job-transitions.js';
import {
  EXPIRY_MARGIN_MS,
  lifetimeAfter,
  livingLifetimes,
  promisesOf,
  PURGE_GRACE_MS,
  type Lifetimes,
} from '../records/lifetimes.js';
import { mapRedisErrors, mapRedisReadErrors } from '../redis/redis-errors.js';
import type { ShardIncarnation, ShardAllocation } from '../records/shard-incarnation.js';

const BATCH_REFUSALS = [
  'batch-not-found',
  'batch-cancelled',
  'batch-closed',
  'batch-full',
  'custom-id-taken',
] as const satisfies readonly ProblemCode[];

type Extras = Omit<Partial<TransitionCall>, 'id' | 'from' | 'to' | 'terminal'>;

/** Sole writer of job records. Each method is one event of the transition table, atomic and fenced. */
export class JobStore {
  private readonly scripts: JobScripts;

  constructor(
    private readonly redis: Redis,
    private readonly lifetimes: Lifetimes,
    private readonly capBytes: number,
  ) {
    this.scripts = new JobScripts(redis);
  }

  /** The record, or undefined when there is none. */
  async read(id: JobId): Promise<JobRecord | undefined> {
    return parseRecord(id, await mapRedisReadErrors(() => this.redis.hgetall(recordKey(id))));
  }

  /** Number and reserved bytes of a tenant's living jobs. */
  async reservedBy(tenant: Tenant['id']): Promise<{ jobs: number; bytes: number }> {
    const sums = await mapRedisReadErrors(() =>
      this.redis.hmget(TENANTS_KEY, `jobs:${tenant}`, `bytes:${tenant}`),
    );
    const [jobs = 0, bytes = 0] = sums.map(Number);
    return { jobs, bytes };
  }

  /**
   * Reserves memory and creates the record if there is room for `roomForBytes` now. Returns the shard that was assigned:
   * the first of `allocations` with room.
   * @throws Problem `tenant-limit` when the reservation, or one more job, exceeds a limit of the tenant
   * @throws Problem `capacity-exhausted` when the reservation exceeds the total limit, or that of each shard
   */
  async accept(
    id: JobId,
    job: {
      wrappedKeys: string;
      reserveBytes: number;
      roomForBytes?: number | undefined;
      tenant: Tenant;
      region?: string | undefined;
      allocations?: readonly ShardAllocation[] | undefined;
    },
  ): Promise<ShardAllocation | undefined> {
    const { wrappedKeys, region, reserveBytes, roomForBytes, tenant, allocations = [undefined] } = job;
    for (const shard of allocations) {
      const reserve = { bytes: reserveBytes, roomForBytes, capBytes: this.capBytes, tenant, shard };
      const set = {
        wrappedKeys,
        ...(shard !== undefined && { [INCARNATION_FIELD]: shard.incarnation }),
        ...(region !== undefined && { region }),
      };
      if ((await this.tryTo(id, 'accept', { reserve, set })) !== 'no-room') return shard;
    }
    throw new Problem('capacity-exhausted', { retryAfterS: 5 });
  }

  /**
   * Renews the lease of an upload, and reserves more memory with `reserve`. False when the job has ended.
   * @throws Problem as `accept`
   */
  async progress(
    id: JobId,
    reserve?: { bytes: number; tenant: Tenant; shard?: ShardAllocation | undefined },
  ): Promise<boolean> {
    const extras = reserve === undefined ? {} : { reserve: { ...reserve, capBytes: this.capBytes } };
    return (await this.apply(id, 'progress', extras)) !== undefined;
  }

  /**
   * Queues the job of a complete upload, as an image of a batch with `member`. Undefined when the job has ended.
   * @throws Problem as `accept`, or the problem for which the batch refuses the job
   */
  enqueue(
    id: JobId,
    job: {
      parts: readonly UploadPart[];
      options: JobOptions;
      reserveBytes: number;
      tenant: Tenant;
      shard?: ShardAllocation | undefined;
      keyId?: string | undefined;
      /** Pixels of the image, if known. */
      pixels?: number | undefined;
      trace?: string | undefined;
      member?: BatchMembership | undefined;
    },
  ): Promise<JobRecord | undefined> {
    const { shard, tenant } = job;
    const reserve = { bytes: job.reserveBytes, capBytes: this.capBytes, tenant, shard };
    const set = {
      parts: JSON.stringify(job.parts),
      inputBytes: job.parts.reduce((sum, part) => sum + part.bytes, 0),
      options: JSON.stringify(job.options),
      ...promisesOf(job.options),
      ...(job.pixels ? { pixels: job.pixels } : {}),
      ...(job.keyId !== undefined && { keyId: job.keyId }),
      ...(job.trace !== undefined && { trace: job.trace }),
    };
    return this.apply(id, 'enqueue', { reserve, set, member: job.member });
  }

  /**
   * Starts an attempt of a worker; its number is the worker's fence. Undefined when the job has ended, or has waited for its
   * first attempt longer than it may.
   */
  claim(id: JobId): Promise<JobRecord | undefined> {
    return this.apply(id, 'claim', { count: ['attempt'], inTime: true });
  }

  /**
   * Commits the result of `output.attempt`. Can be repeated when the reply was lost. Undefined when the fence does not hold.
   */
  async commit(id: JobId, output: OutputFacts): Promise<JobRecord | undefined> {
    const committed = await this.apply(id, 'commit', {
      fence: ['attempt', String(output.attempt)],
      reserve: { bytes: output.bytes, capBytes: Number.MAX_SAFE_INTEGER },
      set: { output: JSON.stringify(output), outputBytes: output.bytes },
      drop: ['wrappedKeys', 'parts', 'keyId'],
    });
    if (committed !== undefined) return committed;
    const record = await this.read(id);
    return record?.output?.attempt === output.attempt ? record : undefined;
  }

  /**
   * Leases the result to one reader. Can be repeated when the reply was lost. Undefined when there is no result to lease.
   */
  async lease(id: JobId, lease: string): Promise<JobRecord | undefined> {
    const leased = await this.apply(id, 'lease', { count: ['deliveries'], set: { lease } });
    return leased ?? this.apply(id, 'renew', { fence: ['lease', lease] });
  }

  /** Renews a lease. False when the reader has lost it. */
  async renew(id: JobId, lease: string): Promise<boolean> {
    return (await this.apply(id, 'renew', { fence: ['lease', lease] })) !== undefined;
  }

  /** Returns the result after a broken delivery. A delivery that this service broke does not count. */
  release(id: JobId, lease?: string, { counts = true } = {}): Promise<JobRecord | undefined> {
    return this.apply(id, 'release', {
      ...(lease !== undefined && { fence: ['lease', lease] as const }),
      ...(!counts && { count: ['deliveries', -1] as const }),
    });
  }

  /** Records deleted payload keys, for the purge alone; `complete` when nothing of the job is left. */
  async recordDeletion(
    id: JobId,
    deleted: { keys: number; complete: boolean },
  ): Promise<JobRecord | undefined> {
    const [ok, ...fields] = await mapRedisErrors(() => this.scripts.recordDeletion(id, deleted));
    return ok === 1 ? parseRecord(id, fieldsOf(fields)) : undefined;
  }

  /** Ends a job, for the purge alone; its tombstone remains. Undefined when it had ended, or the fence does not hold. */
  end(
    id: JobId,
    event: 'deliver' | 'fail' | 'miss' | 'lose' | 'cancel' | 'expire',
    why: {
      fence?: readonly [field: 'attempt' | 'lease', value: string];
      code?: ProblemCode;
      numbers?: FailureNumbers | undefined;
    } = {},
  ): Promise<JobRecord | undefined> {
    return this.apply(id, event, {
      ...(why.fence !== undefined && { fence: why.fence }),
      ...(why.code !== undefined && { set: { code: failureText(why.code, why.numbers) } }),
      drop: FIELDS_DROPPED_AT_END,
    });
  }

  /** Up to `limit` jobs whose deadline has passed. */
  expired(limit: number): Promise<JobId[]> {
    return mapRedisErrors(() => this.scripts.expired(limit, livingLifetimes(this.lifetimes)));
  }

  /** Postpones the deadline of a job: the sweeper retries its purge after `ms`. */
  async postpone(id: JobId, ms: number): Promise<void> {
    await mapRedisErrors(async () => {
      const [seconds] = await this.redis.time();
      await this.redis.zadd(DEADLINES_KEY, 'XX', Number(seconds) * 1000 + ms, id);
    });
  }

  /** Living jobs with payload on that incarnation. */
  async jobsOn(incarnation: ShardIncarnation): Promise<JobId[]> {
    return (await mapRedisReadErrors(() => this.redis.smembers(incarnationKey(incarnation)))) as JobId[];
  }

  private async apply(id: JobId, event: JobEvent, extras: Extras): Promise<JobRecord | undefined> {
    const record = await this.tryTo(id, event, extras);
    if (record === 'no-room') throw new Problem('capacity-exhausted', { retryAfterS: 5 });
    return record;
  }

  private async tryTo(
    id: JobId,
    event: JobEvent,
    extras: Extras,
  ): Promise<JobRecord | 'no-room' | undefined> {
    const to = targetOf(event);
    const sources = sourcesOf(event);
    const [ok, ...rest] = await mapRedisErrors(() =>
      this.scripts.transition({
        lifetimeMs: lifetimeAfter(event, this.lifetimes),
        marginMs: isTerminal(to) ? PURGE_GRACE_MS : EXPIRY_MARGIN_MS,
        ...extras,
        id,
        from: sources.length === 0 ? [''] : sources,
        to,
        terminal: isTerminal(to),
      }),
    );
    if (ok === 1) return parseRecord(id, fieldsOf(rest));
    if (rest[0] === 'shard') return 'no-room';
    if (rest[0] === 'tenant') throw new Problem('tenant-limit', { retryAfterS: 5 });
    if (rest[0] === 'capacity') throw new Problem('capacity-exhausted', { retryAfterS: 5 });
    const refusal = BATCH_REFUSALS.find((code) => code === rest[0]);
    if (refusal !== undefined) throw new Problem(refusal);
    return undefined;
  }
}
