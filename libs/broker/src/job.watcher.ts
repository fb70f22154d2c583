import type { Redis } from 'ioredis';
import type { BatchId } from '#contracts/batch.id.js';
import type { JobId } from '#contracts/job.id.js';
import type { JobState, Stage } from '#contracts/job.states.js';
import { CANCEL_CHANNEL, jobChannel } from './broker.keys.js';

/** What a job's channel says: a change of state, or progress within one. Codes and numbers only. */
export type JobNotice = { state: JobState; version: number } | { stage: Stage; percent: number };

/** What a batch's channel says: something has changed; how many results there are to fetch; none will change any more. */
export interface BatchNotice {
  version: number;
  ready: number;
  over: boolean;
}

/** Hears notices; `undefined` means that some may have been missed and the record should be read again. */
export type NoticeListener<T = JobNotice> = (notice: T | undefined) => void;

const RESUBSCRIBE_BATCH = 500;

/**
 * Waits on behalf of this process: one subscriber connection, one channel a job that somebody here waits for.
 * When the connection comes back, all channels are subscribed anew and every listener is told to read again.
 */
export class JobWatcher {
  private readonly listeners = new Map<string, Set<NoticeListener<never>>>();
  private readonly cancelListeners = new Set<(id: string) => void>();

  constructor(private readonly redis: Redis) {
    redis.on('message', (channel: string, text: string) => this.dispatch(channel, text));
    redis.on('ready', () => void this.restore());
  }

  /**
   * Listens to one job until the returned function is called. Resolves when the subscription stands, so that
   * reading the record after it misses nothing; while Redis is away it resolves at once and restores later.
   */
  watch(id: JobId, listener: NoticeListener): Promise<() => void> {
    return this.listen(id, listener);
  }

  /** The same for a batch. */
  watchBatch(id: BatchId, listener: NoticeListener<BatchNotice>): Promise<() => void> {
    return this.listen(id, listener);
  }

  private async listen(id: string, listener: NoticeListener<never>): Promise<() => void> {
    const channel = jobChannel(id);
    const set = this.listeners.get(channel) ?? new Set<NoticeListener<never>>();
    set.add(listener);
    this.listeners.set(channel, set);
    if (set.size === 1) await this.subscribe([channel]);
    return () => {
      set.delete(listener);
      if (set.size > 0 || this.listeners.get(channel) !== set) return;
      this.listeners.delete(channel);
      if (this.redis.status === 'ready') void this.redis.unsubscribe(channel).catch(() => undefined);
    };
  }

  /** Listens to ids of jobs that were given up, for as long as the process lives. */
  async onCancel(listener: (id: string) => void): Promise<void> {
    this.cancelListeners.add(listener);
    await this.subscribe([CANCEL_CHANNEL]);
  }

  private async subscribe(channels: string[]): Promise<void> {
    if (this.redis.status === 'ready') await this.redis.subscribe(...channels).catch(() => undefined);
  }

  private async restore(): Promise<void> {
    const channels = [...this.listeners.keys()];
    if (this.cancelListeners.size > 0) channels.push(CANCEL_CHANNEL);
    for (let i = 0; i < channels.length; i += RESUBSCRIBE_BATCH) {
      await this.subscribe(channels.slice(i, i + RESUBSCRIBE_BATCH));
    }
    for (const set of [...this.listeners.values()]) for (const listener of [...set]) listener(undefined);
  }

  private dispatch(channel: string, text: string): void {
    if (channel === CANCEL_CHANNEL) {
      for (const listener of this.cancelListeners) listener(text);
      return;
    }
    const set = this.listeners.get(channel);
    if (set === undefined) return;
    const notice = JSON.parse(text) as never;
    for (const listener of [...set]) listener(notice);
  }
}
