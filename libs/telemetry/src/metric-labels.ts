import { PROVIDERS } from '#contracts/execution-providers.js';
import { STAGES, TERMINAL_STATES } from '#contracts/job-states.js';
import { SHARD_STATES } from '#contracts/service-view.js';
import { PROBLEMS, type ProblemCode } from '#contracts/problem-catalog.js';

const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];

/**
 * Every label that a metric may have, with all its values: the allow-list of metrics. A value that is not here does
 * not compile, so that nothing a client sends can become one, and the number of series is known in advance.
 */
export const LABELS = {
  /** Which call a request was for. */
  call: [
    ...['submit', 'status', 'result', 'events', 'receipt', 'batch', 'compat', 'account'],
    ...['service', 'page', 'none'],
  ],
  /** How it was answered; `gone`: the client left before the answer's head. */
  status: ['2xx', '3xx', '4xx', '5xx', 'gone'],
  code: PROBLEM_CODES,
  /** Names of tiers are the operator's own: those that are not built in are one. */
  tier: ['anonymous', 'free', 'standard', 'enterprise', 'other'],
  /** How a result went out: its own request, the answer to the upload, events, batches, calls of others. */
  way: ['poll', 'wait', 'inline', 'batch', 'archive', 'compat'],
  /** How a delivery ended; `unsettled`: written, and Redis could not be reached for the purge. */
  delivery: ['delivered', 'broken', 'unsettled'],
  /** How the work on an image ended; `fenced`: another worker has taken over. */
  work: ['done', 'failed', 'cancelled', 'fenced'],
  end: TERMINAL_STATES,
  stage: [...STAGES, 'handover'],
  provider: PROVIDERS,
  /** What the sweeper did: gave a silent reader's result back, finished a purge, ended what was out of time. */
  correction: ['released', 'completed', 'expired'],
  waiter: ['events', 'poll'],
  /** What a connection to Redis is for, and why it was lost: nothing came although an answer was owed, or it was closed. */
  connection: ['control', 'payload', 'subscriber', 'queue', 'consumer'],
  loss: ['silent', 'closed'],
  /** The state that a payload shard came into. */
  shard: SHARD_STATES,
  /**
   * Why an engine was replaced: it crashed, could not be started, or was ended because an image took too much memory, took
   * too long, or was cancelled.
   */
  restart: ['crashed', 'not-started', 'memory', 'time', 'cancelled'],
  process: ['api', 'worker', 'engine'],
} as const satisfies Record<string, readonly string[]>;

/** Name of a label. */
export type Label = keyof typeof LABELS;

/** A value that a label may have. */
export type LabelValue<L extends Label> = (typeof LABELS)[L][number];

/** How a delivery's result went out. */
export type DeliveryWay = LabelValue<'way'>;

/** The label value of a tier: its name where that is built in. */
export const tierLabel = (name: string): LabelValue<'tier'> =>
  LABELS.tier.find((tier) => tier === name) ?? 'other';
