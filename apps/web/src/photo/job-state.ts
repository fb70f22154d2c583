import { RemoveBgError, type RemoveBgErrorFacts } from '#sdk/removebg-error.js';
import type { JobView } from '#contracts/job-view.js';
import type { JobEvent } from '#sdk/job-follow.js';
import type { PhotoState } from './photo-state.js';

/** A job that ended without a result, with its deletion receipt if there is one. */
export class FailedJob extends RemoveBgError {
  constructor(
    code: RemoveBgError['code'],
    facts: RemoveBgErrorFacts,
    readonly receipt: string | undefined,
  ) {
    super(code, facts);
  }
}

/** The state of a photo that waits for a worker. */
export const queuedState = (
  position: number | undefined,
  { eta_ms: etaMs, worker_starting: workerStarting }: Pick<JobView, 'eta_ms' | 'worker_starting'>,
): PhotoState => ({ phase: 'queued', position, etaMs, isWorkerStarting: workerStarting === true });

/**
 * The photo state that an event reports; undefined if none.
 * @throws FailedJob if there will be no result
 */
export function stateOfEvent(event: JobEvent, attempt: number): PhotoState | undefined {
  switch (event.name) {
    case 'queued':
      return queuedState(event.data.position, event.data);
    case 'started':
      return { phase: 'working', stage: undefined, percent: 0, attempt };
    case 'progress':
      return { phase: 'working', stage: event.data.stage, percent: event.data.percent, attempt };
    case 'failed':
      throw new FailedJob(event.data.problem.code, event.data.problem, event.data.receipt);
    case 'cancelled':
      throw new FailedJob('job-cancelled', {}, event.data.receipt);
    case 'expired':
      throw new FailedJob('result-expired', {}, event.data.receipt);
    case 'purged':
      throw new FailedJob('result-delivered', {}, event.data.receipt);
    default:
      return undefined;
  }
}
