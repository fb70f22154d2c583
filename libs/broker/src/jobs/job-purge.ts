import type { Redis } from 'ioredis';
import type { JobId } from '#contracts/job-id.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import type { BrokerObserver } from './broker-observer.js';
import { CANCEL_CHANNEL, inputKey, outputKey } from '../redis/redis-keys.js';
import type { JobQueue } from '../queue/job-queue.js';
import type { JobRecord } from '../records/job-record.js';
import type { JobStore } from './job.store.js';
import { away } from '../payload/payload-shard.js';
import type { PayloadShards } from '../payload/payload-shards.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** The connections and stores a purge acts on. */
export interface PurgeParts {
  jobs: JobStore;
  queue: JobQueue;
  control: Redis;
  payloads: PayloadShards;
  observer?: BrokerObserver;
}

/**
 * Sole remover of user data. A job ends here and nowhere else: first its record turns into a tombstone, which
 * deletes the wrapped keys and gives the reserved memory back; then its bytes are unlinked; then the tombstone
 * notes that they are gone. Whatever a crash leaves between these steps cannot be opened any more; the sweeper, or
 * whoever next wants that job purged or its receipt, finishes it.
 */
export class JobPurge {
  constructor(private readonly parts: PurgeParts) {}

  /** The result has been written to its reader, who held `lease`. */
  async delivered(id: JobId, lease: string): Promise<boolean> {
    return this.finish(id, await this.parts.jobs.end(id, 'deliver', { fence: ['lease', lease] }));
  }

  /** The work failed; `attempt` fences a worker that came back from the dead. */
  async failed(id: JobId, code: ProblemCode, attempt?: number): Promise<boolean> {
    const fence = attempt === undefined ? {} : { fence: ['attempt', String(attempt)] as const };
    return this.finish(id, await this.parts.jobs.end(id, 'fail', { code, ...fence }));
  }

  /**
   * Its payload went with the shard that had it. Running work is told to stop. The purge is finished once nothing can
   * be left there either.
   */
  async lost(id: JobId): Promise<void> {
    const tombstone = await this.parts.jobs.end(id, 'lose', { code: 'queue-lost' });
    if (tombstone === undefined) return;
    await this.unlink(tombstone);
    await this.cancelRunning(id);
  }

  /** The client gave the job up, or vanished. Running work is told to stop. */
  async cancelled(id: JobId): Promise<boolean> {
    return this.stopped(id, await this.parts.jobs.end(id, 'cancel'));
  }

  /**
   * Its upload came to nothing. Whatever the record says, and also when Redis has lost it, what was written is unlinked:
   * the upload may have gone on after the job had ended.
   */
  async uploadFailed(id: JobId, { seat }: Pick<JobRecord, 'seat'>): Promise<void> {
    const { jobs, payloads } = this.parts;
    const ending = jobs.end(id, 'cancel');
    const tombstone = await ending.catch(() => undefined);
    if (tombstone !== undefined) {
      await this.unlink(tombstone);
      await this.cancelRunning(id);
      return;
    }
    const keys = await payloads.remove({ seat }, [inputKey(id)]);
    // The record may still be open: the caller has to come back when Redis can be reached.
    await ending;
    if (keys > 0) await jobs.recordDeletion(id, { keys, all: true });
    await this.completed(id);
  }

  /** Its time ran out, or the last of its deliveries, which held `lease`, broke. */
  async expired(id: JobId, lease?: string): Promise<boolean> {
    const fence = lease === undefined ? {} : { fence: ['lease', lease] as const };
    return this.stopped(id, await this.parts.jobs.end(id, 'expire', fence));
  }

  /** The upload was committed to a result: the input is no longer needed. One out of reach goes with the job. */
  async input(record: JobRecord): Promise<void> {
    const keys = await this.removed(record, [inputKey(record.id)]);
    if (keys !== undefined) await this.parts.jobs.recordDeletion(record.id, { keys, all: false });
  }

  /** An attempt that lost its fence takes its own output back. */
  async output({ id, seat, attempt }: JobRecord): Promise<void> {
    await this.parts.payloads.remove({ seat }, [outputKey(id, attempt)]);
  }

  /** Finishes the purge of a job that has ended, if that was cut short. False when its bytes are out of reach. */
  async completed(id: JobId): Promise<boolean> {
    const record = await this.parts.jobs.read(id);
    return record?.endedAt === undefined || record.purgedAt !== undefined || this.unlink(record);
  }

  /** @throws Problem `broker-unavailable` when the job is over and its bytes are out of reach: it is purged later */
  private async stopped(id: JobId, tombstone: JobRecord | undefined): Promise<boolean> {
    const isGone = tombstone === undefined ? await this.completed(id) : await this.unlink(tombstone);
    if (tombstone !== undefined) await this.cancelRunning(id);
    if (!isGone) throw away();
    return tombstone !== undefined;
  }

  /** Nobody needs to begin with it any more, nor to go on. */
  private async cancelRunning(id: JobId): Promise<void> {
    await this.parts.queue.discard(id);
    await mapRedisErrors(() => this.parts.control.publish(CANCEL_CHANNEL, id));
  }

  /** True when the job ended by this very call. */
  private async finish(id: JobId, tombstone: JobRecord | undefined): Promise<boolean> {
    if (tombstone === undefined) await this.completed(id);
    else await this.unlink(tombstone);
    return tombstone !== undefined;
  }

  /** False when the bytes are out of reach: the sweeper, or whoever asks for the receipt, tries again. */
  private async unlink(record: JobRecord): Promise<boolean> {
    const { id, attempt } = record;
    const outputs = Array.from({ length: attempt }, (_, i) => outputKey(id, i + 1));
    const keys = await this.removed(record, [inputKey(id), ...outputs]);
    if (keys === undefined) return false;
    const tombstone = await this.parts.jobs.recordDeletion(id, { keys, all: true });
    if (tombstone !== undefined) this.parts.observer?.purged(tombstone);
    return true;
  }

  /** How many keys there were; undefined when the shard that may have them does not answer. */
  private async removed({ seat }: JobRecord, keys: readonly string[]): Promise<number | undefined> {
    try {
      return await this.parts.payloads.remove({ seat }, keys);
    } catch (error) {
      if (seat === undefined) throw error;
      return undefined;
    }
  }
}
