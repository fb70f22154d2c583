import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Broker } from '#broker/broker.js';
import type { JobRecord } from '#broker/records/job-record.js';
import { lifetimeAfter } from '#broker/records/lifetimes.js';
import { ListenerMap } from '#broker/redis/listener-map.js';
import type { ServiceEstimate } from '#broker/workers/service-time-estimator.js';
import type { Settings } from '#config/settings.schema.js';
import { BROKER, SETTINGS } from '../core/providers.js';
import type { QueuePosition } from '../results/job.mapper.js';

const INTERVAL_MS = 1000;
/** Positions further back are not published: they change little, and are expensive to look up. */
const MAX_POSITION = 5000;
/** Jobs handled per iteration of the event loop, so that deliveries do not wait for thousands of listeners. */
const JOBS_PER_ITERATION = 50;

/** Receives the queue position of a job once a second. */
type PositionListener = (position: QueuePosition) => void;

/** Positions of queued jobs, looked up once a second for all streams. */
@Injectable()
export class QueuePositions implements OnApplicationShutdown {
  private readonly listeners = new ListenerMap<PositionListener>();
  private readonly timer = setInterval(() => void this.publish().catch(() => undefined), INTERVAL_MS);
  private isPublishing = false;

  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Calls `listener` once a second while the job is queued, until the returned function is called. */
  follow(id: string, listener: PositionListener): () => void {
    this.listeners.add(id, listener);
    return () => this.listeners.remove(id, listener);
  }

  /**
   * Current queue position of a job, and its ETA. Both are undefined once the job has been processed, or while Redis is
   * unreachable.
   */
  async of(record: JobRecord): Promise<QueuePosition> {
    const { queue, estimator } = this.broker;
    const unknown = { position: undefined, etaMs: undefined, isWorkerStarting: false };
    if (record.state !== 'queued' && record.state !== 'running') return unknown;
    const { pixels, options, state } = record;
    try {
      const [{ position, active }, outlook] = await Promise.all([
        queue.position(record.id),
        estimator.estimate(),
      ]);
      const runningMs = state === 'running' ? this.runningMs(record) : 0;
      return {
        position,
        etaMs: outlook.etaMs({ pixels, model: options.model, position, runningMs }, active),
        isWorkerStarting: state === 'queued' && this.startsWorker(outlook),
      };
    } catch {
      return unknown;
    }
  }

  /** A job that waits now starts a worker. */
  private startsWorker({ hasWorkers }: ServiceEstimate): boolean {
    return !hasWorkers && this.settings.MIN_WORKERS === 0;
  }

  /** How long the job has been running. Times of records are from the clock of Redis, which may differ slightly. */
  private runningMs({ deadlineAt }: JobRecord): number {
    const claimedAt = deadlineAt - lifetimeAfter('claim', this.broker.lifetimes);
    return Math.max(0, Date.now() - claimedAt);
  }

  /** Stops the timer. */
  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async publish(): Promise<void> {
    if (this.isPublishing || this.listeners.size === 0) return;
    this.isPublishing = true;
    try {
      const { queue, estimator } = this.broker;
      const [{ ids, active }, outlook] = await Promise.all([
        queue.waiting(MAX_POSITION),
        estimator.estimate(),
      ]);
      const isWorkerStarting = this.startsWorker(outlook);
      for (const [index, id] of ids.entries()) {
        if (index % JOBS_PER_ITERATION === JOBS_PER_ITERATION - 1) await new Promise(setImmediate);
        const position = index + 1;
        const etaMs = outlook.etaMs({ position }, active);
        for (const listener of this.listeners.of(id)) listener({ position, etaMs, isWorkerStarting });
      }
    } finally {
      this.isPublishing = false;
    }
  }
}
