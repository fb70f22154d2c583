import { isTerminal, JOB_STATES, type JobState } from '#contracts/job-states.js';

/** Per event: the states in which it is allowed, and the state it leads to. Empty list: no record may exist. */
const TABLE = {
  accept: [[], 'accepted'],
  progress: [['accepted'], 'accepted'],
  enqueue: [['accepted'], 'queued'],
  claim: [['queued', 'running'], 'running'],
  commit: [['running'], 'ready'],
  lease: [['ready'], 'delivering'],
  renew: [['delivering'], 'delivering'],
  release: [['delivering'], 'ready'],
  deliver: [['delivering'], 'delivered'],
  fail: [['accepted', 'queued', 'running'], 'failed'],
  miss: [['queued'], 'failed'],
  lose: [['accepted', 'queued', 'running', 'ready', 'delivering'], 'failed'],
  cancel: [['accepted', 'queued', 'running', 'ready', 'delivering'], 'cancelled'],
  expire: [['accepted', 'queued', 'running', 'ready', 'delivering'], 'expired'],
} as const satisfies Record<string, readonly [readonly JobState[], JobState]>;

/** Event of a job. */
export type JobEvent = keyof typeof TABLE;

/** All events. */
export const JOB_EVENTS = Object.keys(TABLE) as JobEvent[];

/** States in which `event` is allowed. */
export const sourcesOf = (event: JobEvent): readonly JobState[] => TABLE[event][0];

/** State that `event` leads to. */
export const targetOf = (event: JobEvent): JobState => TABLE[event][1];

/**
 * The state after `event`, or undefined where the event is not allowed. `state` undefined: there is no record.
 */
export function nextState(state: JobState | undefined, event: JobEvent): JobState | undefined {
  const sources = sourcesOf(event);
  const allowed = state === undefined ? sources.length === 0 : sources.includes(state);
  return allowed ? targetOf(event) : undefined;
}

/** States in which a job has, or may get, payload. */
export const LIVING_STATES = JOB_STATES.filter((state) => !isTerminal(state));
