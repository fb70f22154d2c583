import type { Redis } from 'ioredis';
import type { BatchId } from '#contracts/batch-id.js';
import {
  isLost,
  MEMBER_STATES,
  type BatchCounts,
  type BatchState,
  type MemberState,
} from '#contracts/batch-view.js';
import type { JobId } from '#contracts/job-id.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import { BATCH_BOOKS } from './batch-script.js';
import { BATCH_PARTS, BATCHED_KEY, batchKey } from '../redis/redis-keys.js';
import { fieldsOf } from '../records/job-record.js';
import type { Lifetimes } from '../records/lifetimes.js';
import { failureCode, mapRedisErrors, mapRedisReadErrors } from '../redis/redis-errors.js';

/**
 * Opens a batch, closes it, or ends it, which leaves only that it was cancelled.
 *
 * KEYS  1 batched (hash), 2 … all keys of the batch, its own hash first
 * ARGV  1 batch  2 'open' | 'close' | 'cancel'  3 lifetime of a batch in which nothing happens, ms
 *       4 lifetime of one that is over, ms
 * RETURNS {field, value, …} of the batch after the change; {} when there is none, or, opening, when there is one
 */
const MOVE = `
local BATCHED = KEYS[1]
${BATCH_BOOKS}
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local there = redis.call('EXISTS', KEYS[2]) == 1
if there == (ARGV[2] == 'open') then return {} end
if ARGV[2] == 'open' then
  redis.call('HSET', KEYS[2], 'open', 1, 'total', 0, 'createdAt', now, 'lifeMs', ARGV[3], 'restMs', ARGV[4])
elseif ARGV[2] == 'cancel' then
  for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
  redis.call('HSET', KEYS[2], 'open', 0, 'living', 0, 'cancelled', 1)
elseif redis.call('HGET', KEYS[2], 'open') == '1' then
  redis.call('HSET', KEYS[2], 'open', 0)
else
  return redis.call('HGETALL', KEYS[2])
end
changed(ARGV[1], now, nextVersion(ARGV[1]))
return redis.call('HGETALL', KEYS[2])`;

interface BatchRedis extends Redis {
  rbBatchMove(...args: (string | number)[]): Promise<string[]>;
}

/** What Redis knows of a batch: counts and times in ms since the epoch by Redis' clock. */
export interface BatchRecord {
  id: BatchId;
  status: BatchState;
  /** Grows with each change. */
  version: number;
  createdAt: number;
  /** When it is forgotten unless something happens. */
  expiresAt: number;
  counts: BatchCounts;
}

/** An image of a batch, as it stands now. */
export interface BatchMember {
  jobId: JobId;
  state: MemberState;
  /** Why it failed. */
  code: ProblemCode | undefined;
  /** Its sealed entry. */
  box: string;
  /** Version of the batch in which it changed last. */
  version: number;
}

/** An image that was found by its name. */
export type FoundMember = Omit<BatchMember, 'version'>;

/** Which images to list: all, those with a result to fetch, or those that ended without one. */
export type MemberList = 'changes' | 'ready' | 'lost';

/**
 * Batches of jobs. What happens to their jobs is noted by the scripts that change jobs; here a batch is opened, closed,
 * cancelled, and read. @throws Problem `broker-unavailable`, all methods
 */
export class BatchStore {
  private readonly redis: BatchRedis;

  constructor(
    redis: Redis,
    private readonly lifetimes: Lifetimes,
  ) {
    redis.defineCommand('rbBatchMove', { numberOfKeys: 1 + BATCH_PARTS.length, lua: MOVE });
    this.redis = redis as BatchRedis;
  }

  /** Opens a batch. Undefined when it is there already. */
  open(id: BatchId): Promise<BatchRecord | undefined> {
    return this.move(id, 'open');
  }

  /** Lets no more images in. Undefined when there is no such batch. */
  close(id: BatchId): Promise<BatchRecord | undefined> {
    return this.move(id, 'close');
  }

  /** Forgets all images of a batch; their jobs are the caller's to end. Undefined when there is no such batch. */
  cancel(id: BatchId): Promise<BatchRecord | undefined> {
    return this.move(id, 'cancel');
  }

  /** Undefined when there is no such batch. */
  async read(id: BatchId): Promise<BatchRecord | undefined> {
    return parseBatch(id, await mapRedisReadErrors(() => this.redis.hgetall(batchKey(id))));
  }

  /** Images on a list that changed after `version`, in the order of their last changes; at most `most`. */
  async members(
    id: BatchId,
    list: MemberList,
    from: { version: number; most: number },
  ): Promise<BatchMember[]> {
    return mapRedisReadErrors(async () => {
      const after = `(${from.version}`;
      const key = batchKey(id, `:${list}`);
      const found = await this.redis.zrangebyscore(key, after, '+inf', 'WITHSCORES', 'LIMIT', 0, from.most);
      const versions = Object.entries(fieldsOf(found)) as [JobId, string][];
      if (versions.length === 0) return [];
      const fields = versions.flatMap(([jobId]) => [`is:${jobId}`, `of:${jobId}`]);
      const values = await this.redis.hmget(batchKey(id, ':members'), ...fields);
      return versions.flatMap(([jobId, version], i) => {
        const [is, box] = [values[2 * i], values[2 * i + 1]];
        return is && box ? [{ jobId, ...parseState(is), box, version: Number(version) }] : [];
      });
    });
  }

  /** The image of that name, unless there is none, or it ended without a result: another may take its place then. */
  async find(id: BatchId, name: string): Promise<FoundMember | undefined> {
    return mapRedisReadErrors(async () => {
      const jobId = (await this.redis.hget(batchKey(id, ':members'), `by:${name}`)) as JobId | null;
      if (jobId === null) return undefined;
      const [is, box] = await this.redis.hmget(batchKey(id, ':members'), `is:${jobId}`, `of:${jobId}`);
      const found = is && box ? { jobId, ...parseState(is), box } : undefined;
      return found === undefined || isLost(found.state) ? undefined : found;
    });
  }

  private async move(id: BatchId, how: 'open' | 'close' | 'cancel'): Promise<BatchRecord | undefined> {
    const keys = [BATCHED_KEY, ...BATCH_PARTS.map((part) => batchKey(id, part))];
    const { batchMs, tombstoneMs } = this.lifetimes;
    const fields = await mapRedisErrors(() => this.redis.rbBatchMove(...keys, id, how, batchMs, tombstoneMs));
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
  };
}

function statusOf(fields: Record<string, string>): BatchState {
  if (fields['cancelled'] !== undefined) return 'cancelled';
  if (fields['open'] === '1') return 'open';
  return Number(fields['living'] ?? 0) > 0 ? 'closed' : 'complete';
}

function parseState(text: string): Pick<BatchMember, 'state' | 'code'> {
  const [state, code] = text.split(':') as [MemberState, string | undefined];
  return { state, code: code === undefined ? undefined : failureCode(code) };
}
