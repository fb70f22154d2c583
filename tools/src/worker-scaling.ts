/** How many workers run without work, and for how long the others do. */
export interface WorkerLimits {
  /** Workers that always run. */
  min: number;
  /** A worker above `min` stops when it has not been needed for this time. */
  idleMs: number;
}

/** What one worker does. `stopping`: it completes its jobs and takes no more. */
export type WorkerState = 'off' | 'on' | 'stopping';

/** One of the workers that may run, in the order in which they are started. */
export interface WorkerSlot {
  state: WorkerState;
  /** When it was last needed, in milliseconds of a monotonic clock. */
  neededAtMs: number;
}

/** What to do with a worker; undefined: nothing. */
export type WorkerAction = 'start' | 'stop' | undefined;

/**
 * What to do with each worker when the service has `jobs` that wait or are processed. The workers up to `min` run always;
 * above it, as many as there are jobs. A job that waits starts a worker at once. Which worker has a job is unknown here, so none
 * stops while there are jobs. A worker that is stopping is started again when it has exited, so that no more run at any moment than there are slots.
 */
export function workerActions(
  slots: readonly WorkerSlot[],
  { jobs, nowMs }: { jobs: number; nowMs: number },
  { min, idleMs }: WorkerLimits,
): WorkerAction[] {
  return slots.map(({ state, neededAtMs }, index) => {
    const isNeeded = index < min || index < jobs;
    if (state === 'off') return isNeeded ? 'start' : undefined;
    const isIdle = jobs === 0 && !isNeeded && nowMs - neededAtMs >= idleMs;
    if (state === 'on') return isIdle ? 'stop' : undefined;
    return undefined;
  });
}
