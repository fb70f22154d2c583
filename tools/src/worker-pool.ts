import { duration, say } from './report.js';
import type { Program } from './service-programs.js';
import type { SupervisedProcess } from './supervised-process.js';
import type { Supervisor } from './supervisor.js';
import { workerActions, type WorkerLimits, type WorkerSlot } from './worker-scaling.js';

/** A worker that may run. */
interface PooledWorker extends WorkerSlot {
  process: SupervisedProcess;
}

/** The jobs in an IPC message of an API that reports the queue; undefined for any other message. */
export function reportedJobs(message: unknown): number | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message)) return undefined;
  if (message.type !== 'queue' || !('waiting' in message) || !('active' in message)) return undefined;
  return Number(message.waiting) + Number(message.active);
}

/**
 * The workers of one `npm start`. It knows the number of jobs from the APIs, which report it over their IPC channel: it has
 * no connection to Redis. Without reports nothing changes. A worker that exits by itself is restarted with a growing delay
 * by its `SupervisedProcess`, as long as it is needed.
 */
export class WorkerPool {
  private readonly workers: PooledWorker[];

  /** @param programs of all workers that may run */
  constructor(
    private readonly supervisor: Supervisor,
    programs: readonly Program[],
    private readonly limits: WorkerLimits,
  ) {
    this.workers = programs.map((program) => ({
      process: supervisor.addApp(program),
      state: 'off',
      neededAtMs: 0,
    }));
  }

  /** Starts the workers that always run. */
  start(): void {
    for (const worker of this.workers.slice(0, this.limits.min)) this.startWorker(worker);
  }

  /** Takes a message of an API. */
  readonly onMessage = (message: unknown): void => {
    const jobs = reportedJobs(message);
    if (jobs === undefined || this.supervisor.isStopping) return;
    const nowMs = performance.now();
    for (const worker of this.workers.slice(0, jobs)) worker.neededAtMs = nowMs;
    const actions = workerActions(this.workers, { jobs, nowMs }, this.limits);
    for (const [index, worker] of this.workers.entries()) {
      if (actions[index] === 'start') this.startWorker(worker);
      if (actions[index] === 'stop') void this.stopWorker(worker);
    }
  };

  private startWorker(worker: PooledWorker): void {
    worker.state = 'on';
    worker.process.start();
  }

  private async stopWorker(worker: PooledWorker): Promise<void> {
    say(`${worker.process.name} had no work for ${duration(this.limits.idleMs)}. Stopping it.`);
    worker.state = 'stopping';
    await worker.process.stop(this.supervisor.graceMs);
    worker.state = 'off';
  }
}
