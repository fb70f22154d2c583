import type { Redis } from 'ioredis';
import { defineScript, type RunScript } from '../redis/lua-scripts.js';
import { mapRedisErrors, mapRedisReadErrors } from '../redis/redis-errors.js';
import { WORKERS_KEY } from '../redis/redis-keys.js';

/** How often a worker renews its registration, and when one expires: a busy machine may delay some renewals. */
export const HEARTBEAT_MS = 1000;
const REGISTRATION_MS = 5000;

/** A worker as it describes itself. */
export interface WorkerFacts {
  name: string;
  /** Images that it processes in parallel. */
  slots: number;
  /** Model of images that name none. */
  model: string;
  /** All models that it has loaded. */
  models: string[];
  provider: string;
  /** Failed retention checks, where `RETENTION_GUARD` is `warn`. */
  faults: string[];
  /** When it started and checked itself, RFC 3339. */
  startedAt: string;
}

/** The workers that run now. */
export class WorkerRegistry {
  private readonly renew: RunScript<object, null>;
  private readonly listLive: RunScript<object, string[]>;

  constructor(private readonly redis: Redis) {
    this.renew = defineScript(redis, 'worker-heartbeat');
    this.listLive = defineScript(redis, 'live-workers');
  }

  /** Registers a worker, or renews its registration. */
  async heartbeat(worker: WorkerFacts): Promise<void> {
    const args = { worker: JSON.stringify(worker), lifetimeMs: REGISTRATION_MS };
    await mapRedisErrors(() => this.renew([WORKERS_KEY], args));
  }

  /** Removes a worker that stops. */
  async deregister(worker: WorkerFacts): Promise<void> {
    await mapRedisErrors(() => this.redis.zrem(WORKERS_KEY, JSON.stringify(worker)));
  }

  /** Workers whose registration has not expired. */
  async live(): Promise<WorkerFacts[]> {
    const members = await mapRedisReadErrors(() => this.listLive([WORKERS_KEY], {}));
    return members.map((member) => JSON.parse(member) as WorkerFacts);
  }
}
