import type { Redis } from 'ioredis';
import { idempotencyKey } from '../redis/redis-keys.js';
import { fieldsOf } from '../records/job-record.js';
import { EXPIRY_MARGIN_MS, type Lifetimes } from '../records/lifetimes.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/**
 * Opens an entry unless there is one.
 *
 * KEYS  1 entry (hash)
 * ARGV  1 salt  2 lifetime ms
 * RETURNS {} when the entry is new, else {field, value, …} as it stands
 */
const OPEN = `
local there = redis.call('HGETALL', KEYS[1])
if #there > 0 then return there end
redis.call('HSET', KEYS[1], 'salt', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {}`;

/**
 * Completes or removes an entry, if it is still the one with this salt.
 *
 * KEYS  1 entry (hash)
 * ARGV  1 salt  2 fingerprint, or '' to remove the entry  3 lifetime ms
 * RETURNS 1, or 0 when the entry is another or gone
 */
const CLOSE = `
if redis.call('HGET', KEYS[1], 'salt') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) return 1 end
redis.call('HSET', KEYS[1], 'print', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`;

interface RetryRedis extends Redis {
  rbOpenRetry(key: string, salt: string, lifetimeMs: number): Promise<string[]>;
  rbCloseRetry(key: string, salt: string, print: string, lifetimeMs: number): Promise<0 | 1>;
}

/** What is known of a submission that may be repeated. The job itself is not named: its id follows from its token. */
export interface IdempotencyEntry {
  /** Keyed hash of who submits and their `Idempotency-Key`. */
  name: string;
  /** What the job's token follows from, besides secrets that are not here. */
  salt: string;
  /** Fingerprint of the upload; undefined until that is complete. */
  print: string | undefined;
}

/** Submissions that are not to be done twice, shared by all API instances. */
export class IdempotencyStore {
  private readonly redis: RetryRedis;

  constructor(
    redis: Redis,
    private readonly lifetimes: Lifetimes,
  ) {
    redis.defineCommand('rbOpenRetry', { numberOfKeys: 1, lua: OPEN });
    redis.defineCommand('rbCloseRetry', { numberOfKeys: 1, lua: CLOSE });
    this.redis = redis as RetryRedis;
  }

  /**
   * Opens an entry for as long as an upload may take. `isNew` is true for one caller; every other gets the entry as
   * it stands. @throws Problem `broker-unavailable`
   */
  async open(name: string, salt: string): Promise<{ entry: IdempotencyEntry; isNew: boolean }> {
    const lifetimeMs = this.lifetimes.uploadMs + EXPIRY_MARGIN_MS;
    const there = fieldsOf(
      await mapRedisErrors(() => this.redis.rbOpenRetry(idempotencyKey(name), salt, lifetimeMs)),
    );
    const isNew = there['salt'] === undefined;
    return { isNew, entry: { name, salt: there['salt'] ?? salt, print: there['print'] } };
  }

  /** Notes what the upload was. The entry lives no longer than a job can: to wait, to be worked on, to be fetched. */
  async complete({ name, salt }: IdempotencyEntry, print: string): Promise<void> {
    const { queueMs, workMs, resultMs } = this.lifetimes;
    const lifetimeMs = queueMs + workMs + resultMs;
    await mapRedisErrors(() => this.redis.rbCloseRetry(idempotencyKey(name), salt, print, lifetimeMs));
  }

  /** Forgets an entry whose submission came to nothing, or whose job is no longer known. */
  async forget({ name, salt }: IdempotencyEntry): Promise<void> {
    await mapRedisErrors(() => this.redis.rbCloseRetry(idempotencyKey(name), salt, '', 0));
  }
}
