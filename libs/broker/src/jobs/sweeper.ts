import type { JobId } from '#contracts/job-id.js';
import { NOBODY, type BrokerObserver } from './broker-observer.js';
import type { JobPurge } from './job-purge.js';
import type { JobStore } from './job.store.js';
import type { PayloadShards } from '../payload/payload-shards.js';

const SWEEP_EVERY_MS = 1000;
const MAX_A_SWEEP = 200;

/** A purge that a shard holds up is tried again after this: it must not hold up the others. */
const PURGE_AGAIN_MS = 5000;

/** What a sweeper works with. */
export interface SweeperParts {
  jobs: JobStore;
  purge: JobPurge;
  payloads: Pick<PayloadShards, 'lost'>;
  observer?: BrokerObserver;
}

/**
 * Settles jobs whose time has run out: a reader that fell silent gives the result back while it may be read
 * again, a purge that was cut short is finished, a job whose shard is lost fails, everything else expires. Safe to run
 * in any number of processes. Redis' own expiry stands behind it.
 */
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly parts: SweeperParts,
    private readonly maxDeliveries: number,
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
    const { jobs } = this.parts;
    await this.giveUpLost();
    const due = await jobs.due(MAX_A_SWEEP);
    for (const id of due) await this.settle(id).catch(() => jobs.postpone(id, PURGE_AGAIN_MS));
    return due.length;
  }

  private async giveUpLost(): Promise<void> {
    const { jobs, purge, payloads } = this.parts;
    for (const seat of payloads.lost()) {
      for (const id of await jobs.jobsOn(seat)) await purge.lost(id);
    }
  }

  private async settle(id: JobId): Promise<void> {
    const { jobs, purge, observer = NOBODY } = this.parts;
    const record = await jobs.read(id);
    if (record?.endedAt !== undefined) {
      if (await purge.completed(id)) observer.swept('completed');
      else await jobs.postpone(id, PURGE_AGAIN_MS);
    } else if (record?.state === 'delivering' && record.deliveries < this.maxDeliveries) {
      await jobs.release(id);
      observer.swept('released');
    } else {
      await purge.expired(id);
      observer.swept('expired');
    }
  }
}
