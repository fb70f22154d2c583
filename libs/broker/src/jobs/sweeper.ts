import type { JobId } from '#contracts/job-id.js';
import { noopObserver, type BrokerObserver } from './broker-observer.js';
import type { JobPurge } from './job-purge.js';
import type { JobStore } from './job.store.js';
import type { PayloadShards } from '../payload/payload-shards.js';

const SWEEP_INTERVAL_MS = 1000;
const JOBS_AT_A_TIME = 100;
const MAX_ROUNDS = 100;

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
 * remain; an unfinished purge is completed; a job whose shard is lost fails, and so does one that promised to start in time;
 * all other jobs expire. Any number of processes
 * may run it. Redis' key expiry is the fallback.
 */
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly parts: SweeperParts,
    private readonly maxDeliveries: number,
  ) {}

  /** Sweeps once a second until stopped, unless a sweep takes longer. */
  start(): void {
    let isSweeping = false;
    this.timer ??= setInterval(() => {
      if (isSweeping) return;
      isSweeping = true;
      this.running = this.sweep()
        .catch(() => undefined)
        .finally(() => (isSweeping = false));
    }, SWEEP_INTERVAL_MS);
  }

  /** Stops, and waits for a running sweep. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.running;
  }

  /** Handles the jobs that are due now, up to ten thousand. Returns their number. */
  async sweep(): Promise<number> {
    const { jobs } = this.parts;
    await this.failLost();
    let count = 0;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const due = await jobs.expired(JOBS_AT_A_TIME);
      await Promise.all(due.map((id) => this.handle(id).catch(() => jobs.postpone(id, PURGE_RETRY_MS))));
      count += due.length;
      if (due.length < JOBS_AT_A_TIME) break;
    }
    return count;
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
    } else if (record?.state === 'queued' && record.promises.startMs !== undefined) {
      if (await purge.unstarted(id)) observer.swept('unstarted');
    } else {
      await purge.expired(id);
      observer.swept('expired');
    }
  }
}
