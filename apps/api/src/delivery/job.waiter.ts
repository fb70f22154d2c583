import { Injectable } from '@nestjs/common';
import type { JobRecord } from '#broker/job.record.js';
import type { JobId } from '#contracts/job.id.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { ApiContext } from '../api.context.js';

const RETRY_MS = 250;

/** When a wait ends without its condition: after `timeoutMs`, or when `signal` says the client has gone. */
export interface WaitLimits {
  timeoutMs: number;
  signal: AbortSignal;
}

/** Long-polls: waits on a job's channel and reads its record at each notice. */
@Injectable()
export class JobWaiter {
  constructor(private readonly context: ApiContext) {}

  /** Longest wait a client may ask for, in seconds. */
  get maxWaitS(): number {
    return this.context.settings.MAX_WAIT_S;
  }

  /**
   * The record as soon as `enough` holds of it, else as it stands when the wait ends.
   * @throws Problem `job-not-found` when there was no record to begin with
   * @throws Problem `queue-lost` when it vanished while waiting
   * @throws Problem `broker-unavailable` when Redis is away and the time is up
   */
  async until(
    id: JobId,
    enough: (record: JobRecord) => boolean,
    { timeoutMs, signal }: WaitLimits,
  ): Promise<JobRecord> {
    const { watcher } = this.context.broker;
    const ends = AbortSignal.any([signal, this.context.stopping, AbortSignal.timeout(timeoutMs)]);
    const bell = new Bell(ends);
    const unwatch = timeoutMs > 0 ? await watcher.watch(id, () => bell.ring()) : () => undefined;
    try {
      for (let known = false; ; known = true) {
        const record = await this.read(id, ends);
        if (record === undefined) throw new Problem(known ? 'queue-lost' : 'job-not-found');
        if (timeoutMs === 0 || enough(record) || ends.aborted) return record;
        await bell.rung();
      }
    } finally {
      unwatch();
    }
  }

  /** Reads on through an outage of Redis for as long as the wait lasts. */
  private async read(id: JobId, ends: AbortSignal): Promise<JobRecord | undefined> {
    for (;;) {
      try {
        return await this.context.broker.jobs.read(id);
      } catch (error) {
        if (ends.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}

/** Remembers a ring until somebody listens; an ended wait rings too. */
class Bell {
  private pending = false;
  private wake: (() => void) | undefined;

  constructor(private readonly ends: AbortSignal) {
    ends.addEventListener('abort', () => this.ring(), { once: true });
  }

  ring(): void {
    this.pending = true;
    this.wake?.();
  }

  async rung(): Promise<void> {
    if (!this.pending && !this.ends.aborted) await new Promise<void>((resolve) => (this.wake = resolve));
    this.pending = false;
    this.wake = undefined;
  }
}
