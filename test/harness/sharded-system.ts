import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import type { ModelFolder } from './model-folder.js';
import { RedisProcess } from './redis-process.js';
import { inspectorAt, TestSystem } from './system.js';
import { nothingRemains } from './traces.js';

/** A payload server of a test, by its name. */
export interface TestShard {
  name: string;
  redis: RedisProcess;
  /** A client that may look at everything on it. */
  inspector: Redis;
}

/** The whole service with payload on Redis servers of their own. */
export class ShardedSystem {
  readonly shards: TestShard[] = [];
  readonly system: TestSystem;
  private readonly folders: string[] = [];

  /** @param model a model of the test's own, which is removed with the system; the real one by default */
  constructor(names: readonly string[], overrides: Record<string, string> = {}, model?: ModelFolder) {
    for (const name of names) {
      const folder = mkdtempSync(join(tmpdir(), `removebg-${name}-`));
      const redis = new RedisProcess(folder, `${overrides['REDIS_MAXMEMORY_MB'] ?? '256'}mb`);
      const inspector = inspectorAt(redis.socket, { lazyConnect: true, retryStrategy: () => 100 });
      inspector.on('error', () => undefined);
      this.folders.push(folder);
      this.shards.push({ name, redis, inspector });
    }
    const settings = { ...model?.settings, PAYLOAD_REDIS_URLS: this.urls, ...overrides };
    this.system = new TestSystem(settings, model?.launch);
    this.system.onceStopped(() => model?.remove());
  }

  /** `PAYLOAD_REDIS_URLS` of all shards. */
  get urls(): string {
    return this.shards.map(({ name, redis }) => `${name}=unix://${redis.socket}`).join(',');
  }

  /** Starts all Redis servers, one API, and `workers` workers. */
  async start(workers = 1): Promise<void> {
    await this.startServers();
    await Promise.all([
      this.system.startApi(),
      ...Array.from({ length: workers }, () => this.system.startWorker()),
    ]);
  }

  /** Starts all Redis servers. */
  async startServers(): Promise<void> {
    await Promise.all([this.system.redis.start(), ...this.shards.map(({ redis }) => redis.start())]);
    for (const { inspector } of this.shards) await inspector.connect();
  }

  /** The shard of that name. */
  shard(name: string): TestShard {
    const found = this.shards.find((shard) => shard.name === name);
    if (found === undefined) throw new Error(`no shard ${name}`);
    return found;
  }

  /** Where the payload of a job is, by its record. */
  async shardOf(id: string): Promise<TestShard> {
    const incarnation = await this.system.inspector().hget(`rb:{${id}}:job`, 'seat');
    return this.shard(incarnation?.split('.')[0] ?? '');
  }

  /**
   * Resolves once neither the control Redis nor any shard that lives has anything of a job. Ids of those that lie on a
   * dead one stay noted: if it is not dead after all, their bytes are removed when it answers again.
   */
  async nothingRemains(alive: readonly TestShard[] = this.shards): Promise<void> {
    await nothingRemains(this.system, alive.length < this.shards.length ? ['rb:deadlines'] : []);
    for (const { inspector } of alive) {
      await eventually(async () => (await inspector.keys('*')).length === 0, 5000);
    }
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    for (const { inspector } of this.shards) inspector.disconnect();
    await this.system.stop();
    for (const { redis } of this.shards) await redis.kill();
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }
}
