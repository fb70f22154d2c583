import type { Redis } from 'ioredis';
import type { FailureNumbers } from '#contracts/failure-numbers.js';
import type { JobId } from '#contracts/job-id.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import type { BrokerObserver } from './broker-observer.js';
import { CANCEL_CHANNEL, inputKey, outputKey } from '../redis/redis-keys.js';
import type { JobQueue } from '../queue/job-queue.js';
import type { JobRecord } from '../records/job-record.js';
import type { JobStore } from './job.store.js';
import { shardUnavailable } from '../payload/payload-shard.js';
import type { PayloadShards } from '../payload/payload-shards.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** Parts of the broker that a purge uses. */
export interface PurgeParts {
  jobs: JobStore;
  queue: JobQueue;
  control: Redis;
  payloads: PayloadShards;
  observer?: BrokerObserver;
}

/**
 * Deletes user data; no other class does. Every job ends here, in three steps: its record becomes a tombstone, which
 * deletes the wrapped keys and releases the reservation; its payload is unlinked; the tombstone records the deletion. What a
 * crash leaves between these steps cannot be decrypted; the sweeper, or the next request for the job, completes the purge.
 */
export class JobPurge {
  constructor(private readonly parts: PurgeParts) {}

  /** The result was delivered to the reader with `lease`. */
  async delivered(id: JobId, lease: string): Promise<boolean> {
    return this.finish(id, await this.parts.jobs.end(id, 'deliver', { fence: ['lease', lease] }));
  }

  /** The job failed; `attempt` is the fence of a worker. */
  async failed(id: JobId, code: ProblemCode, attempt?: number, numbers?: FailureNumbers): Promise<boolean> {
    const fence = attempt === undefined ? {} : { fence: ['attempt', String(attempt)] as const };
    return this.finish(id, await this.parts.jobs.end(id, 'fail', { code, numbers, ...fence }));
  }

  /** No worker has started the job in time. False when one has, or the job has ended. */
  async unstarted(id: JobId): Promise<boolean> {
    const tombstone = await this.parts.jobs.end(id, 'miss', { code: 'not-started-in-time' });
    return this.stopped(id, tombstone);
  }

  /**
   * The payload of the job was lost with its shard. Cancels a running attempt. The purge is complete once the shard cannot
   * have any of it.
   */
  async markLost(id: JobId): Promise<void> {
    const tombstone = await this.parts.jobs.end(id, 'lose', { code: 'queue-lost' });
    if (tombstone === undefined) return;
    await this.unlink(tombstone);
    await this.cancelRunning(id);
  }

  /** The client cancelled the job or disconnected. Cancels a running attempt. */
  async cancelled(id: JobId): Promise<boolean> {
    return this.stopped(id, await this.parts.jobs.end(id, 'cancel'));
  }

  /**
   * The upload failed. Its payload is unlinked whatever the state of the record, because the upload may have continued after
   * the end of the job.
   */
  async uploadFailed(id: JobId, { incarnation }: Pick<JobRecord, 'incarnation'>): Promise<void> {
    const { jobs, payloads } = this.parts;
    const ending = jobs.end(id, 'cancel');
    const tombstone = await ending.catch(() => undefined);
    if (tombstone !== undefined) {
      await this.unlink(tombstone);
      await this.cancelRunning(id);
      return;
    }
    const keys = await payloads.remove({ incarnation }, [inputKey(id)]);
    // The record may still be open: the caller has to come back when Redis can be reached.
    await ending;
    if (keys > 0) await jobs.recordDeletion(id, { keys, complete: true });
    await this.completed(id);
  }

  /** The deadline passed, or the last delivery, which had `lease`, broke. */
  async expired(id: JobId, lease?: string): Promise<boolean> {
    const fence = lease === undefined ? {} : { fence: ['lease', lease] as const };
    return this.stopped(id, await this.parts.jobs.end(id, 'expire', fence));
  }

  /** Deletes the input of a job with a committed result. If its shard is unreachable, it is deleted with the job. */
  async input(record: JobRecord): Promise<void> {
    const keys = await this.removed(record, [inputKey(record.id)]);
    if (keys !== undefined) await this.parts.jobs.recordDeletion(record.id, { keys, complete: false });
  }

  /** Deletes the output of an attempt that lost its fence. */
  async output({ id, incarnation, attempt }: JobRecord): Promise<void> {
    await this.parts.payloads.remove({ incarnation }, [outputKey(id, attempt)]);
  }

  /** Completes the purge of a job that has ended. False when its shard is unreachable. */
  async completed(id: JobId): Promise<boolean> {
    const record = await this.parts.jobs.read(id);
    return record?.endedAt === undefined || record.purgedAt !== undefined || this.unlink(record);
  }

  /** @throws Problem `broker-unavailable` when the job has ended and its shard is unreachable; it is purged later */
  private async stopped(id: JobId, tombstone: JobRecord | undefined): Promise<boolean> {
    const isGone = tombstone === undefined ? await this.completed(id) : await this.unlink(tombstone);
    if (tombstone !== undefined) await this.cancelRunning(id);
    if (!isGone) throw shardUnavailable();
    return tombstone !== undefined;
  }

  /** Removes the job from the queue and cancels a running attempt. */
  private async cancelRunning(id: JobId): Promise<void> {
    await this.parts.queue.discard(id);
    await mapRedisErrors(() => this.parts.control.publish(CANCEL_CHANNEL, id));
  }

  /** True when this call ended the job. */
  private async finish(id: JobId, tombstone: JobRecord | undefined): Promise<boolean> {
    if (tombstone === undefined) await this.completed(id);
    else await this.unlink(tombstone);
    return tombstone !== undefined;
  }

  /** False when the shard is unreachable: the sweeper, or a request for the receipt, retries. */
  private async unlink(record: JobRecord): Promise<boolean> {
    const { id, attempt } = record;
    const outputs = Array.from({ length: attempt }, (_, i) => outputKey(id, i + 1));
    const keys = await this.removed(record, [inputKey(id), ...outputs]);
    if (keys === undefined) return false;
    const tombstone = await this.parts.jobs.recordDeletion(id, { keys, complete: true });
    if (tombstone !== undefined) this.parts.observer?.purged(tombstone);
    return true;
  }

  /** Number of deleted keys; undefined when the shard does not answer. */
  private async removed({ incarnation }: JobRecord, keys: readonly string[]): Promise<number | undefined> {
    try {
      return await this.parts.payloads.remove({ incarnation }, keys);
    } catch (error) {
      if (incarnation === undefined) throw error;
      return undefined;
    }
  }
}
