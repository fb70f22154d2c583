import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobId } from '#contracts/job-id.js';
import { QUEUE_NAME, QUEUE_PREFIX } from '../redis/redis-keys.js';
import { connect, CONSUMER_BLOCKS_MS } from '../redis/redis-connection.js';
import type { FairScheduler } from './fair-scheduler.js';
import type { ConnectionListener } from '../redis/redis-health.js';

/** A job whose worker died is noticed after the lock has run out and one check has passed: 2–4 s. */
const LOCK_MS = 3000;
const STALLED_CHECK_MS = 1000;

/** Our record counts the starts of a job and decides when it is given up; BullMQ's own count must not. */
const NEVER = 1000;

/** How a worker process takes jobs from the queue. */
export interface ConsumerOptions {
  /** Jobs in this process at a time. */
  concurrency: number;
  /** Does the whole work on one job. It settles the record itself and never throws for the job's sake. */
  work: (id: JobId) => Promise<void>;
  /** BullMQ lost a lock, or Redis refused what it asked for. Connections are reported by themselves. */
  onTrouble: () => void;
  /** Receives losses of its two connections, and when they are usable again. */
  onConnection?: ConnectionListener;
}

/** What BullMQ reports when its connection is gone or cannot be made. */
const CONNECTION_LOSS = /ECONN|ENOENT|EPIPE|ETIMEDOUT|Connection is closed|owed an answer|connection close/;

/** The BullMQ worker of this process. */
export class JobConsumer {
  private readonly redis: Redis;
  private readonly worker: Worker;

  constructor(url: string, turns: FairScheduler, options: ConsumerOptions) {
    this.redis = connect(url, 'consumer', options.onConnection);
    const work = async (id: JobId): Promise<void> => {
      void turns.begun(id);
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
      maxStalledCount: NEVER,
      drainDelay: CONSUMER_BLOCKS_MS / 1000,
      runRetryDelay: 500,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    this.worker.on('error', ({ message }) => {
      if (!CONNECTION_LOSS.test(message)) options.onTrouble();
    });
  }

  /** Begins to take jobs. */
  start(): void {
    void this.worker.run().catch(() => undefined);
  }

  /** Stops taking jobs and waits for those begun; with `force` it does not wait. */
  async close(force = false): Promise<void> {
    await this.worker.close(force).catch(() => undefined);
    this.redis.disconnect();
  }
}
