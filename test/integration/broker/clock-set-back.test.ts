import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBroker, type Broker } from '#broker/broker.js';
import { DEADLINES_KEY, rateKey } from '#broker/redis/redis-keys.js';
import { STALLED_CHECK_KEY } from '#broker/queue/bullmq-internals.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { loadSettings } from '#config/settings.js';
import { deriveSecrets, drawToken } from '#crypto/job-token.js';
import { RedisProcess } from '../../harness/redis-process.js';
import { tenant } from '../../harness/tenants.js';

/** What the clock was ahead by while everything below was noted. */
const AHEAD_MS = 10 * 3600_000;
const WINDOW_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'removebg-clock-'));
const redis = new RedisProcess(folder);
const inspector = connect(redis.urlFor('inspector'), 'control');
let broker: Broker;

beforeAll(async () => {
  await redis.start();
  await whenReady(inspector, 5000);
  const settings = { ...loadSettings({}), REDIS_URL: redis.urlFor('inspector') };
  broker = await openBroker({ ...settings, RETENTION_GUARD: 'warn' }, 'api');
});
afterAll(async () => {
  await broker.close();
  inspector.disconnect();
  await redis.kill();
  rmSync(folder, { recursive: true });
});

test('a job accepted before the clock was set back gets its full lifetime again', async () => {
  const { id } = deriveSecrets(drawToken());
  await broker.jobs.accept(id, { wrappedKeys: 'x', reserveBytes: 10, tenant: tenant('somebody') });
  const deadline = async (): Promise<number> => Number(await inspector.zscore(DEADLINES_KEY, id));
  const before = await deadline();
  await inspector.zincrby(DEADLINES_KEY, AHEAD_MS, id);
  await inspector.set(STALLED_CHECK_KEY, '1', 'PX', AHEAD_MS);
  expect(await broker.jobs.expired(10)).toEqual([]);
  expect(await deadline()).toBeGreaterThanOrEqual(before);
  expect(await deadline()).toBeLessThan(before + WINDOW_MS);
  expect(await inspector.exists(STALLED_CHECK_KEY)).toBe(0);
});

test('a rate limit window from before the clock was set back gets its full length again', async () => {
  await inspector.set(rateKey('somebody'), '7', 'PX', AHEAD_MS);
  const { closesInMs } = await broker.limiter.hit('somebody', WINDOW_MS);
  expect(closesInMs).toBe(WINDOW_MS);
  expect(await inspector.pttl(rateKey('somebody'))).toBeLessThanOrEqual(WINDOW_MS);
});
