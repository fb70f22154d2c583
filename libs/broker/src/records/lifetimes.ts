import type { JobState } from '#contracts/job-states.js';
import type { Settings } from '#config/settings.schema.js';
import { targetOf, type JobEvent } from './job-transitions.js';

/** How long a reader may stay silent before its lease lapses. */
export const LEASE_MS = 10_000;

/** How long a result stays after a broken delivery, so that a quick retry finds it. */
export const RETRY_GRACE_MS = 30_000;

/** How much longer Redis keeps a key than the sweeper should: the net under the net. */
export const EXPIRY_MARGIN_MS = 15_000;

/** How long whoever ends a job may take to remove its bytes before the sweeper does. */
export const PURGE_GRACE_MS = 2000;

/**
 * How long an upload may go without a renewal by the API that receives it. The request itself ends at `uploadMs`, while
 * the API still renews: the sweeper takes only uploads whose API has died.
 */
export const UPLOAD_LEASE_MS = 30_000;

/** How often that API renews it. */
export const UPLOAD_RENEWAL_MS = 8000;

/** How long an API goes on renewing after the request had to be over: its own clean-up takes less. */
export const UPLOAD_MARGIN_MS = 10_000;

/**
 * How long payload may live that reaches Redis after its key has been removed, where whoever wrote it cannot remove it
 * again because its connection broke.
 */
export const LATE_WRITE_MS = 5000;

/**
 * How long storing a result may take, outages included: its key lives no longer than this until it is whole. The
 * commit that follows may take as long again.
 */
export const STORE_MS = 45_000;

/** Workers that may die around one job before it is given up. */
export const MAX_STARTS = 3;

/** Lifetimes that operators may set, in milliseconds. */
export interface Lifetimes {
  /** Of a request that uploads an image, from its first byte to its last. */
  uploadMs: number;
  queueMs: number;
  workMs: number;
  resultMs: number;
  tombstoneMs: number;
  /** Of a batch in which nothing happens. */
  batchMs: number;
  maxDeliveries: number;
}

/** The one place where settings become lifetimes. */
export const lifetimesOf = (settings: Settings): Lifetimes => ({
  uploadMs: settings.UPLOAD_TIMEOUT_S * 1000,
  queueMs: settings.QUEUE_TTL_S * 1000,
  workMs: settings.JOB_DEADLINE_S * 1000,
  resultMs: settings.RESULT_TTL_S * 1000,
  tombstoneMs: settings.TOMBSTONE_TTL_S * 1000,
  batchMs: settings.BATCH_TTL_S * 1000,
  maxDeliveries: settings.MAX_DELIVERIES,
});

/** Time that the state which `event` leads to may last, in milliseconds. */
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

/** Time that each living state may last when it begins, in milliseconds. */
export const livingLifetimes = (of: Lifetimes): Partial<Record<JobState, number>> =>
  Object.fromEntries(
    STARTS.map((event) => [targetOf(event), lifetimeAfter(event, of)] satisfies [JobState, number]),
  );

/** The events by which the living states begin. */
const STARTS = ['accept', 'enqueue', 'claim', 'commit', 'lease'] as const satisfies JobEvent[];
