import type { JobOptions } from '#contracts/job-options.js';
import type { JobState } from '#contracts/job-states.js';
import type { PROMISES } from '#contracts/option-names.js';
import type { Settings } from '#config/settings.schema.js';
import { targetOf, type JobEvent } from './job-transitions.js';

/** How long a lease lasts without renewal. */
export const LEASE_MS = 10_000;

/** How long a result can be fetched again after a broken delivery. */
export const RETRY_GRACE_MS = 30_000;

/** How much later than the sweeper Redis expires a key. */
export const EXPIRY_MARGIN_MS = 15_000;

/** How long after the end of a job the sweeper checks its purge. */
export const PURGE_GRACE_MS = 2000;

/**
 * How long an upload lasts without renewal by the API instance that receives it. The request itself ends at `uploadMs`; the
 * sweeper handles uploads of crashed instances only.
 */
export const UPLOAD_LEASE_MS = 30_000;

/** How often the API instance renews it. */
export const UPLOAD_RENEWAL_MS = 8000;

/** How long the API renews it beyond the end of the request: more than its clean-up takes. */
export const UPLOAD_MARGIN_MS = 10_000;

/**
 * Lifetime of payload that reaches Redis after its key was deleted, for the case that its writer cannot delete it because
 * its connection broke.
 */
export const LATE_WRITE_MS = 5000;

/**
 * Maximum time to store a result, outages included, and the lifetime of its key until it is complete. The commit may take
 * as long again.
 */
export const STORE_MS = 45_000;

/** Attempts at one job before it fails. */
export const MAX_STARTS = 3;

/** Lifetimes that operators may set, in milliseconds. */
export interface Lifetimes {
  /** Maximum duration of an upload, from its first byte to its last. */
  uploadMs: number;
  queueMs: number;
  workMs: number;
  resultMs: number;
  tombstoneMs: number;
  /** Of a batch without a change. */
  batchMs: number;
  maxDeliveries: number;
}

/** The lifetimes that the settings define. */
export const lifetimesOf = (settings: Settings): Lifetimes => ({
  uploadMs: settings.UPLOAD_TIMEOUT_S * 1000,
  queueMs: settings.QUEUE_TTL_S * 1000,
  workMs: settings.JOB_DEADLINE_S * 1000,
  resultMs: settings.RESULT_TTL_S * 1000,
  tombstoneMs: settings.TOMBSTONE_TTL_S * 1000,
  batchMs: settings.BATCH_TTL_S * 1000,
  maxDeliveries: settings.MAX_DELIVERIES,
});

/** Lifetimes of one job that its client has shortened, in milliseconds. */
export interface Promises {
  /** Until a worker starts it. */
  startMs?: number;
  /** Of its result. */
  keepMs?: number;
}

/** Promises in seconds, as the options of a job. */
export type PromisedSeconds = Partial<Record<(typeof PROMISES)[number], number>>;

/** What the options of a job promise. */
export const promisesOf = ({
  start_within: startS,
  keep_at_most: keepS,
}: Pick<JobOptions, (typeof PROMISES)[number]>): Promises => ({
  ...(startS !== undefined && { startMs: startS * 1000 }),
  ...(keepS !== undefined && { keepMs: keepS * 1000 }),
});

/** Promises as options. */
export const promisedSeconds = ({ startMs, keepMs }: Promises): PromisedSeconds => ({
  ...(startMs !== undefined && { start_within: startMs / 1000 }),
  ...(keepMs !== undefined && { keep_at_most: keepMs / 1000 }),
});

/**
 * Maximum time in the state that `event` leads to, in milliseconds. `lua/includes/promises.lua` applies the promises of a job in
 * the same way.
 */
export function lifetimeAfter(event: JobEvent, of: Lifetimes, { startMs, keepMs }: Promises = {}): number {
  switch (event) {
    case 'accept':
    case 'progress':
      return UPLOAD_LEASE_MS;
    case 'enqueue':
      return Math.min(of.queueMs, startMs ?? Infinity);
    case 'claim':
      return of.workMs * MAX_STARTS + 30_000;
    case 'commit':
      return Math.min(of.resultMs, keepMs ?? Infinity);
    case 'release':
      return Math.min(of.resultMs, RETRY_GRACE_MS, keepMs ?? Infinity);
    case 'lease':
    case 'renew':
      return LEASE_MS;
    default:
      return of.tombstoneMs;
  }
}

/** Maximum time in each living state, in milliseconds. */
export const livingLifetimes = (of: Lifetimes): Partial<Record<JobState, number>> =>
  Object.fromEntries(
    STARTS.map((event) => [targetOf(event), lifetimeAfter(event, of)] satisfies [JobState, number]),
  );

/** The events that lead to the living states. */
const STARTS = ['accept', 'enqueue', 'claim', 'commit', 'lease'] as const satisfies JobEvent[];
