import type { Redis } from 'ioredis';
import {
  DEADLINES_KEY,
  PACE_KEY,
  queueKey,
  RESERVATIONS_KEY,
  RESERVED_TOTAL_KEY,
  TENANTS_KEY,
  TURNS_WAITING_KEY,
} from '../redis/redis-keys.js';
import { mapRedisErrors } from '../redis/redis-errors.js';

/** How the service stands, in numbers. */
export interface ServiceStats {
  waiting: number;
  running: number;
  /** Accepted and not yet at their end. */
  inFlight: number;
  inFlightBytes: number;
  capacityBytes: number;
  tenants: number;
  /** Since when the purge of the job that is most overdue has been due; 0 when none is. */
  purgeLagMs: number;
  /** Moving estimate of the work on one image; undefined before the first. */
  serviceMs: number | undefined;
  redisUsedBytes: number;
}

/** What one client has in the service. `id` is a keyed hash. */
export interface TenantStatus {
  id: string;
  inFlight: number;
  bytes: number;
  waiting: number;
}

/** Above this the waiting jobs of each client are not counted one by one. */
const MAX_COUNTED = 20_000;

const NONE: Record<string, string> = {};

/** For operators: sums and counts, from what the broker keeps anyway. No id of a job comes out of it. */
export class ServiceOverview {
  constructor(
    private readonly redis: Redis,
    private readonly capacityBytes: () => number,
  ) {}

  /** How things stand. @throws Problem `broker-unavailable` */
  async standing(): Promise<ServiceStats> {
    const { redis } = this;
    const [waiting, running, inFlight, bytes, fields, due, [seconds, micros], serviceMs, memory] =
      await mapRedisErrors(() =>
        Promise.all([
          redis.zcard(queueKey('prioritized')),
          redis.llen(queueKey('active')),
          redis.hlen(RESERVATIONS_KEY),
          redis.get(RESERVED_TOTAL_KEY),
          redis.hlen(TENANTS_KEY),
          redis.zrange(DEADLINES_KEY, 0, '0', 'WITHSCORES'),
          redis.time(),
          redis.hget(PACE_KEY, 'serviceMs'),
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
      // Two fields a tenant, and one a pool.
      tenants: Math.floor(fields / 2),
      purgeLagMs: due[1] === undefined ? 0 : Math.max(0, now - Number(due[1])),
      serviceMs: serviceMs === null ? undefined : Number(serviceMs),
      redisUsedBytes: Number(/^used_memory:(\d+)/m.exec(memory)?.[1] ?? 0),
    };
  }

  /** Clients with jobs in flight, those with most first, at most `most`. @throws Problem `broker-unavailable` */
  async tenants(most: number): Promise<TenantStatus[]> {
    const { redis } = this;
    const [sums, turns] = await mapRedisErrors(() =>
      Promise.all([
        redis.hgetall(TENANTS_KEY),
        redis
          .hlen(TURNS_WAITING_KEY)
          .then((n) => (n > MAX_COUNTED ? NONE : redis.hgetall(TURNS_WAITING_KEY))),
      ]),
    );
    const waiting = new Map<string, number>();
    for (const entry of Object.values(turns)) {
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
      .slice(0, most);
  }
}
