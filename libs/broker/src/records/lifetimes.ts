import type { JobState } from '#contracts/job-states.js';
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

/** Maximum time in the state that `event` leads to, in milliseconds. */
export function lifetimeAfter(event: JobEvent, of: Lifetimes): number {
  switch (event) {
    case 'accept':
    case 'progress':
      return UPLOAD_LEASE_MS;
    case 'enqueue':
      return of.queueMs;
    case 'claim':
      return of.workMs * MAX_STARTS + 30_000;
    case 'commit':
      return of.resultMs;
    case 'release':
      return Math.min(of.resultMs, RETRY_GRACE_MS);
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
