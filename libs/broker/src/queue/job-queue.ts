import { Queue } from 'bullmq';
import type { ChainableCommander, Redis } from 'ioredis';
import type { JobId } from '#contracts/job-id.js';
import { QUEUE_NAME, queueKey, QUEUE_PREFIX } from '../redis/redis-keys.js';
import { connect } from '../redis/redis-connection.js';
import { mapRedisErrors, mapRedisReadErrors } from '../redis/redis-errors.js';
import type { Claim, FairScheduler } from './fair-scheduler.js';
import type { ConnectionListener } from '../redis/redis-health.js';

const WAITING_KEY = queueKey('prioritized');
const ACTIVE_KEY = queueKey('active');

/** The queue that workers pull from. It carries ids alone: constant name, empty data, no return value. */
export class JobQueue {
  private readonly redis: Redis;
  private readonly queue: Queue;

  constructor(
    url: string,
    private readonly control: Redis,
    private readonly turns: FairScheduler,
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
   * Puts a job into the queue, at the turn of its tenant. BullMQ serves priority 0 first and puts stalled jobs back
   * there, so ordinary work never has it.
   */
  async add(id: JobId, claim: Claim): Promise<void> {
    const priority = await this.turns.take(id, claim);
    const opts = { jobId: id, priority, attempts: 1, removeOnComplete: true, removeOnFail: true };
    await mapRedisErrors(() => this.queue.add(QUEUE_NAME, {}, opts));
    await this.turns.settle(id, priority);
  }

  /** Takes jobs out that no worker has begun. Those begun stay until their worker lets go. */
  async discard(id: JobId): Promise<void> {
    await this.turns.drop(id);
    await mapRedisErrors(async () => {
      await this.queue.remove(id).catch((error: unknown) => {
        if (!(error instanceof Error) || !/locked|could not be removed/i.test(error.message)) throw error;
      });
    });
  }

  /**
   * Place in the queue, 1 = next, undefined when the job does not wait; and how many jobs workers have in hand at the same
   * moment. It may fall back when other tenants come.
   */
  async position(id: JobId): Promise<{ position: number | undefined; active: number }> {
    const [rank, active] = await this.together<[number | null, number]>((queue) =>
      queue.zrank(WAITING_KEY, id).llen(ACTIVE_KEY),
    );
    return { position: rank === null ? undefined : rank + 1, active };
  }

  /** Ids of the first `most` waiting jobs, next first; and how many jobs workers have in hand at the same moment. */
  async waiting(most: number): Promise<{ ids: string[]; active: number }> {
    const [ids, active] = await this.together<[string[], number]>((queue) =>
      queue.zrange(WAITING_KEY, 0, String(most - 1)).llen(ACTIVE_KEY),
    );
    return { ids, active };
  }

  /** Jobs waiting and jobs begun. */
  async depth(): Promise<{ waiting: number; active: number }> {
    return mapRedisReadErrors(async () => {
      const [waiting, active] = await Promise.all([
        this.control.zcard(WAITING_KEY),
        this.control.llen(ACTIVE_KEY),
      ]);
      return { waiting, active };
    });
  }

  /** Replies to commands that run as one: no job moves between them. */
  private together<T extends unknown[]>(ask: (queue: ChainableCommander) => ChainableCommander): Promise<T> {
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
