import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { VIRTUAL_TIME_KEY, FINISH_TAGS_KEY, WAITING_JOBS_KEY } from '#broker/redis/redis-keys.js';
import { ACTIVE_KEY, PRIORITIZED_KEY, SCORE_STEP } from '#broker/queue/bullmq-internals.js';
import { JobConsumer } from '#broker/queue/job-consumer.js';
import { JobQueue } from '#broker/queue/job-queue.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { FairScheduler } from '#broker/queue/fair-scheduler.js';
import type { JobId } from '#contracts/job-id.js';
import type { Tenant } from '#contracts/tenant.js';
import { deriveSecrets, drawToken } from '#crypto/job-token.js';
import { eventually } from '../../harness/eventually.js';
import { RedisProcess } from '../../harness/redis-process.js';
import { tenant } from '../../harness/tenants.js';

const LIFETIME_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'removebg-fair-'));
const redis = new RedisProcess(folder);
const newId = (): JobId => deriveSecrets(drawToken()).id;
let control: Redis;
let scheduler: FairScheduler;
let queue: JobQueue;

beforeAll(async () => {
  await redis.start();
  control = connect(redis.urlFor('inspector'), 'control');
  await whenReady(control, 2000);
});

beforeEach(async () => {
  await control.flushall();
  scheduler = new FairScheduler(control, LIFETIME_MS);
  queue = new JobQueue(redis.urlFor('inspector'), control, scheduler);
});

afterEach(() => queue.close());

afterAll(async () => {
  control.disconnect();
  await redis.kill();
  rmSync(folder, { recursive: true });
});

/** Puts `count` jobs of one tenant into the queue. */
async function bring(who: Tenant, count: number, { cost = 1, to = queue } = {}): Promise<JobId[]> {
  const ids = Array.from({ length: count }, newId);
  for (const id of ids) await to.add(id, { tenant: who, cost });
  return ids;
}

/** Takes jobs from the queue, one at a time, each a few milliseconds, until stopped. */
function consume(onBegin: (id: JobId) => void): JobConsumer {
  const work = async (id: JobId): Promise<void> => {
    onBegin(id);
    await sleep(1);
  };
  const consumer = new JobConsumer(redis.urlFor('inspector'), scheduler, {
    concurrency: 1,
    work,
    onTrouble: () => undefined,
  });
  consumer.start();
  return consumer;
}

/** The next job, as a worker would have it; nothing is done with BullMQ's own state. */
async function begin(): Promise<JobId | undefined> {
  const [id] = (await control.zpopmin(PRIORITIZED_KEY)) as JobId[];
  if (id !== undefined) await scheduler.advance(id);
  return id;
}

const prioritiesOf = async (ids: readonly JobId[]): Promise<number[]> => {
  const scores = await Promise.all(ids.map((id) => control.zscore(PRIORITIZED_KEY, id)));
  return scores.map((score) => Math.floor(Number(score) / SCORE_STEP));
};

test('a job whose API was killed before it queued it is queued when its request is repeated, and others are not queued twice', async () => {
  const [waiting] = await bring(tenant('one'), 1);
  const lost = newId();
  const request = { tenant: tenant('two'), cost: 1 };
  for (let times = 0; times < 2; times += 1) {
    await queue.restore(waiting!, { tenant: tenant('one'), cost: 1 });
    await queue.restore(lost, request);
  }
  expect(await queue.depth()).toEqual({ waiting: 2, active: 0 });
  expect([await begin(), await begin()].sort()).toEqual([waiting, lost].sort());
  expect(await begin()).toBeUndefined();
});

