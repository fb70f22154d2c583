/** Every state a job can be in. Transitions between them are a table in the broker. */
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

/** States after which nothing of the user's data is left: only a tombstone with state, reason and times. */
export const TERMINAL_STATES = ['delivered', 'failed', 'cancelled', 'expired'] as const;

/** A state from which no transition leads away. */
export type TerminalState = (typeof TERMINAL_STATES)[number];

/** True when no transition leads out of `state`. */
export const isTerminal = (state: JobState): state is TerminalState =>
  (TERMINAL_STATES as readonly string[]).includes(state);

/** True when the work is over: the result can be fetched, or there will be none. */
export const isDone = (state: JobState): boolean =>
  state === 'ready' || state === 'delivering' || isTerminal(state);

/** Stages of the work on one image, in order, as progress events name them. */
export const STAGES = ['fetch', 'decode', 'infer', 'refine', 'compose', 'encode', 'store'] as const;

/** One stage of the work on an image. */
export type Stage = (typeof STAGES)[number];
