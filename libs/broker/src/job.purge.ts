import type { Redis } from 'ioredis';
import type { JobId } from '#contracts/job.id.js';
import type { ProblemCode } from '#contracts/problem.catalogue.js';
import type { BrokerObserver } from './broker.observer.js';
import { CANCEL_CHANNEL, inputKey, outputKey } from './broker.keys.js';
import type { JobQueue } from './job.queue.js';
import type { JobRecord } from './job.record.js';
import type { JobStore } from './job.store.js';
import { guarded } from './redis.failure.js';

/** The connections and stores a purge acts on. */
export interface PurgeParts {
  jobs: JobStore;
  queue: JobQueue;
  control: Redis;
  payload: Redis;
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

  /** The client gave the job up, or vanished. Running work is told to stop. */
  async cancelled(id: JobId): Promise<boolean> {
    return this.stopped(id, await this.parts.jobs.end(id, 'cancel'));
  }

  /** Its time ran out. */
  async expired(id: JobId): Promise<boolean> {
    return this.stopped(id, await this.parts.jobs.end(id, 'expire'));
  }

  /** The upload was committed to a result: the input is no longer needed. */
  async input(id: JobId): Promise<void> {
    const keys = await guarded(() => this.parts.payload.unlink(inputKey(id)));
    await this.parts.jobs.noteRemoved(id, { keys, all: false });
  }

  /** An attempt that lost its fence takes its own output back. */
  async output(id: JobId, attempt: number): Promise<void> {
    await guarded(() => this.parts.payload.unlink(outputKey(id, attempt)));
  }

  /** Finishes the purge of a job that has ended, if that was cut short. */
  async completed(id: JobId): Promise<void> {
    const record = await this.parts.jobs.read(id);
    if (record?.endedAt !== undefined && record.purgedAt === undefined) await this.unlink(record);
  }

  private async stopped(id: JobId, tombstone: JobRecord | undefined): Promise<boolean> {
    if (!(await this.finish(id, tombstone))) return false;
    await this.parts.queue.discard(id);
    await guarded(() => this.parts.control.publish(CANCEL_CHANNEL, id));
    return true;
  }

  /** True when the job ended by this very call. */
  private async finish(id: JobId, tombstone: JobRecord | undefined): Promise<boolean> {
    if (tombstone === undefined) await this.completed(id);
    else await this.unlink(tombstone);
    return tombstone !== undefined;
  }

  private async unlink({ id, attempt }: JobRecord): Promise<void> {
    const outputs = Array.from({ length: attempt }, (_, i) => outputKey(id, i + 1));
    const keys = await guarded(() => this.parts.payload.unlink(inputKey(id), ...outputs));
    const tombstone = await this.parts.jobs.noteRemoved(id, { keys, all: true });
    if (tombstone !== undefined) this.parts.observer?.purged(tombstone);
  }
}
