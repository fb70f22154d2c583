import type { Redis } from 'ioredis';
import type { BatchId } from '#contracts/batch-id.js';
import {
  isLost,
  MEMBER_STATES,
  type BatchCounts,
  type BatchState,
  type MemberState,
} from '#contracts/batch-view.js';
import { parseFailure } from '#contracts/failure-facts.js';
import type { FailureNumbers } from '#contracts/failure-numbers.js';
import type { JobId } from '#contracts/job-id.js';
import { PROMISES } from '#contracts/option-names.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import { BATCH_PARTS, BATCH_OF_JOB_KEY, batchKey } from '../redis/redis-keys.js';
import { fieldsOf } from '../records/job-record.js';
import type { Lifetimes, PromisedSeconds } from '../records/lifetimes.js';
import { defineScript, type RunScript } from '../redis/lua-scripts.js';
import { mapRedisErrors, mapRedisReadErrors } from '../redis/redis-errors.js';

/** What Redis knows of a batch: counts and times in ms since the epoch by Redis' clock. */
export interface BatchRecord {
  id: BatchId;
  status: BatchState;
  /** Incremented by each change. */
  version: number;
  createdAt: number;
  /** When it is deleted unless it changes before. */
  expiresAt: number;
  counts: BatchCounts;
  /** For images without their own. */
  promises: PromisedSeconds;
}

/** An image of a batch. */
export interface BatchMember {
  jobId: JobId;
  state: MemberState;
  /** Why it failed, and the facts of its problem. */
  code: ProblemCode | undefined;
  numbers: FailureNumbers | undefined;
  /** Its custom id and token, sealed. */
  sealedEntry: string;
  /** Version of the batch after its last change. */
  version: number;
}

/** An image found by its name. */
export type FoundMember = Omit<BatchMember, 'version'>;

/** Lists of images: all, those with a result, those that ended without one. */
export type MemberList = 'changes' | 'ready' | 'lost';

/**
 * Opens, closes, cancels and reads batches. The scripts that change jobs update the batch. @throws Problem `broker-unavailable`, all methods
 */
export class BatchStore {
  private readonly changeBatch: RunScript<object, string[]>;

  constructor(
    private readonly redis: Redis,
    private readonly lifetimes: Lifetimes,
  ) {
    this.changeBatch = defineScript(redis, 'change-batch');
  }

  /** Opens a batch. Undefined when it exists. */
  open(id: BatchId, promises: PromisedSeconds = {}): Promise<BatchRecord | undefined> {
    return this.change(id, 'open', Object.entries(promises).flat());
  }

  /** Closes a batch to further images. Undefined when there is no such batch. */
  close(id: BatchId): Promise<BatchRecord | undefined> {
    return this.change(id, 'close');
  }

  /** Removes all images of a batch. The caller ends their jobs. Undefined when there is no such batch. */
  cancel(id: BatchId): Promise<BatchRecord | undefined> {
    return this.change(id, 'cancel');
  }

  /** Undefined when there is no such batch. */
  async read(id: BatchId): Promise<BatchRecord | undefined> {
    return parseBatch(id, await mapRedisReadErrors(() => this.redis.hgetall(batchKey(id))));
  }

  /** Images on a list that changed after `version`, in the order of their last changes, up to `limit`. */
  async members(
    id: BatchId,
    list: MemberList,
    from: { version: number; limit: number },
  ): Promise<BatchMember[]> {
    return mapRedisReadErrors(async () => {
      const after = `(${from.version}`;
      const key = batchKey(id, `:${list}`);
      const found = await this.redis.zrangebyscore(key, after, '+inf', 'WITHSCORES', 'LIMIT', 0, from.limit);
      const versions = Object.entries(fieldsOf(found)) as [JobId, string][];
      if (versions.length === 0) return [];
      const fields = versions.flatMap(([jobId]) => [`is:${jobId}`, `of:${jobId}`]);
      const values = await this.redis.hmget(batchKey(id, ':members'), ...fields);
      return versions.flatMap(([jobId, version], i) => {
        const [state, sealedEntry] = [values[2 * i], values[2 * i + 1]];
        if (!state || !sealedEntry) return [];
        return [{ jobId, ...parseState(state), sealedEntry, version: Number(version) }];
      });
    });
  }

  /** The image of that name. Undefined when there is none, or it ended without a result and may be replaced. */
  async find(id: BatchId, name: string): Promise<FoundMember | undefined> {
    return mapRedisReadErrors(async () => {
      const jobId = (await this.redis.hget(batchKey(id, ':members'), `by:${name}`)) as JobId | null;
      if (jobId === null) return undefined;
      const [state, sealedEntry] = await this.redis.hmget(
        batchKey(id, ':members'),
        `is:${jobId}`,
        `of:${jobId}`,
      );
      const found = state && sealedEntry ? { jobId, ...parseState(state), sealedEntry } : undefined;
      return found === undefined || isLost(found.state) ? undefined : found;
    });
  }

  private async change(
    id: BatchId,
    change: 'open' | 'close' | 'cancel',
    set: readonly (string | number)[] = [],
  ): Promise<BatchRecord | undefined> {
    const keys = [BATCH_OF_JOB_KEY, ...BATCH_PARTS.map((part) => batchKey(id, part))];
    const { batchMs, tombstoneMs } = this.lifetimes;
    const args = { batch: id, change, set, lifeMs: batchMs, restMs: tombstoneMs };
    const fields = await mapRedisErrors(() => this.changeBatch(keys, args));
    return parseBatch(id, fieldsOf(fields));
  }
}

function parseBatch(id: BatchId, fields: Record<string, string>): BatchRecord | undefined {
  if (fields['open'] === undefined) return undefined;
  const number = (name: string): number => Number(fields[name] ?? 0);
  const each = MEMBER_STATES.map((state) => [state, number(`n:${state}`)] as const);
  const counts = { total: number('total'), ...(Object.fromEntries(each) as Record<MemberState, number>) };
  return {
    id,
    status: statusOf(fields),
    version: number('version'),
    createdAt: number('createdAt'),
    expiresAt: number('expiresAt'),
    counts,
    promises: Object.fromEntries(
      PROMISES.flatMap((name) => (fields[name] === undefined ? [] : [[name, Number(fields[name])]])),
    ),
  };
}

function statusOf(fields: Record<string, string>): BatchState {
  if (fields['cancelled'] !== undefined) return 'cancelled';
  if (fields['open'] === '1') return 'open';
  return Number(fields['living'] ?? 0) > 0 ? 'closed' : 'complete';
}

function parseState(text: string): Pick<BatchMember, 'state' | 'code' | 'numbers'> {
  const [state, code] = text.split(':') as [MemberState, string | undefined];
  return { state, ...(code === undefined ? { code, numbers: undefined } : parseFailure(code)) };
}
