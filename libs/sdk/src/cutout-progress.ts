import type { Stage } from '#contracts/job-states.js';
import type { JobEvent } from './job-follow.js';
import type { Waiting } from './retry-policy.js';

/** Where an image is on its way. States may be left out, and come again after something broke. */
export type CutoutProgress =
  | { state: 'sending' }
  | { state: 'queued'; position?: number; etaMs?: number }
  | { state: 'running'; stage?: Stage; percent: number }
  | { state: 'fetching' }
  /** The service is busy or away; the same request goes out again after `ms`. */
  | ({ state: 'waiting' } & Waiting);

/** What an event of a job means for whoever watches; undefined when nothing. */
export function progressOfEvent(event: JobEvent): CutoutProgress | undefined {
  switch (event.name) {
    case 'queued': {
      const { position, eta_ms: etaMs } = event.data;
      return {
        state: 'queued',
        ...(position !== undefined && { position }),
        ...(etaMs !== undefined && { etaMs }),
      };
    }
    case 'started':
      return { state: 'running', percent: 0 };
    case 'progress':
      return { state: 'running', stage: event.data.stage, percent: event.data.percent };
    case 'done':
      return { state: 'fetching' };
    default:
      return undefined;
  }
}