describe('fair order of tenants, on a real Redis and a real BullMQ', () => {
  it('jobs of twenty other tenants run before the 2,000 of one tenant, which is hardly delayed', async () => {
    const heavy = new Set(await bring(tenant('heavy'), 2000));
    const broughtAt = new Map<JobId, { started: number; at: number }>();
    const waits: { jobs: number; ms: number }[] = [];
    let started = 0;
    let lastHeavy = 0;
    const startedAt = performance.now();
    const consumer = consume((id) => {
      started += 1;
      if (heavy.delete(id)) lastHeavy = started;
      const brought = broughtAt.get(id);
      if (brought) waits.push({ jobs: started - 1 - brought.started, ms: performance.now() - brought.at });
    });
    for (let i = 0; i < 20; i++) {
      await eventually(() => started >= (i + 1) * 50);
      const id = newId();
      broughtAt.set(id, { started, at: performance.now() });
      await queue.add(id, { tenant: tenant(`light${i}`), cost: 1 });
    }
    await eventually(() => started === 2020);
    const allMs = performance.now() - startedAt;
    await consumer.close();
    const middle = (values: number[]): number => values.sort((a, b) => a - b)[10]!;
    expect(waits).toHaveLength(20);
    // Counts the jobs started since they were added, which does not depend on the load of the machine.
    expect(middle(waits.map(({ jobs }) => jobs))).toBeLessThan(2);
    expect(middle(waits.map(({ ms }) => ms))).toBeLessThan(allMs / 100);
    expect(lastHeavy).toBeLessThan(2000 * 1.1);
  });

  it('a tenant with twice the weight gets twice as many jobs started', async () => {
    const light = new Set(await bring(tenant('light'), 90));
    const heavy = new Set(await bring(tenant('heavy', { weight: 2 }), 90));
    const started: JobId[] = [];
    const consumer = consume((id) => started.push(id));
    await eventually(() => started.length === 180);
    await consumer.close();
    expect(started.slice(0, 90).filter((id) => heavy.has(id))).toHaveLength(60);
    expect(started.slice(0, 90).filter((id) => light.has(id))).toHaveLength(30);
  });

  it('a tenant whose images cost a third gets three images per image of the other', async () => {
    const large = new Set(await bring(tenant('large'), 20, { cost: 3 }));
    await bring(tenant('small'), 60);
    let startedLarge = 0;
    for (let i = 0; i < 40; i++) if (large.has((await begin())!)) startedLarge += 1;
    expect(startedLarge).toBe(10);
  });

  it('discarding jobs returns their virtual time to their tenant and does not affect others', async () => {
    const other = await bring(tenant('other'), 3);
    const given = await bring(tenant('fickle'), 50);
    for (const id of given) await queue.discard(id);
    await queue.discard(given[0]!);
    const [again] = await bring(tenant('fickle'), 1);
    expect([await begin(), await begin(), await begin(), await begin()]).toEqual([
      other[0],
      again,
      other[1],
      other[2],
    ]);
    expect(await control.hlen(WAITING_JOBS_KEY)).toBe(0);
  });

  it('the virtual time does not move back when a job is started again', async () => {
    const ids = await bring(tenant('only'), 3);
    for (let i = 0; i < 3; i++) await begin();
    const now = await control.hget(VIRTUAL_TIME_KEY, 'now');
    await scheduler.advance(ids[0]!);
    expect(await control.hget(VIRTUAL_TIME_KEY, 'now')).toBe(now);
    expect(now).toBe('2');
  });

  it('the state is reset when no job waits or runs, and kept while one runs', async () => {
    await bring(tenant('first'), 5);
    for (let i = 0; i < 5; i++) await begin();
    await control.lpush(ACTIVE_KEY, 'running');
    await bring(tenant('first'), 1);
    expect(await control.hget(VIRTUAL_TIME_KEY, 'now')).toBe('4');
    expect(await control.zscore(FINISH_TAGS_KEY, tenant('first').id)).toBe('6');
    await begin();
    await control.del(ACTIVE_KEY);
    const [id] = await bring(tenant('first'), 1);
    expect(await control.hget(VIRTUAL_TIME_KEY, 'now')).toBeNull();
    expect(await prioritiesOf([id!])).toEqual([1]);
    for (const key of [VIRTUAL_TIME_KEY, FINISH_TAGS_KEY, WAITING_JOBS_KEY]) {
      const left = await control.pttl(key);
      expect(left).toBeGreaterThan(LIFETIME_MS / 2);
    }
  });
});

describe('priorities near their end', () => {
  const LARGEST = 20;

  beforeEach(async () => {
    await queue.close();
    scheduler = new FairScheduler(control, LIFETIME_MS, LARGEST);
    queue = new JobQueue(redis.urlFor('inspector'), control, scheduler);
  });

  it('start tags beyond the largest priority keep their order, and no priority is 0', async () => {
    const waiting = await bring(tenant('a'), 4);
    const started: JobId[] = [];
    for (let i = 0; i < 100; i++) {
      started.push((await begin())!);
      waiting.push(...(await bring(tenant('a'), 1)));
      if (i % 10 === 0) expect((await queue.waiting(9)).ids).toEqual(waiting.slice(i + 1));
      const priorities = await prioritiesOf(waiting.slice(i + 1));
      expect(Math.min(...priorities)).toBeGreaterThan(0);
      expect(Math.max(...priorities)).toBeLessThanOrEqual(LARGEST);
    }
    expect(started).toEqual(waiting.slice(0, 100));
    expect(Number(await control.hget(VIRTUAL_TIME_KEY, 'base'))).toBeGreaterThan(LARGEST);
  });

  it('jobs of other tenants are next when one tenant has more jobs than there are priorities', async () => {
    await bring(tenant('heavy'), 50);
    for (let i = 0; i < 5; i++) await begin();
    const [light] = await bring(tenant('light'), 1);
    expect(Math.max(...(await prioritiesOf((await queue.waiting(100)).ids as JobId[])))).toBe(LARGEST);
    const next = [await begin(), await begin()];
    expect(next).toContain(light);
  });

  it('a job added while the base advances gets its correct position', async () => {
    await bring(tenant('a'), 19);
    for (let i = 0; i < 15; i++) await begin();
    const late = newId();
    const stale = await scheduler.schedule(late, { tenant: tenant('a'), cost: 1 });
    expect(stale).toBe(LARGEST);
    const [after] = await bring(tenant('a'), 1);
    await control.zadd(PRIORITIZED_KEY, stale * SCORE_STEP + 7, late);
    await scheduler.rebase(late, stale);
    expect((await queue.waiting(9)).ids.slice(-2)).toEqual([late, after]);
    expect(await prioritiesOf([late, after!])).toEqual([6, 7]);
  });
});
