import type { Redis } from 'ioredis';
import { PACE_KEY, PROBE_KEY, TENANTS_KEY, WORKERS_KEY } from '../redis/redis-keys.js';
import { costOf } from '../records/job-cost.js';
import type { JobQueue } from '../queue/job-queue.js';
import { mapRedisErrors, mapRedisReadErrors } from '../redis/redis-errors.js';
import { etaMs, nextEstimate, type EstimatedJob, type ServiceTimes } from './service-time-estimator.js';

/** How often a worker gives a sign of life, and after what silence it counts as gone: a busy machine may delay some. */
export const HEARTBEAT_MS = 1000;
const WORKER_TTL_MS = 5000;

/** By Redis' clock alone: those of workers and APIs may differ. */
const NOW = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

/**
 * A worker's sign of life.
 *
 * KEYS  1 workers (zset)
 * ARGV  1 ms until it counts as gone  2 the worker
 */
const BEAT = `${NOW}
redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('PEXPIRE', KEYS[1], 10 * ARGV[1])`;

/** Workers alive now. KEYS 1 workers (zset). RETURNS {worker, …} */
const WORKERS = `${NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')`;

interface WorkerRegistryRedis extends Redis {
  rbBeat(key: string, lifetimeMs: number, worker: string): Promise<null>;
  rbWorkers(key: string): Promise<string[]>;
}

/** Fields of the moving estimates: of all images, and of the cheapest image of one model. */
const MEAN = 'serviceMs';
const unitField = (model: string): string => `unitMs:${model}`;

/** A live worker as it describes itself. */
export interface WorkerFacts {
  name: string;
  /** Images worked on at a time. */
  slots: number;
  /** Model of images that name none. */
  model: string;
  /** All models it has loaded. */
  models: string[];
  provider: string;
  /** What its retention guard found although it was told only to warn. */
  faults: string[];
  /** When it started and checked itself, as RFC 3339. */
  startedAt: string;
}

/** The work on one image, as it was measured. */
export interface MeasuredWork {
  model: string;
  /** Pixels of the image; undefined or 0 when they were not known when it was accepted. */
  pixels: number | undefined;
  /** From the claim of the job until its result was stored, without waiting for others. */
  serviceMs: number;
}

/** What a client can expect. */
export interface CapacityEstimate {
  /** Milliseconds until a job is likely done, `active` being in the hands of workers; undefined while unknown. */
  etaMs(job: EstimatedJob, active: number): number | undefined;
  /** Whole seconds after which capacity is likely free again. */
  retryAfterS: number;
  /** Whole seconds after which one more image of any tenant is likely done. */
  turnAfterS: number;
}

/** The moving estimate of the service and what follows from it: who works, how fast, how long one waits. */
export class WorkerRegistry {
  private readonly redis: WorkerRegistryRedis;

  constructor(
    redis: Redis,
    private readonly queue: JobQueue,
  ) {
    redis.defineCommand('rbBeat', { numberOfKeys: 1, lua: BEAT });
    redis.defineCommand('rbWorkers', { numberOfKeys: 1, lua: WORKERS });
    this.redis = redis as WorkerRegistryRedis;
  }

  /** A worker's sign of life. */
  async beat(worker: WorkerFacts): Promise<void> {
    await mapRedisErrors(() => this.redis.rbBeat(WORKERS_KEY, WORKER_TTL_MS, JSON.stringify(worker)));
  }

  /** A worker leaves in good order. */
  async leave(worker: WorkerFacts): Promise<void> {
    await mapRedisErrors(() => this.redis.zrem(WORKERS_KEY, JSON.stringify(worker)));
  }

  /** Workers alive now. */
  async workers(): Promise<WorkerFacts[]> {
    const members = await mapRedisReadErrors(() => this.redis.rbWorkers(WORKERS_KEY));
    return members.map((member) => JSON.parse(member) as WorkerFacts);
  }

  /** Takes the service time of one finished image into the estimates. */
  async learn({ model, pixels, serviceMs }: MeasuredWork): Promise<void> {
    await mapRedisErrors(async () => {
      const [mean, unit] = (await this.redis.hmget(PACE_KEY, MEAN, unitField(model))).map(numberOf);
      const times: Record<string, number> = { [MEAN]: Math.round(nextEstimate(mean, serviceMs)) };
      // What was there before the first image was only a first estimate.
      const before = mean === undefined ? undefined : unit;
      if (pixels) times[unitField(model)] = Math.round(nextEstimate(before, serviceMs / costOf(pixels)));
      await this.redis.hset(PACE_KEY, times);
    });
  }

  /** A first estimate for a model, from its warm-up: it stands until the first image. */
  async seed(model: string, unitMs: number): Promise<void> {
    await mapRedisErrors(async () => {
      const known = await this.redis.hget(PACE_KEY, unitField(model));
      if (known === null) await this.redis.hset(PACE_KEY, unitField(model), Math.round(unitMs));
    });
  }

  /** How things stand now. */
  async outlook(): Promise<CapacityEstimate> {
    const [times, fields, workers, { waiting, active }] = await Promise.all([
      this.times(),
      mapRedisReadErrors(() => this.redis.hlen(TENANTS_KEY)),
      this.workers(),
      this.queue.depth(),
    ]);
    const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
    const defaultModel = workers[0]?.model;
    const eta: CapacityEstimate['etaMs'] = (job, inHand) =>
      etaMs(times, { slots, active: inHand, defaultModel }, job);
    const secondsOf = (position: number): number =>
      Math.min(120, Math.max(1, Math.ceil((eta({ position }, active) ?? 5000) / 1000)));
    // Two fields a tenant, and one a pool. In a fair order each of them has at most about one image before a tenant's next.
    const turn = Math.min(waiting, Math.floor(fields / 2));
    return { etaMs: eta, retryAfterS: secondsOf(waiting), turnAfterS: secondsOf(turn) };
  }

  private async times(): Promise<ServiceTimes> {
    const fields = await mapRedisReadErrors(() => this.redis.hgetall(PACE_KEY));
    const prefix = unitField('');
    const units = Object.entries(fields).filter(([field]) => field.startsWith(prefix));
    return {
      meanMs: numberOf(fields[MEAN]),
      unitMs: Object.fromEntries(units.map(([field, ms]) => [field.slice(prefix.length), Number(ms)])),
    };
  }

  /** A real write to Redis, read back. @throws Problem `broker-unavailable` */
  async probe(): Promise<void> {
    await mapRedisErrors(async () => {
      const mark = String(process.hrtime.bigint());
      await this.redis.set(PROBE_KEY, mark, 'PX', 10_000);
      if ((await this.redis.get(PROBE_KEY)) === null) throw new Error('the probe did not stay');
    });
  }
}

const numberOf = (text: string | null | undefined): number | undefined =>
  text === null || text === undefined ? undefined : Number(text);
