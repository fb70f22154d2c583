import type { JobId } from '#contracts/job.id.js';
import type { JobPurge } from './job.purge.js';
import type { JobStore } from './job.store.js';
import type { PayloadShards } from './payload.shards.js';

const SWEEP_EVERY_MS = 1000;
const MOST_A_SWEEP = 200;

/** A purge that a shard holds up is tried again after this: it must not hold up the others. */
const PURGE_AGAIN_MS = 5000;

/**
 * Settles jobs whose time has run out: a reader that fell silent gives the result back while it may be read
 * again, a purge that was cut short is finished, a job whose shard is lost fails, everything else expires. Safe to run
 * in any number of processes. Redis' own expiry stands behind it.
 */
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly jobs: JobStore,
    private readonly purge: JobPurge,
    private readonly maxDeliveries: number,
    private readonly payloads: Pick<PayloadShards, 'lost'>,
  ) {}

  /** Sweeps once a second until stopped. */
  start(): void {
    this.timer ??= setInterval(() => {
      this.running = this.sweep().catch(() => undefined);
    }, SWEEP_EVERY_MS);
  }

  /** Stops and waits for a sweep under way. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.running;
  }

  /** Settles everything due now. Returns how many jobs that were. */
  async sweep(): Promise<number> {
    await this.giveUpLost();
    const due = await this.jobs.due(MOST_A_SWEEP);
    for (const id of due) await this.settle(id).catch(() => this.jobs.postpone(id, PURGE_AGAIN_MS));
    return due.length;
  }

  private async giveUpLost(): Promise<void> {
    for (const seat of this.payloads.lost()) {
      for (const id of await this.jobs.onSeat(seat)) await this.purge.lost(id);
    }
  }

  private async settle(id: JobId): Promise<void> {
    const record = await this.jobs.read(id);
    if (record?.endedAt !== undefined) {
      if (!(await this.purge.completed(id))) await this.jobs.postpone(id, PURGE_AGAIN_MS);
    } else if (record?.state === 'delivering' && record.deliveries < this.maxDeliveries) {
      await this.jobs.release(id);
    } else {
      await this.purge.expired(id);
    }
  }
}
