import { PROVIDERS } from '#contracts/execution-providers.js';
import { STAGES, TERMINAL_STATES } from '#contracts/job-states.js';
import { SHARD_STATES } from '#contracts/service-view.js';
import { PROBLEMS, type ProblemCode } from '#contracts/problem-catalog.js';

const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];

/**
 * Allow-list of labels with all their values. Other values do not compile: client input cannot become a label, and the number
 * of series is fixed.
 */
export const LABELS = {
  /** Type of request. */
  call: [
    ...['submit', 'status', 'result', 'events', 'receipt', 'batch', 'compat', 'account'],
    ...['service', 'page', 'none'],
  ],
  /** Status class; `gone`: the client disconnected before the response head. */
  status: ['2xx', '3xx', '4xx', '5xx', 'gone'],
  code: PROBLEM_CODES,
  /** Built-in tiers; `other` is every tier of the operator. */
  tier: ['anonymous', 'free', 'standard', 'enterprise', 'other'],
  /** How a result was delivered: own request, response to the upload, events, batch, archive, compatible endpoint. */
  way: ['poll', 'wait', 'inline', 'batch', 'archive', 'compat'],
  /** How a delivery ended; `unsettled`: written, but Redis was unreachable for the purge. */
  delivery: ['delivered', 'broken', 'unsettled'],
  /** How an attempt ended; `fenced`: another worker has the job. */
  work: ['done', 'failed', 'cancelled', 'fenced'],
  end: TERMINAL_STATES,
  stage: [...STAGES, 'handover'],
  provider: PROVIDERS,
  /**
   * What the sweeper did: returned a result after its lease, completed a purge, ended a job after its deadline, or after its
   * `start_within`.
   */
  correction: ['released', 'completed', 'expired', 'unstarted'],
  waiter: ['events', 'poll'],
  /** Role of a connection to Redis, and why it was lost: no answer in time, or closed. */
  connection: ['control', 'payload', 'subscriber', 'queue', 'consumer'],
  loss: ['silent', 'closed'],
  /** New state of a payload shard. */
  shard: SHARD_STATES,
  /**
   * Why an engine was replaced: it crashed, did not start, or was killed because an image exceeded the memory or time limit or
   * was cancelled.
   */
  restart: ['crashed', 'not-started', 'memory', 'time', 'cancelled'],
  process: ['api', 'worker', 'engine'],
} as const satisfies Record<string, readonly string[]>;

/** Name of a label. */
export type Label = keyof typeof LABELS;

/** A value of a label. */
export type LabelValue<L extends Label> = (typeof LABELS)[L][number];

/** How a result was delivered. */
export type DeliveryWay = LabelValue<'way'>;

/** The label value of a tier: its name if it is built in. */
export const tierLabel = (name: string): LabelValue<'tier'> =>
  LABELS.tier.find((tier) => tier === name) ?? 'other';
