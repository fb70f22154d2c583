import type { JobId } from '#contracts/job-id.js';
import type { JobOptions } from '#contracts/job-options.js';
import { isTerminal } from '#contracts/job-states.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { Tenant } from '#contracts/tenant.js';
import { DEADLINES_KEY, recordKey, incarnationKey, TENANTS_KEY } from '../redis/redis-keys.js';
import { callDue } from './expired-jobs-script.js';
import {
  FIELDS_DROPPED_AT_END,
  fieldsOf,
  parseRecord,
  type JobRecord,
  type OutputFacts,
  type UploadPart,
} from '../records/job-record.js';
import { sourcesOf, targetOf, type JobEvent } from '../records/job-transitions.js';
import {
  EXPIRY_MARGIN_MS,
  lifetimeAfter,
  livingLifetimes,
  PURGE_GRACE_MS,
  type Lifetimes,
} from '../records/lifetimes.js';
import { mapRedisErrors, mapRedisReadErrors } from '../redis/redis-errors.js';
import type { ShardIncarnation, ShardAllocation } from '../records/shard-incarnation.js';
import {
  callRemoved,
  callTransition,
  type BatchMembership,
  type ScriptedRedis,
  type TransitionCall,
} from './transition-script.js';

const REFUSALS_OF_BATCHES = [
  'batch-not-found',
  'batch-cancelled',
  'batch-closed',
  'batch-full',
  'custom-id-taken',
] as const satisfies readonly ProblemCode[];

type Extras = Omit<Partial<TransitionCall>, 'id' | 'from' | 'to' | 'terminal'>;

/** Sole writer of job records. Each method is one event of the transition table, atomic and fenced. */
export class JobStore {
  constructor(
    private readonly redis: ScriptedRedis,
    private readonly lifetimes: Lifetimes,
    private readonly capBytes: number,
  ) {}

  /** The record, or undefined when there is none. */
  async read(id: JobId): Promise<JobRecord | undefined> {
    return parseRecord(id, await mapRedisReadErrors(() => this.redis.hgetall(recordKey(id))));
  }

  /** What living jobs of a tenant hold now: their number, and the bytes they have reserved. */
  async held(tenant: Tenant['id']): Promise<{ jobs: number; bytes: number }> {
    const sums = await mapRedisReadErrors(() =>
      this.redis.hmget(TENANTS_KEY, `jobs:${tenant}`, `bytes:${tenant}`),
    );
    const [jobs = 0, bytes = 0] = sums.map(Number);
    return { jobs, bytes };
  }

  /**
   * Reserves memory and opens a record, if there is room for `roomForBytes` now. Where payload is on shards, on the
   * first of `offers` that has room: the one that is returned.
   * @throws Problem `tenant-limit` when the reservation, or one more job, passes a limit of the tenant
   * @throws Problem `capacity-exhausted` when the reservation does not fit into the whole, or onto any shard
   */
  async accept(
    id: JobId,
    job: {
      wrappedKeys: string;
      reserveBytes: number;
      roomForBytes?: number | undefined;
      tenant: Tenant;
      region?: string | undefined;
      offers?: readonly ShardAllocation[] | undefined;
    },
  ): Promise<ShardAllocation | undefined> {
    const { wrappedKeys, region, reserveBytes, roomForBytes, tenant, offers = [undefined] } = job;
    for (const seat of offers) {
      const reserve = { bytes: reserveBytes, roomForBytes, capBytes: this.capBytes, tenant, seat };
      const set = {
        wrappedKeys,
        ...(seat !== undefined && { seat: seat.seat }),
        ...(region !== undefined && { region }),
      };
      if ((await this.tryTo(id, 'accept', { reserve, set })) !== 'no-room') return seat;
    }
    throw new Problem('capacity-exhausted', { retryAfterS: 5 });
  }

  /**
   * The upload goes on, and with `reserve` needs that much memory by now. False when the job has ended meanwhile.
   * @throws Problem as `accept`
   */
  async progress(
    id: JobId,
    reserve?: { bytes: number; tenant: Tenant; seat?: ShardAllocation | undefined },
  ): Promise<boolean> {
    const extras = reserve === undefined ? {} : { reserve: { ...reserve, capBytes: this.capBytes } };
    return (await this.apply(id, 'progress', extras)) !== undefined;
  }

