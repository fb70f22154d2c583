import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobId } from '#contracts/job-id.js';
import { QUEUE_NAME, QUEUE_PREFIX } from '../redis/redis-keys.js';
import { isConnectionError } from './bullmq-internals.js';
import { connect, CONSUMER_BLOCK_MS } from '../redis/redis-connection.js';
import type { FairScheduler } from './fair-scheduler.js';
import type { ConnectionListener } from '../redis/redis-health.js';

/** The job of a crashed worker is found after its lock has expired and one check has run: 2 to 4 s. */
const LOCK_MS = 3000;
const STALLED_CHECK_MS = 1000;

/** Disables BullMQ's limit: the job's record counts attempts and has the limit. */
const MAX_STALLED_COUNT = 1000;

/** How a worker process takes jobs from the queue. */
export interface ConsumerOptions {
  /** Jobs that run in parallel in this process. */
  concurrency: number;
  /** Processes one job and changes its record. It does not throw when the job fails. */
  work: (id: JobId) => Promise<void>;
  /** BullMQ lost a lock, or Redis refused a command. Losses of connections go to `onConnection`. */
  onTrouble: () => void;
  /** Receives losses and restorations of its two connections. */
  onConnection?: ConnectionListener;
}

/** The BullMQ worker of this process. */
export class JobConsumer {
  private readonly redis: Redis;
  private readonly worker: Worker;

  constructor(url: string, scheduler: FairScheduler, options: ConsumerOptions) {
    this.redis = connect(url, 'consumer', options.onConnection);
    const work = async (id: JobId): Promise<void> => {
      void scheduler.advance(id);
      await options.work(id);
    };
    this.worker = new Worker(QUEUE_NAME, async (job) => await work(job.id as JobId), {
      connection: this.redis,
      prefix: QUEUE_PREFIX,
      autorun: false,
      skipVersionCheck: true,
      concurrency: options.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAX_STALLED_COUNT,
      drainDelay: CONSUMER_BLOCK_MS / 1000,
      runRetryDelay: 500,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    this.worker.on('error', (error) => {
      if (!isConnectionError(error)) options.onTrouble();
    });
  }

  /** Starts taking jobs. */
  start(): void {
    void this.worker.run().catch(() => undefined);
  }

  /** Stops taking jobs and waits for running ones; with `force` it does not wait. */
  async close(force = false): Promise<void> {
    await this.worker.close(force).catch(() => undefined);
    this.redis.disconnect();
  }
}
