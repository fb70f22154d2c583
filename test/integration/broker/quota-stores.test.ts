import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { pixelsKey, rateKey, idempotencyKey } from '#broker/redis/redis-keys.js';
import { lifetimesOf } from '#broker/records/lifetimes.js';
import { PixelBudget, PIXEL_WINDOW_MS } from '#broker/limits/pixel-budget.js';
import { RateLimiter } from '#broker/limits/rate-limiter.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { IdempotencyStore } from '#broker/limits/idempotency.store.js';
import { loadSettings } from '#config/settings.js';
import { RedisProcess } from '../../harness/redis-process.js';

const folder = mkdtempSync(join(tmpdir(), 'removebg-quota-'));
const server = new RedisProcess(folder);
let redis: Redis;

beforeAll(async () => {
  await server.start();
  // As the API's own user: what it may not do fails here.
  redis = connect(server.urlFor('api'), 'control');
  await whenReady(redis, 5000);
});
afterAll(async () => {
  redis.disconnect();
  await server.kill();
  rmSync(folder, { recursive: true });
});

describe('a pixel budget on a real Redis', () => {
  const MP = 1_000_000;

  it('taking pixels lowers the budget, and its key has a lifetime', async () => {
    const budget = new PixelBudget(redis);
    expect(await budget.status('a', 100)).toEqual({ left: 100, fullInMs: 0, openInMs: 0 });
    expect(await redis.exists(pixelsKey('a'))).toBe(0);
    const { taken, status } = await budget.take('a', 100, 40 * MP);
    expect(taken).toBe(true);
    expect(status.left).toBeCloseTo(60, 0);
    expect(status.fullInMs).toBe(24_000);
    expect(await redis.pttl(pixelsKey('a'))).toBeGreaterThan(23_000);
    expect((await budget.status('b', 100)).left).toBe(100);
  });

  it('one image may overdraw the budget, and a further one is refused', async () => {
    const budget = new PixelBudget(redis);
    expect((await budget.take('c', 10, 9 * MP)).taken).toBe(true);
    const { taken, status } = await budget.take('c', 10, 50 * MP);
    expect([taken, Math.round(status.left)]).toEqual([true, -49]);
    const refused = await budget.take('c', 10, MP);
    expect([refused.taken, Math.round(refused.status.left)]).toEqual([false, -49]);
    expect(refused.status.openInMs).toBeGreaterThan(4.5 * PIXEL_WINDOW_MS);
  });

  it('of parallel images at most one overdraws the budget', async () => {
    const budget = new PixelBudget(redis);
    const all = await Promise.all(Array.from({ length: 20 }, () => budget.take('d', 10, 4 * MP)));
    expect(all.filter(({ taken }) => taken)).toHaveLength(3);
  });

  it('a budget refills, and its key expires when it is full', async () => {
    const budget = new PixelBudget(redis);
    await budget.take('e', 1000, 5 * MP);
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await budget.status('e', 1000)).toEqual({ left: 1000, fullInMs: 0, openInMs: 0 });
    expect(await redis.exists(pixelsKey('e'))).toBe(0);
  });
});

describe('counted requests on a real Redis', () => {
  it('reading the status does not count as a request', async () => {
    const limiter = new RateLimiter(redis);
    expect(await limiter.status('a')).toEqual({ hits: 0, closesInMs: 0 });
    await limiter.hit('a', 60_000);
    await limiter.hit('a', 60_000);
    expect((await limiter.status('a')).hits).toBe(2);
    const { hits, closesInMs } = await limiter.status('a');
    expect(hits).toBe(2);
    expect(closesInMs).toBeGreaterThan(59_000);
    expect(await redis.pttl(rateKey('a'))).toBeGreaterThan(59_000);
  });
});

describe('submissions that may be repeated, on a real Redis', () => {
  const lifetimes = lifetimesOf(loadSettings({}));
  const store = (): IdempotencyStore => new IdempotencyStore(redis, lifetimes);

  it('of parallel calls that open an entry one creates it, and all get the same salt', async () => {
    const opened = await Promise.all(Array.from({ length: 10 }, (_, i) => store().open('a', `salt${i}`)));
    expect(opened.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(opened.map(({ entry }) => entry.salt)).size).toBe(1);
    expect(opened.every(({ entry }) => entry.fingerprint === undefined)).toBe(true);
  });

  it('a completed entry has the maximum lifetime of a job', async () => {
    const { entry } = await store().open('b', 'salt');
    expect(await redis.pttl(idempotencyKey('b'))).toBeGreaterThan(lifetimes.uploadMs);
    await store().complete(entry, 'print');
    const { queueMs, workMs, resultMs } = lifetimes;
    expect(await redis.pttl(idempotencyKey('b'))).toBeLessThanOrEqual(queueMs + workMs + resultMs);
    expect((await store().open('b', 'other')).entry).toEqual({
      name: 'b',
      salt: 'salt',
      fingerprint: 'print',
    });
    expect(Object.keys(await redis.hgetall(idempotencyKey('b'))).sort()).toEqual(['print', 'salt']);
  });

  it('completing or deleting an older entry does not change its successor', async () => {
    const { entry } = await store().open('c', 'first');
    await store().forget(entry);
    await store().open('c', 'second');
    await store().forget(entry);
    await store().complete(entry, 'print');
    expect((await store().open('c', 'third')).entry).toEqual({ name: 'c', salt: 'second', print: undefined });
  });

  it('completing an entry that does not exist creates no key', async () => {
    await store().complete({ name: 'd', salt: 'salt', fingerprint: undefined }, 'print');
    expect(await redis.exists(idempotencyKey('d'))).toBe(0);
  });
});
