import { Queue } from 'bullmq';
import type { ChainableCommander, Redis } from 'ioredis';
import type { JobId } from '#contracts/job-id.js';
import { QUEUE_NAME, QUEUE_PREFIX } from '../redis/redis-keys.js';
import { ACTIVE_KEY, PRIORITIZED_KEY, WAIT_KEY } from './bullmq-internals.js';
import { connect } from '../redis/redis-connection.js';
import { mapRedisErrors, mapRedisReadErrors } from '../redis/redis-errors.js';
import type { SchedulingRequest, FairScheduler } from './fair-scheduler.js';
import type { ConnectionListener } from '../redis/redis-health.js';

/** Numbers of jobs that wait for a worker, and that workers have. */
export interface QueueDepth {
  waiting: number;
  active: number;
}

/** The BullMQ queue. Its jobs have an id only: constant name, empty data, no return value. */
export class JobQueue {
  private readonly redis: Redis;
  private readonly queue: Queue;

  constructor(
    url: string,
    private readonly control: Redis,
    private readonly scheduler: FairScheduler,
    onConnection?: ConnectionListener,
  ) {
    this.redis = connect(url, 'queue', onConnection);
    this.queue = new Queue(QUEUE_NAME, {
      connection: this.redis,
      prefix: QUEUE_PREFIX,
      skipVersionCheck: true,
      streams: { events: { maxLen: 1 } },
    });
    this.queue.on('error', () => undefined);
  }

  /**
   * Adds a job in fair order. BullMQ serves priority 0 first and returns stalled jobs with it, so no other job has it.
   */
  async add(id: JobId, request: SchedulingRequest): Promise<void> {
    const priority = await this.scheduler.schedule(id, request);
    const opts = { jobId: id, priority, attempts: 1, removeOnComplete: true, removeOnFail: true };
    await mapRedisErrors(() => this.queue.add(QUEUE_NAME, {}, opts));
    await this.scheduler.rebase(id, priority);
  }

  /** Adds a job whose API was killed after it wrote the record and before it called `add`. Other jobs stay as they are. */
  async restore(id: JobId, request: SchedulingRequest): Promise<void> {
    const known = await mapRedisErrors(() => this.queue.getJob(id));
    if (known === undefined) await this.add(id, request);
  }

  /** Removes a job that no worker has started. A started one stays until its worker finishes. */
  async discard(id: JobId): Promise<void> {
    await this.scheduler.release(id);
    await mapRedisErrors(() => this.queue.remove(id));
  }

  /**
   * Position in the queue, 1 = next, undefined when the job does not wait; and the number of active jobs at the same moment.
   * A position can grow when other tenants add jobs.
   */
  async position(id: JobId): Promise<{ position: number | undefined; active: number }> {
    const [rank, active] = await this.transaction<[number | null, number]>((queue) =>
      queue.zrank(PRIORITIZED_KEY, id).llen(ACTIVE_KEY),
    );
    return { position: rank === null ? undefined : rank + 1, active };
  }

  /** Ids of the first `limit` waiting jobs, next first; and the number of active jobs at the same moment. */
  async waiting(limit: number): Promise<{ ids: string[]; active: number }> {
    const [ids, active] = await this.transaction<[string[], number]>((queue) =>
      queue.zrange(PRIORITIZED_KEY, 0, String(limit - 1)).llen(ACTIVE_KEY),
    );
    return { ids, active };
  }

  /** Number of waiting and of active jobs. */
  async depth(): Promise<QueueDepth> {
    const [ordered, returned, active] = await this.transaction<[number, number, number]>((queue) =>
      queue.zcard(PRIORITIZED_KEY).llen(WAIT_KEY).llen(ACTIVE_KEY),
    );
    return { waiting: ordered + returned, active };
  }

  /** Replies to commands in one transaction. */
  private transaction<T extends unknown[]>(
    ask: (queue: ChainableCommander) => ChainableCommander,
  ): Promise<T> {
    return mapRedisReadErrors(async () => {
      const replies = (await ask(this.control.multi()).exec()) ?? [];
      return replies.map(([error, reply]) => {
        if (error !== null) throw error;
        return reply;
      }) as T;
    });
  }

  /** Closes BullMQ's connection. */
  async close(): Promise<void> {
    await this.queue.close().catch(() => undefined);
    this.redis.disconnect();
  }
}
