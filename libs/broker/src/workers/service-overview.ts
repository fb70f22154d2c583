import type { Redis } from 'ioredis';
import {
  DEADLINES_KEY,
  SERVICE_TIMES_KEY,
  RESERVATIONS_KEY,
  RESERVED_TOTAL_KEY,
  TENANTS_KEY,
  WAITING_JOBS_KEY,
} from '../redis/redis-keys.js';
import type { JobQueue } from '../queue/job-queue.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** Statistics of the service. */
export interface ServiceStats {
  waiting: number;
  running: number;
  /** Accepted jobs that have not ended. */
  inFlight: number;
  inFlightBytes: number;
  capacityBytes: number;
  tenants: number;
  /** By how much the oldest deadline has passed; 0 when none has. */
  purgeLagMs: number;
  /** Moving average of the time of one image; undefined before the first. */
  serviceMs: number | undefined;
  redisUsedBytes: number;
}

/** Jobs of one tenant. `id` is a keyed hash. */
export interface TenantStatus {
  id: string;
  inFlight: number;
  bytes: number;
  waiting: number;
}

/** Above this number waiting jobs are not counted by tenant. */
const MAX_COUNTED = 20_000;

const NONE: Record<string, string> = {};

/** Sums and counts for operators. They contain no ids of jobs. */
export class ServiceOverview {
  constructor(
    private readonly redis: Redis,
    private readonly queue: JobQueue,
    private readonly capacityBytes: () => number,
  ) {}

  /** Statistics now. @throws Problem `broker-unavailable` */
  async stats(): Promise<ServiceStats> {
    const { redis, queue } = this;
    const [{ waiting, active: running }, inFlight, bytes, fields, due, [seconds, micros], serviceMs, memory] =
      await mapRedisErrors(() =>
        Promise.all([
          queue.depth(),
          redis.hlen(RESERVATIONS_KEY),
          redis.get(RESERVED_TOTAL_KEY),
          redis.hlen(TENANTS_KEY),
          redis.zrange(DEADLINES_KEY, 0, '0', 'WITHSCORES'),
          redis.time(),
          redis.hget(SERVICE_TIMES_KEY, 'serviceMs'),
          redis.info('memory'),
        ]),
      );
    const now = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
    return {
      ...{
        waiting,
        running,
        inFlight,
        inFlightBytes: Number(bytes ?? 0),
        capacityBytes: this.capacityBytes(),
      },
      // The hash has two fields a tenant and one a pool.
      tenants: Math.floor(fields / 2),
      purgeLagMs: due[1] === undefined ? 0 : Math.max(0, now - Number(due[1])),
      serviceMs: serviceMs === null ? undefined : Number(serviceMs),
      redisUsedBytes: Number(/^used_memory:(\d+)/m.exec(memory)?.[1] ?? 0),
    };
  }

  /** Up to `limit` tenants with jobs in flight, those with the most first. @throws Problem `broker-unavailable` */
  async tenants(limit: number): Promise<TenantStatus[]> {
    const { redis } = this;
    const [sums, waitingJobs] = await mapRedisErrors(() =>
      Promise.all([
        redis.hgetall(TENANTS_KEY),
        redis.hlen(WAITING_JOBS_KEY).then((n) => (n > MAX_COUNTED ? NONE : redis.hgetall(WAITING_JOBS_KEY))),
      ]),
    );
    const waiting = new Map<string, number>();
    for (const entry of Object.values(waitingJobs)) {
      const tenant = entry.split(' ')[2] ?? '';
      waiting.set(tenant, (waiting.get(tenant) ?? 0) + 1);
    }
    return Object.entries(sums)
      .filter(([field]) => field.startsWith('jobs:'))
      .map(([field, jobs]) => ({ id: field.slice('jobs:'.length), inFlight: Number(jobs) }))
      .map(({ id, inFlight }) => ({
        ...{ id, inFlight, bytes: Number(sums[`bytes:${id}`] ?? 0), waiting: waiting.get(id) ?? 0 },
      }))
      .sort((a, b) => b.inFlight - a.inFlight)
      .slice(0, limit);
  }
}
