/** All states of a job. The broker has the table of transitions. */
export const JOB_STATES = [
  'accepted',
  'queued',
  'running',
  'ready',
  'delivering',
  'delivered',
  'failed',
  'cancelled',
  'expired',
] as const;

/** State of a job as clients see it. */
export type JobState = (typeof JOB_STATES)[number];

/** States of a job whose data is deleted. A tombstone with state, code and times remains for a while. */
export const TERMINAL_STATES = ['delivered', 'failed', 'cancelled', 'expired'] as const;

/** A state without further transitions. */
export type TerminalState = (typeof TERMINAL_STATES)[number];

/** True when `state` has no further transitions. */
export const isTerminal = (state: JobState): state is TerminalState =>
  (TERMINAL_STATES as readonly string[]).includes(state);

/** True when processing is over: the result can be fetched, or there will be none. */
export const isDone = (state: JobState): boolean =>
  state === 'ready' || state === 'delivering' || isTerminal(state);

/** Processing stages of one image, in order, as in progress events. */
export const STAGES = ['fetch', 'decode', 'infer', 'refine', 'compose', 'encode', 'store'] as const;

/** One processing stage. */
export type Stage = (typeof STAGES)[number];
