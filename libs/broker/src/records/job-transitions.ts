import { isTerminal, JOB_STATES, type JobState } from '#contracts/job-states.js';

/** States from which each event may happen, and the state it leads to. An empty list: no record may exist yet. */
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
  lose: [['accepted', 'queued', 'running', 'ready', 'delivering'], 'failed'],
  cancel: [['accepted', 'queued', 'running', 'ready', 'delivering'], 'cancelled'],
  expire: [['accepted', 'queued', 'running', 'ready', 'delivering'], 'expired'],
} as const satisfies Record<string, readonly [readonly JobState[], JobState]>;

/** Something that happens to a job. */
export type JobEvent = keyof typeof TABLE;

/** All events of the table. */
export const JOB_EVENTS = Object.keys(TABLE) as JobEvent[];

/** States in which `event` may happen. */
export const sourcesOf = (event: JobEvent): readonly JobState[] => TABLE[event][0];

/** State that `event` leads to. */
export const targetOf = (event: JobEvent): JobState => TABLE[event][1];

/**
 * The whole life of a job, decided purely: the state after `event`, or undefined where the event may not happen.
 * `state` undefined means that there is no record.
 */
export function nextState(state: JobState | undefined, event: JobEvent): JobState | undefined {
  const sources = sourcesOf(event);
  const allowed = state === undefined ? sources.length === 0 : sources.includes(state);
  return allowed ? targetOf(event) : undefined;
}

/** States in which a job still holds, or may come to hold, bytes of the user. */
export const LIVING_STATES = JOB_STATES.filter((state) => !isTerminal(state));
