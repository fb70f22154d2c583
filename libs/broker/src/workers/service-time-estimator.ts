import type { Redis } from 'ioredis';
import type { JobQueue } from '../queue/job-queue.js';
import { costOf } from '../records/job-cost.js';
import { mapRedisErrors, mapRedisReadErrors } from '../redis/redis-errors.js';
import { SERVICE_TIMES_KEY, TENANTS_KEY } from '../redis/redis-keys.js';
import type { WorkerRegistry } from './worker-registry.js';

/**
 * Weight of the newest image in the moving average. Images of one size take about the same time; other load on the machine
 * changes that time by more.
 */
const NEWEST_WEIGHT = 0.6;

/** Remaining time of a job that has run longer than estimated, as a part of its estimated time. */
const OVERDUE_SHARE = 0.1;

/** Bounds of `Retry-After`, and its value before the first measurement. */
const MAX_RETRY_AFTER_S = 120;
const UNKNOWN_MS = 5000;

/** Fields of the moving averages: of all images, and of the cheapest image of one model. */
const MEAN = 'serviceMs';
const unitField = (model: string): string => `unitMs:${model}`;

/** Moving averages of measured times. */
export interface ServiceTimes {
  /** Of an image of any size and model, in ms; undefined before the first. */
  meanMs: number | undefined;
  /** Of the cheapest image (`costOf`) of each model, in ms. */
  unitMs: Readonly<Record<string, number>>;
}

/** A job whose remaining time is estimated. */
export interface EstimatedJob {
  /** Undefined: the default model. */
  model?: string | undefined;
  /** Pixels of its image; undefined or 0 while unknown. */
  pixels?: number | undefined;
  /** Position in the queue, 1 = next; undefined: it is running. */
  position?: number | undefined;
  /** How long it has been running, in ms. */
  runningMs?: number | undefined;
}

/** Load of the workers. */
export interface WorkState {
  /** Images that all workers process in parallel. */
  slots: number;
  /** Jobs that workers have; may exceed `slots`, because workers prefetch. */
  active: number;
  /** Model of images that name none. */
  defaultModel: string | undefined;
}

/** The moving average after one more measurement. */
export const nextEstimate = (before: number | undefined, measured: number): number =>
  before === undefined ? measured : before + NEWEST_WEIGHT * (measured - before);

/** Estimated time of one image without waiting, in ms; undefined before the first measurement. */
export function workMs(times: ServiceTimes, job: EstimatedJob, defaultModel?: string): number | undefined {
  const unit = times.unitMs[job.model ?? defaultModel ?? ''];
  // An image of unknown size is taken for an average one.
  if (!job.pixels || unit === undefined) return times.meanMs ?? unit;
  return unit * costOf(job.pixels);
}

/**
 * Estimated milliseconds until a job is done: its own time, and the time of the jobs ahead of it, of which running ones are
 * half done on average. Undefined without workers, or before the first measurement.
 */
export function etaMs(times: ServiceTimes, state: WorkState, job: EstimatedJob): number | undefined {
  const { slots, active, defaultModel } = state;
  const own = workMs(times, job, defaultModel);
  if (own === undefined || slots === 0) return undefined;
  const meanMs = times.meanMs ?? own;
  // Images that must be finished before a slot is free for this one.
  const before = active + (job.position ?? 0) - slots;
  const halfDone = Math.min(1, active / slots) / 2;
  const waitMs = before > 0 ? ((before - halfDone) / slots) * meanMs : 0;
  const leftMs = waitMs + own - (job.runningMs ?? 0);
  return Math.round(Math.max(leftMs, own * OVERDUE_SHARE));
}

/** Measured time of one image. */
export interface MeasuredWork {
  model: string;
  /** Pixels of the image; undefined or 0 when they were unknown at acceptance. */
  pixels: number | undefined;
  /** From the claim of the job until its result was stored, without waiting for other images. */
  serviceMs: number;
}

/** What a client can expect now. */
export interface ServiceEstimate {
  /** False: no worker runs. */
  hasWorkers: boolean;
  /** Milliseconds until a job is likely done while workers have `active` jobs; undefined while unknown. */
  etaMs(job: EstimatedJob, active: number): number | undefined;
  /** Whole seconds after which capacity is likely free again. */
  retryAfterS: number;
  /** Whole seconds after which one more image of any tenant is likely done. */
  nextImageAfterS: number;
}

/** Estimates of processing time, shared by all processes. @throws Problem `broker-unavailable`, all methods */
export class ServiceTimeEstimator {
  constructor(
    private readonly redis: Redis,
    private readonly queue: JobQueue,
    private readonly workers: WorkerRegistry,
  ) {}

  /** Adds the measured time of one image. */
  async record({ model, pixels, serviceMs }: MeasuredWork): Promise<void> {
    await mapRedisErrors(async () => {
      const [mean, unit] = (await this.redis.hmget(SERVICE_TIMES_KEY, MEAN, unitField(model))).map(numberOf);
      const times: Record<string, number> = { [MEAN]: Math.round(nextEstimate(mean, serviceMs)) };
      // Before the first image the field holds the seed, which the first measurement replaces.
      const before = mean === undefined ? undefined : unit;
      if (pixels) times[unitField(model)] = Math.round(nextEstimate(before, serviceMs / costOf(pixels)));
      await this.redis.hset(SERVICE_TIMES_KEY, times);
    });
  }

  /** Sets the time of the cheapest image of a model, from its warm-up, unless there is one. */
  async seed(model: string, unitMs: number): Promise<void> {
    await mapRedisErrors(async () => {
      const known = await this.redis.hget(SERVICE_TIMES_KEY, unitField(model));
      if (known === null) await this.redis.hset(SERVICE_TIMES_KEY, unitField(model), Math.round(unitMs));
    });
  }

  /** The estimate for the present load. */
  async estimate(): Promise<ServiceEstimate> {
    const [times, tenantFields, workers, { waiting, active }] = await Promise.all([
      this.times(),
      mapRedisReadErrors(() => this.redis.hlen(TENANTS_KEY)),
      this.workers.live(),
      this.queue.depth(),
    ]);
    const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
    const defaultModel = workers[0]?.model;
    const eta: ServiceEstimate['etaMs'] = (job, running) =>
      etaMs(times, { slots, active: running, defaultModel }, job);
    const secondsOf = (position: number): number => {
      const seconds = Math.ceil((eta({ position }, active) ?? UNKNOWN_MS) / 1000);
      return Math.min(MAX_RETRY_AFTER_S, Math.max(1, seconds));
    };
    // The hash has two fields a tenant and one a pool. Each tenant has about one image before the next one of any tenant.
    const nextPosition = Math.min(waiting, Math.floor(tenantFields / 2));
    return {
      hasWorkers: workers.length > 0,
      etaMs: eta,
      retryAfterS: secondsOf(waiting),
      nextImageAfterS: secondsOf(nextPosition),
    };
  }

  private async times(): Promise<ServiceTimes> {
    const fields = await mapRedisReadErrors(() => this.redis.hgetall(SERVICE_TIMES_KEY));
    const prefix = unitField('');
    const units = Object.entries(fields).filter(([field]) => field.startsWith(prefix));
    return {
      meanMs: numberOf(fields[MEAN]),
      unitMs: Object.fromEntries(units.map(([field, ms]) => [field.slice(prefix.length), Number(ms)])),
    };
  }
}

const numberOf = (text: string | null | undefined): number | undefined =>
  text === null || text === undefined ? undefined : Number(text);
