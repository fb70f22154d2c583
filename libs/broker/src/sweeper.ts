import type { JobId } from '#contracts/job.id.js';
import { NOBODY, type BrokerObserver } from './broker.observer.js';
import type { JobPurge } from './job.purge.js';
import type { JobStore } from './job.store.js';

const SWEEP_EVERY_MS = 1000;
const MOST_A_SWEEP = 200;

/**
 * Settles jobs whose time has run out: a reader that fell silent gives the result back while it may be read
 * again, a purge that was cut short is finished, everything else expires. Safe to run in any number of processes. Redis' own expiry stands behind it.
 */
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly jobs: JobStore,
    private readonly purge: JobPurge,
    private readonly maxDeliveries: number,
    private readonly observer: BrokerObserver = NOBODY,
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
    const due = await this.jobs.due(MOST_A_SWEEP);
    for (const id of due) await this.settle(id);
    return due.length;
  }

  private async settle(id: JobId): Promise<void> {
    const record = await this.jobs.read(id);
    if (record?.endedAt !== undefined) {
      await this.purge.completed(id);
      this.observer.swept('completed');
    } else if (record?.state === 'delivering' && record.deliveries < this.maxDeliveries) {
      await this.jobs.release(id);
      this.observer.swept('released');
    } else {
      await this.purge.expired(id);
      this.observer.swept('expired');
    }
  }
}
