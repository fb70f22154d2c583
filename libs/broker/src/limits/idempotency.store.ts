import type { Redis } from 'ioredis';
import { idempotencyKey } from '../redis/redis-keys.js';
import { fieldsOf } from '../records/job-record.js';
import { EXPIRY_MARGIN_MS, type Lifetimes } from '../records/lifetimes.js';
import { defineScript, type RunScript } from '../redis/lua-scripts.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** A submission with an `Idempotency-Key`. It does not name the job, whose id follows from its token. */
export interface IdempotencyEntry {
  /** Keyed hash of the client and its `Idempotency-Key`. */
  name: string;
  /** Input of the derivation of the job's token, beside secrets that are not stored. */
  salt: string;
  /** Fingerprint of the upload; undefined until it is complete. */
  fingerprint: string | undefined;
}

/** Idempotency entries, shared by all API instances. @throws Problem `broker-unavailable`, all methods */
export class IdempotencyStore {
  private readonly openEntry: RunScript<object, string[]>;
  private readonly closeEntry: RunScript<object, 0 | 1>;

  constructor(
    redis: Redis,
    private readonly lifetimes: Lifetimes,
  ) {
    this.openEntry = defineScript(redis, 'open-idempotency-entry');
    this.closeEntry = defineScript(redis, 'close-idempotency-entry');
  }

  /**
   * Creates an entry with the lifetime of an upload. `isNew` is true for one caller; others get the existing entry.
   */
  async open(name: string, salt: string): Promise<{ entry: IdempotencyEntry; isNew: boolean }> {
    const lifetimeMs = this.lifetimes.uploadMs + EXPIRY_MARGIN_MS;
    const existing = fieldsOf(
      await mapRedisErrors(() => this.openEntry([idempotencyKey(name)], { salt, lifetimeMs })),
    );
    const isNew = existing['salt'] === undefined;
    return { isNew, entry: { name, salt: existing['salt'] ?? salt, fingerprint: existing['print'] } };
  }

  /** Records the fingerprint of the upload. From then on the entry has the maximum lifetime of a job. */
  async complete({ name, salt }: IdempotencyEntry, fingerprint: string): Promise<void> {
    const { queueMs, workMs, resultMs } = this.lifetimes;
    const lifetimeMs = queueMs + workMs + resultMs;
    await mapRedisErrors(() => this.closeEntry([idempotencyKey(name)], { salt, fingerprint, lifetimeMs }));
  }

  /** Deletes the entry of a submission that failed, or whose job is no longer known. */
  async forget({ name, salt }: IdempotencyEntry): Promise<void> {
    await mapRedisErrors(() => this.closeEntry([idempotencyKey(name)], { salt, lifetimeMs: 0 }));
  }
}
