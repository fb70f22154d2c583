import type { Redis } from 'ioredis';
import type { BatchId } from '#contracts/batch-id.js';
import type { JobId } from '#contracts/job-id.js';
import type { JobState, Stage } from '#contracts/job-states.js';
import { CANCEL_CHANNEL, jobChannel } from '../redis/redis-keys.js';
import { ListenerMap } from '../redis/listener-map.js';

/** Message on the channel of a job: a change of state, or progress. Codes and numbers only. */
export type JobNotice = { state: JobState; version: number } | { stage: Stage; percent: number };

/** Message on the channel of a batch: its version, the number of results to fetch, and whether it can still change. */
export interface BatchNotice {
  version: number;
  ready: number;
  over: boolean;
}

/** Receives notices. `undefined`: some may have been missed; read the record again. */
export type NoticeListener<T = JobNotice> = (notice: T | undefined) => void;

const RESUBSCRIBE_BATCH = 500;

/**
 * Subscriptions of this process: one connection, one channel per job or batch with a listener. After a reconnection all
 * channels are subscribed again, and every listener is called with `undefined`.
 */
export class JobWatcher {
  private readonly listeners = new ListenerMap<NoticeListener<never>>();
  /** Subscriptions without an answer from Redis yet. */
  private readonly subscribing = new Map<string, Promise<void>>();
  private readonly cancelListeners = new Set<(id: string) => void>();

  constructor(private readonly redis: Redis) {
    redis.on('message', (channel: string, text: string) => this.dispatch(channel, text));
    redis.on('ready', () => void this.restore());
  }

  /**
   * Listens to one job until the returned function is called. Resolves once subscribed, so that reading the record
   * afterwards misses nothing. While Redis is unreachable it resolves at once and subscribes after the reconnection.
   */
  watch(id: JobId, listener: NoticeListener): Promise<() => void> {
    return this.listen(id, listener);
  }

  /** Listens to one batch, as `watch`. */
  watchBatch(id: BatchId, listener: NoticeListener<BatchNotice>): Promise<() => void> {
    return this.listen(id, listener);
  }

  private async listen(id: string, listener: NoticeListener<never>): Promise<() => void> {
    const channel = jobChannel(id);
    if (this.listeners.add(channel, listener)) {
      const subscribed = this.subscribe([channel]).finally(() => this.subscribing.delete(channel));
      this.subscribing.set(channel, subscribed);
    }
    // Later listeners of a channel wait for the subscription of the first.
    await this.subscribing.get(channel);
    return () => {
      if (!this.listeners.remove(channel, listener) || this.redis.status !== 'ready') return;
      void this.redis.unsubscribe(channel).catch(() => undefined);
    };
  }

  /** Listens to ids of cancelled jobs for the lifetime of the process. */
  async onCancel(listener: (id: string) => void): Promise<void> {
    this.cancelListeners.add(listener);
    await this.subscribe([CANCEL_CHANNEL]);
  }

  private async subscribe(channels: string[]): Promise<void> {
    if (this.redis.status === 'ready') await this.redis.subscribe(...channels).catch(() => undefined);
  }

  private async restore(): Promise<void> {
    const channels = this.listeners.keys();
    if (this.cancelListeners.size > 0) channels.push(CANCEL_CHANNEL);
    for (let i = 0; i < channels.length; i += RESUBSCRIBE_BATCH) {
      await this.subscribe(channels.slice(i, i + RESUBSCRIBE_BATCH));
    }
    for (const channel of this.listeners.keys()) {
      for (const listener of this.listeners.of(channel)) listener(undefined);
    }
  }

  private dispatch(channel: string, text: string): void {
    if (channel === CANCEL_CHANNEL) {
      for (const listener of this.cancelListeners) listener(text);
      return;
    }
    const listeners = this.listeners.of(channel);
    if (listeners.length === 0) return;
    const notice = JSON.parse(text) as never;
    for (const listener of listeners) listener(notice);
  }
}
