import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobId } from '#contracts/job.id.js';
import { QUEUE_NAME, QUEUE_PREFIX } from './broker.keys.js';
import { roleOptions } from './redis.connection.js';
import { guarded } from './redis.failure.js';

/** BullMQ serves priority 0 first and puts stalled jobs back there, so ordinary work never has it. */
const PRIORITY = 1;

/** The queue that workers pull from. It carries ids alone: constant name, empty data, no return value. */
export class JobQueue {
  private readonly queue: Queue;

  constructor(
    url: string,
    private readonly control: Redis,
  ) {
    this.queue = new Queue(QUEUE_NAME, {
      connection: roleOptions(url, 'queue'),
      prefix: QUEUE_PREFIX,
      skipVersionCheck: true,
      streams: { events: { maxLen: 1 } },
    });
    this.queue.on('error', () => undefined);
  }

  /** Puts a job into the queue. */
  async add(id: JobId): Promise<void> {
    const opts = { jobId: id, priority: PRIORITY, attempts: 1, removeOnComplete: true, removeOnFail: true };
    await guarded(() => this.queue.add(QUEUE_NAME, {}, opts));
  }

  /** Takes jobs out that no worker has begun. Those begun stay until their worker lets go. */
  async discard(id: JobId): Promise<void> {
    await guarded(async () => {
      await this.queue.remove(id).catch((error: unknown) => {
        if (!(error instanceof Error) || !/locked|could not be removed/i.test(error.message)) throw error;
      });
    });
  }

  /** Place in the queue, 1 = next; undefined when the job does not wait. */
  async position(id: JobId): Promise<number | undefined> {
    const rank = await guarded(() => this.control.zrank(this.waitingKey, id));
    return rank === null ? undefined : rank + 1;
  }

  /** Ids of the first `most` waiting jobs, next first. */
  waiting(most: number): Promise<string[]> {
    return guarded(() => this.control.zrange(this.waitingKey, 0, String(most - 1)));
  }

  /** Jobs waiting and jobs begun. */
  async depth(): Promise<{ waiting: number; active: number }> {
    return guarded(async () => {
      const [waiting, active] = await Promise.all([
        this.control.zcard(this.waitingKey),
        this.control.llen(this.queue.toKey('active')),
      ]);
      return { waiting, active };
    });
  }

  /** Closes BullMQ's connection. */
  async close(): Promise<void> {
    await this.queue.close().catch(() => undefined);
  }

  private get waitingKey(): string {
    return this.queue.toKey('prioritized');
  }
}
