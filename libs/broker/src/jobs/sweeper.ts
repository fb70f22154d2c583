import type { JobId } from '#contracts/job-id.js';
import { noopObserver, type BrokerObserver } from './broker-observer.js';
import type { JobPurge } from './job-purge.js';
import type { JobStore } from './job.store.js';
import type { PayloadShards } from '../payload/payload-shards.js';

const SWEEP_INTERVAL_MS = 1000;
const MAX_JOBS_PER_SWEEP = 200;

/** When the purge of a job on an unreachable shard is retried, so that it does not delay others. */
const PURGE_RETRY_MS = 5000;

/** Parts of the broker that a sweeper uses. */
export interface SweeperParts {
  jobs: JobStore;
  purge: JobPurge;
  payloads: Pick<PayloadShards, 'lostIncarnations'>;
  observer?: BrokerObserver;
}

/**
 * Handles jobs whose deadline has passed. A result whose reader stopped renewing its lease is returned while deliveries
 * remain; an unfinished purge is completed; a job whose shard is lost fails; all other jobs expire. Any number of processes
 * may run it. Redis' key expiry is the fallback.
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
    }, SWEEP_INTERVAL_MS);
  }

  /** Stops, and waits for a running sweep. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.running;
  }

  /** Handles all jobs that are due now. Returns their number. */
  async sweep(): Promise<number> {
    const { jobs } = this.parts;
    await this.failLost();
    const due = await jobs.expired(MAX_JOBS_PER_SWEEP);
    for (const id of due) await this.handle(id).catch(() => jobs.postpone(id, PURGE_RETRY_MS));
    return due.length;
  }

  private async failLost(): Promise<void> {
    const { jobs, purge, payloads } = this.parts;
    for (const incarnation of payloads.lostIncarnations()) {
      for (const id of await jobs.jobsOn(incarnation)) await purge.markLost(id);
    }
  }

  private async handle(id: JobId): Promise<void> {
    const { jobs, purge, observer = noopObserver } = this.parts;
    const record = await jobs.read(id);
    if (record?.endedAt !== undefined) {
      if (await purge.completed(id)) observer.swept('completed');
      else await jobs.postpone(id, PURGE_RETRY_MS);
    } else if (record?.state === 'delivering' && record.deliveries < this.maxDeliveries) {
      await jobs.release(id);
      observer.swept('released');
    } else {
      await purge.expired(id);
      observer.swept('expired');
    }
  }
}