  /**
   * The upload is complete, and what the result may take is known; `member`: the batch it comes into. Undefined when
   * the job was ended meanwhile.
   * @throws Problem as `accept`, or why the batch does not take it
   */
  enqueue(
    id: JobId,
    job: {
      parts: readonly UploadPart[];
      options: JobOptions;
      reserveBytes: number;
      tenant: Tenant;
      seat?: ShardAllocation | undefined;
      keyId?: string | undefined;
      /** Pixels of the image, where they are known. */
      pixels?: number | undefined;
      trace?: string | undefined;
      member?: BatchMembership | undefined;
    },
  ): Promise<JobRecord | undefined> {
    const { seat, tenant } = job;
    const reserve = { bytes: job.reserveBytes, capBytes: this.capBytes, tenant, seat };
    const set = {
      parts: JSON.stringify(job.parts),
      inputBytes: job.parts.reduce((sum, part) => sum + part.bytes, 0),
      options: JSON.stringify(job.options),
      ...(job.pixels ? { pixels: job.pixels } : {}),
      ...(job.keyId !== undefined && { keyId: job.keyId }),
      ...(job.trace !== undefined && { trace: job.trace }),
    };
    return this.apply(id, 'enqueue', { reserve, set, member: job.member });
  }

  /** A worker starts: its attempt number in the record is its fence. Undefined when there is nothing to do. */
  claim(id: JobId): Promise<JobRecord | undefined> {
    return this.apply(id, 'claim', { count: ['attempt'] });
  }

  /**
   * The result of `output.attempt` stands, also when an earlier try of this call got through and only its answer
   * was lost. Undefined when that attempt lost its fence.
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
   * One reader takes the result, also when an earlier try of this call got through and only its answer was lost.
   * Undefined when it is not there to be taken.
   */
  async lease(id: JobId, lease: string): Promise<JobRecord | undefined> {
    const leased = await this.apply(id, 'lease', { count: ['deliveries'], set: { lease } });
    return leased ?? this.apply(id, 'renew', { fence: ['lease', lease] });
  }

  /** The reader is alive. False when it lost its lease. */
  async renew(id: JobId, lease: string): Promise<boolean> {
    return (await this.apply(id, 'renew', { fence: ['lease', lease] })) !== undefined;
  }

  /** The delivery broke: the result may be asked for again for a while. One that broke on our side does not count. */
  release(id: JobId, lease?: string, { counts = true } = {}): Promise<JobRecord | undefined> {
    return this.apply(id, 'release', {
      ...(lease !== undefined && { fence: ['lease', lease] as const }),
      ...(!counts && { count: ['deliveries', -1] as const }),
    });
  }

  /** Notes, for the purge alone, that payload keys are gone; `all` when nothing of the job is left. */
  async recordDeletion(id: JobId, removed: { keys: number; all: boolean }): Promise<JobRecord | undefined> {
    const [ok, ...fields] = await mapRedisErrors(() => callRemoved(this.redis, id, removed));
    return ok === 1 ? parseRecord(id, fieldsOf(fields)) : undefined;
  }

  /** Ends a job, for the purge alone: only its tombstone stays. Undefined when it had ended, or is fenced off. */
  end(
    id: JobId,
    event: 'deliver' | 'fail' | 'lose' | 'cancel' | 'expire',
    why: { fence?: readonly [field: 'attempt' | 'lease', value: string]; code?: ProblemCode } = {},
  ): Promise<JobRecord | undefined> {
    return this.apply(id, event, {
      ...(why.fence !== undefined && { fence: why.fence }),
      ...(why.code !== undefined && { set: { code: why.code } }),
      drop: FIELDS_DROPPED_AT_END,
    });
  }

  /** Ids of jobs whose present state has run out, at most `most`. */
  async due(most: number): Promise<JobId[]> {
    return (await mapRedisErrors(() =>
      callDue(this.redis, most, livingLifetimes(this.lifetimes)),
    )) as JobId[];
  }

  /** A purge could not be finished: the sweeper is to try again, but not before `ms` from now. */
  async postpone(id: JobId, ms: number): Promise<void> {
    await mapRedisErrors(async () => {
      const [seconds] = await this.redis.time();
      await this.redis.zadd(DEADLINES_KEY, 'XX', Number(seconds) * 1000 + ms, id);
    });
  }

  /** Living jobs whose payload is on that seat. */
  async jobsOn(seat: ShardIncarnation): Promise<JobId[]> {
    return (await mapRedisReadErrors(() => this.redis.smembers(incarnationKey(seat)))) as JobId[];
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
      callTransition(this.redis, {
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
    if (rest[0] === 'seat') return 'no-room';
    if (rest[0] === 'tenant') throw new Problem('tenant-limit', { retryAfterS: 5 });
    if (rest[0] === 'capacity') throw new Problem('capacity-exhausted', { retryAfterS: 5 });
    const refusal = REFUSALS_OF_BATCHES.find((code) => code === rest[0]);
    if (refusal !== undefined) throw new Problem(refusal);
    return undefined;
  }
}
