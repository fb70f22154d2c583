import { Inject, Injectable } from '@nestjs/common';
import type { BatchRecord } from '#broker/batches/batch.store.js';
import type { Broker } from '#broker/broker.js';
import type { JobRecord } from '#broker/records/job-record.js';
import type { BatchNotice } from '#broker/jobs/job-watcher.js';
import type { BatchId } from '#contracts/batch-id.js';
import type { JobId } from '#contracts/job-id.js';
import { Problem, type ProblemCode } from '#contracts/problem-catalog.js';
import type { Settings } from '#config/settings.schema.js';
import { BROKER, SETTINGS, STOPPING } from '../core/providers.js';
import { ApiTelemetry } from '../observability/api-telemetry.js';

const RETRY_MS = 250;

/** Limits of a wait. */
export interface WaitLimits {
  /** No timeout by default. */
  timeoutMs?: number;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

/** A record in Redis that changes and publishes a notice when it does. */
interface Watched<T> {
  /** Calls `notify` at each change until the returned function is called. */
  watch: (notify: () => void) => Promise<() => void>;
  read: () => Promise<T | undefined>;
  /** The problem when there is no such record. */
  notFound: ProblemCode;
}

/**
 * Notifies all waiting requests when this process shuts down. They do not listen to the signal itself: an EventTarget
 * searches all of its listeners at each addition and removal, and ten thousand requests may wait.
 */
@Injectable()
export class ShutdownNotifier {
  private readonly listeners = new Set<() => void>();

  constructor(@Inject(STOPPING) private readonly stopping: AbortSignal) {
    stopping.addEventListener('abort', () => this.notify(), { once: true });
  }

  /** True once the process shuts down. */
  get isShuttingDown(): boolean {
    return this.stopping.aborted;
  }

  /** Calls `listener` at shutdown, until the returned function is called. */
  onShutdown(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** Long polling: waits until a record in Redis satisfies a predicate, and reads it again at each notice. */
@Injectable()
export class LongPoll {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly telemetry: ApiTelemetry,
    private readonly shutdown: ShutdownNotifier,
  ) {}

  /** Longest wait a client may ask for, in seconds. */
  get maxWaitS(): number {
    return this.settings.MAX_WAIT_S;
  }

  /**
   * The record of a job as soon as `predicate` holds, or at the end of the wait.
   * @throws Problem `job-not-found` | `queue-lost` | `broker-unavailable`
   */
  waitForJob(
    id: JobId,
    predicate: (record: JobRecord) => boolean,
    limits: Required<WaitLimits>,
  ): Promise<JobRecord> {
    const { jobs, watcher } = this.broker;
    const job: Watched<JobRecord> = {
      watch: (notify) => watcher.watch(id, notify),
      read: () => jobs.read(id),
      notFound: 'job-not-found',
    };
    return this.waitFor(job, predicate, limits);
  }

  /**
   * The record of a batch as soon as `predicate` holds, or at the end of the wait. A batch may change a hundred times a
   * second: it is read again only at notices for which `isRelevant` holds, by default all.
   * @throws Problem `batch-not-found` | `batch-cancelled` | `queue-lost` | `broker-unavailable`
   */
  async waitForBatch(
    id: BatchId,
    predicate: (record: BatchRecord) => boolean,
    limits: Required<WaitLimits> & { isRelevant?: (notice: BatchNotice) => boolean },
  ): Promise<BatchRecord> {
    const { batches, watcher } = this.broker;
    const { isRelevant = (): boolean => true } = limits;
    const batch: Watched<BatchRecord> = {
      watch: (notify) =>
        watcher.watchBatch(id, (notice) => {
          if (notice === undefined || isRelevant(notice)) notify();
        }),
      read: () => batches.read(id),
      notFound: 'batch-not-found',
    };
    const record = await this.waitFor(batch, (now) => now.status === 'cancelled' || predicate(now), limits);
    if (record.status === 'cancelled') throw new Problem('batch-cancelled');
    return record;
  }

  /** The current record of a batch. @throws Problem as `waitForBatch` */
  readBatch(id: BatchId): Promise<BatchRecord> {
    return this.waitForBatch(id, () => true, { timeoutMs: 0, signal: neverAborts });
  }

  /**
   * @throws Problem `notFound` when there was no record at the start
   * @throws Problem `queue-lost` when it vanished during the wait
   * @throws Problem `broker-unavailable` when Redis is unreachable at the end of the wait
   */
  private async waitFor<T>(
    { watch, read, notFound }: Watched<T>,
    predicate: (record: T) => boolean,
    limits: Required<WaitLimits>,
  ): Promise<T> {
    if (limits.timeoutMs === 0) {
      const record = await read();
      if (record === undefined) throw new Problem(notFound);
      return record;
    }
    const wait = new Wait(this.shutdown, limits);
    const endWait = this.telemetry.waiting('poll');
    let unwatch = (): void => undefined;
    try {
      unwatch = await watch(() => wait.notify());
      for (let isKnown = false; ; isKnown = true) {
        const record = await readThrough(read, wait);
        if (record === undefined) throw new Problem(isKnown ? 'queue-lost' : notFound);
        if (predicate(record) || wait.isOver) return record;
        await wait.notified();
      }
    } finally {
      wait.release();
      endWait();
      unwatch();
    }
  }
}

const neverAborts = new AbortController().signal;

/** The wait of one client. A notification without a listener is kept for the next one. */
export class Wait {
  private ended = false;
  private isPending = false;
  private wake: (() => void) | undefined;
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly signal: AbortSignal;
  private readonly unsubscribe: () => void;

  constructor(shutdown: ShutdownNotifier, { timeoutMs, signal }: WaitLimits) {
    this.signal = signal;
    // Not `AbortSignal.timeout` and `any`: Node 20 may garbage-collect them early, and the wait would never end.
    if (timeoutMs !== undefined) this.timer = setTimeout(this.end, timeoutMs);
    this.unsubscribe = shutdown.onShutdown(this.end);
    signal.addEventListener('abort', this.end, { once: true });
    if (signal.aborted || shutdown.isShuttingDown) this.end();
  }

  /** True once the client has disconnected, the time is up or the process shuts down. */
  get isOver(): boolean {
    return this.ended;
  }

  /** Wakes the listener, or the next one. */
  notify(): void {
    this.isPending = true;
    this.wake?.();
  }

  /** Resolves at the next notification, or at once when one was missed or the wait is over. */
  async notified(): Promise<void> {
    if (!this.isPending && !this.ended) await new Promise<void>((resolve) => (this.wake = resolve));
    this.isPending = false;
    this.wake = undefined;
  }

  /** Removes the timer and all listeners. */
  release(): void {
    clearTimeout(this.timer);
    this.unsubscribe();
    this.signal.removeEventListener('abort', this.end);
  }

  private readonly end = (): void => {
    this.ended = true;
    this.notify();
  };
}

/** Repeats a read through an outage of Redis until the wait is over. @throws Problem `broker-unavailable` then */
export async function readThrough<T>(read: () => Promise<T>, wait: { readonly isOver: boolean }): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (wait.isOver) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
