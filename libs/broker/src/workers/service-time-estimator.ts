import { costOf } from '../records/job-cost.js';

/**
 * Weight of the newest image in a moving estimate. Images of one size take about the same time, and what else runs on the
 * machine changes that by much more than they differ: so the newest counts most.
 */
const NEWEST = 0.6;

/** A job that has run longer than expected: what part of its usual time it is likely to take yet. */
const OVERDUE_SHARE = 0.1;

/** What has been measured so far. */
export interface ServiceTimes {
  /** Moving estimate of the time of an image, whatever its size and model, in ms; undefined before the first. */
  meanMs: number | undefined;
  /** The same for the cheapest image (`costOf`), by model. */
  unitMs: Readonly<Record<string, number>>;
}

/** A job whose end is to be estimated. */
export interface EstimatedJob {
  /** Its model; undefined: the default one. */
  model?: string | undefined;
  /** Pixels of its image; undefined or 0 while unknown. */
  pixels?: number | undefined;
  /** Place in the queue, 1 = next; undefined: a worker has it. */
  position?: number | undefined;
  /** How long a worker has had it, in ms. */
  runningMs?: number | undefined;
}

/** Who works now. */
export interface WorkState {
  /** Images that are computed at a time, over all workers. */
  slots: number;
  /** Jobs that workers have in hand; may be more than `slots`, as the next ones are fetched meanwhile. */
  active: number;
  /** Model of images that name none. */
  defaultModel: string | undefined;
}

/** The estimate after one more measurement. */
export const nextEstimate = (before: number | undefined, measured: number): number =>
  before === undefined ? measured : before + NEWEST * (measured - before);

/** Likely time of the work on one image alone, in ms; undefined while nothing was measured. */
export function workMs(times: ServiceTimes, job: EstimatedJob, defaultModel?: string): number | undefined {
  const unit = times.unitMs[job.model ?? defaultModel ?? ''];
  // Without its size, an image is as the others were.
  if (!job.pixels || unit === undefined) return times.meanMs ?? unit;
  return unit * costOf(job.pixels);
}

/**
 * Milliseconds until a job is likely done: its own work, and before that the work of those ahead of it, of which the
 * ones in work are half done on average. Undefined without workers, or while nothing was measured.
 */
export function etaMs(times: ServiceTimes, state: WorkState, job: EstimatedJob): number | undefined {
  const { slots, active, defaultModel } = state;
  const own = workMs(times, job, defaultModel);
  if (own === undefined || slots === 0) return undefined;
  const meanMs = times.meanMs ?? own;
  // How many images must be finished before a slot is free for this one.
  const before = active + (job.position ?? 0) - slots;
  const halfDone = Math.min(1, active / slots) / 2;
  const waitMs = before > 0 ? ((before - halfDone) / slots) * meanMs : 0;
  const leftMs = waitMs + own - (job.runningMs ?? 0);
  return Math.round(Math.max(leftMs, own * OVERDUE_SHARE));
}
