import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBroker, type Broker } from '#broker/broker.js';
import type { JobRecord, OutputFacts } from '#broker/records/job-record.js';
import { EXPIRY_MARGIN_MS } from '#broker/records/lifetimes.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { DEADLINES_KEY, inputKey, recordKey } from '#broker/redis/redis-keys.js';
import type { JobId } from '#contracts/job-id.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { loadSettings } from '#config/settings.js';
import { batchIdOf } from '#crypto/batch-token.js';
import { deriveSecrets, drawToken } from '#crypto/job-token.js';
import { RedisProcess } from '../../harness/redis-process.js';
import { tenant } from '../../harness/tenants.js';

const OUTPUT: OutputFacts = {
  ...{ attempt: 1, chunks: 1, bytes: 5, width: 1, height: 1, looks: 1 },
  format: 'png',
  provider: 'cpu',
  ...{ model: 'isnet', timingsMs: { infer: 1 } },
  foreground: { left: 0, top: 0, width: 1, height: 1 },
  ...{ subjects: [], hints: [] },
};
const PARTS = [{ role: 'input', chunks: 1, bytes: 10 }] as const;
const SOMEBODY = tenant('somebody');
const AT_HOME = { incarnation: undefined };
const AHEAD_MS = 10 * 3600_000;

const folder = mkdtempSync(join(tmpdir(), 'removebg-promises-'));
const redis = new RedisProcess(folder);
const inspector = connect(redis.urlFor('inspector'), 'control');
let broker: Broker;

const settings = (): Parameters<typeof openBroker>[0] => ({
  ...loadSettings({ QUEUE_TTL_S: '20', RESULT_TTL_S: '10' }),
  ...{ REDIS_URL: redis.urlFor('inspector'), RETENTION_GUARD: 'warn' },
});

beforeAll(async () => {
  await redis.start();
  await whenReady(inspector, 5000);
  broker = await openBroker(settings(), 'api');
});
afterAll(async () => {
  await broker.close();
  inspector.disconnect();
  await redis.kill();
  rmSync(folder, { recursive: true });
});

/** A queued job with these options, whose upload is stored. */
async function queued(options: { start_within?: number; keep_at_most?: number } = {}): Promise<JobRecord> {
  const { id } = deriveSecrets(drawToken());
  const { jobs, payloads, queue } = broker;
  await jobs.accept(id, { wrappedKeys: 'k', reserveBytes: 10, tenant: SOMEBODY });
  await payloads.of(AT_HOME).open(inputKey(id), 60_000);
  await payloads.of(AT_HOME).write(inputKey(id), 0, Buffer.from('sealed'));
  const upload = { parts: PARTS, options: jobOptionsSchema.parse(options), reserveBytes: 10 };
  const record = await jobs.enqueue(id, { ...upload, tenant: SOMEBODY });
  await queue.add(id, { tenant: SOMEBODY, cost: 1 });
  if (record === undefined) throw new Error('not queued');
  return record;
}

/** Moves the deadline of a job to `ms` from now, by the clock of Redis. */
async function dueIn(id: JobId, ms: number): Promise<void> {
  const [seconds, micros] = await inspector.time();
  const at = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) + ms;
  await inspector.multi().hset(recordKey(id), 'deadlineAt', at).zadd(DEADLINES_KEY, at, id).exec();
}

const remaining = async (id: JobId): Promise<number> => inspector.exists(inputKey(id));

describe('given start_within', () => {
  it('then the deadline of the queue is nearer, and Redis drops the record soon after it', async () => {
    const { id, queuedAt = 0, deadlineAt } = await queued({ start_within: 3 });
    expect(deadlineAt - queuedAt).toBe(3000);
    expect(await inspector.pttl(recordKey(id))).toBeLessThanOrEqual(3000 + EXPIRY_MARGIN_MS);
    await broker.purge.cancelled(id);
  });

  it('when it is more than the service grants, then the limit of the service counts', async () => {
    const { id, queuedAt = 0, deadlineAt } = await queued({ start_within: 3600 });
    expect(deadlineAt - queuedAt).toBe(20_000);
    await broker.purge.cancelled(id);
  });

  it('when no worker starts the job, then the sweeper fails and purges it, and it leaves the queue', async () => {
    const { id } = await queued({ start_within: 3 });
    await broker.sweeper.sweep();
    expect((await broker.jobs.read(id))?.state).toBe('queued');
    await dueIn(id, 0);
    await broker.sweeper.sweep();
    const record = await broker.jobs.read(id);
    expect(record).toMatchObject({ state: 'failed', code: 'not-started-in-time', keysRemoved: 1 });
    expect(record).toMatchObject({ promises: { startMs: 3000 }, purgedAt: expect.any(Number) as number });
    expect(await remaining(id)).toBe(0);
    expect((await broker.queue.depth()).waiting).toBe(0);
  });

  it('when more jobs are due than a sweep takes at a time, then it fails all of them', async () => {
    const jobs = await Promise.all(Array.from({ length: 250 }, () => queued({ start_within: 3 })));
    await Promise.all(jobs.map(({ id }) => dueIn(id, 0)));
    expect(await broker.sweeper.sweep()).toBe(250);
    for (const { id } of jobs) expect((await broker.jobs.read(id))?.code).toBe('not-started-in-time');
  });

  it('when a worker comes too late, then it gets no job, also before the sweeper has come', async () => {
    const { id } = await queued({ start_within: 3 });
    await dueIn(id, 0);
    expect(await broker.jobs.claim(id)).toBeUndefined();
    expect((await broker.jobs.read(id))?.state).toBe('queued');
    await broker.sweeper.sweep();
    expect((await broker.jobs.read(id))?.code).toBe('not-started-in-time');
  });

  it('when Redis hangs until the time has passed, then the claim that waited gets no job', async () => {
    const { id } = await queued({ start_within: 3 });
    await dueIn(id, 300);
    redis.signal('SIGSTOP');
    const claims = [broker.jobs.claim(id), broker.jobs.claim(id)].map((claim) =>
      claim.catch(() => undefined),
    );
    await new Promise((resolve) => setTimeout(resolve, 400));
    redis.signal('SIGCONT');
    expect(await Promise.all(claims)).toEqual([undefined, undefined]);
    await broker.sweeper.sweep();
    expect((await broker.jobs.read(id))?.code).toBe('not-started-in-time');
  });

  it('when the API that took the image is gone, then the sweeper of another one ends the job', async () => {
    const { id } = await queued({ start_within: 3 });
    await dueIn(id, 0);
    const other = await openBroker(settings(), 'api');
    await other.sweeper.sweep();
    await other.close();
    expect((await broker.jobs.read(id))?.code).toBe('not-started-in-time');
  });

  it('when its worker crashes, then a later attempt may begin after the time', async () => {
    const { id } = await queued({ start_within: 3 });
    const first = await broker.jobs.claim(id);
    expect(first?.deadlineAt).toBeGreaterThan(Date.now() + 60_000);
    expect(await broker.purge.unstarted(id)).toBe(false);
    expect((await broker.jobs.claim(id))?.attempt).toBe(2);
    await broker.purge.cancelled(id);
  });

  it('when a worker and the sweeper come at the same instant, then exactly one of them has the job', async () => {
    const { jobs, purge, sweeper } = broker;
    const seen = new Set<string>();
    for (let round = 0; round < 150; round++) {
      const { id } = await queued({ start_within: 3 });
      await dueIn(id, round % 3);
      const claims = Array.from({ length: 4 }, () => jobs.claim(id));
      const sweeps = [sweeper.sweep(), purge.unstarted(id).catch(() => false), sweeper.sweep()];
      const claimed = (await Promise.all(claims)).filter((record) => record !== undefined);
      await Promise.all(sweeps);
      const record = await jobs.read(id);
      const isStarted = claimed.length > 0;
      expect([record?.state, record?.code]).toEqual(
        isStarted ? ['running', undefined] : ['failed', 'not-started-in-time'],
      );
      expect(await remaining(id)).toBe(isStarted ? 1 : 0);
      seen.add(record?.state ?? '');
      if (isStarted) await purge.cancelled(id);
    }
    expect([...seen].sort()).toEqual(['failed', 'running']);
  });

  it('when the clock is set back, then the job gets what it promised again, not the time of the service', async () => {
    const { id } = await queued({ start_within: 3 });
    await inspector.zincrby(DEADLINES_KEY, AHEAD_MS, id);
    expect(await broker.jobs.expired(10)).toEqual([]);
    const [seconds] = await inspector.time();
    const leftMs = Number(await inspector.zscore(DEADLINES_KEY, id)) - Number(seconds) * 1000;
    expect(leftMs).toBeLessThanOrEqual(4000);
    await broker.purge.cancelled(id);
  });
});

describe('given keep_at_most', () => {
  it('then it does not shorten the queue, but the result and what is left after a broken delivery', async () => {
    const { id, queuedAt = 0, deadlineAt } = await queued({ keep_at_most: 2 });
    expect(deadlineAt - queuedAt).toBe(20_000);
    await broker.jobs.claim(id);
    const now = async (): Promise<number> => Number((await inspector.time())[0]) * 1000;
    const ready = await broker.jobs.commit(id, OUTPUT);
    expect((ready?.deadlineAt ?? 0) - (await now())).toBeLessThanOrEqual(3000);
    // A delivery is not cut off.
    const leased = await broker.jobs.lease(id, 'L');
    expect((leased?.deadlineAt ?? 0) - (await now())).toBeGreaterThan(5000);
    const released = await broker.jobs.release(id, 'L');
    expect((released?.deadlineAt ?? 0) - (await now())).toBeLessThanOrEqual(3000);
    await dueIn(id, 0);
    await broker.sweeper.sweep();
    const record = await broker.jobs.read(id);
    expect(record).toMatchObject({ state: 'expired', promises: { keepMs: 2000 } });
    expect(record?.purgedAt).toBeDefined();
  });

  it('when it is more than the service grants, then the limit of the service counts', async () => {
    const { id } = await queued({ keep_at_most: 3600 });
    await broker.jobs.claim(id);
    await broker.jobs.commit(id, OUTPUT);
    expect(await inspector.pttl(recordKey(id))).toBeLessThanOrEqual(10_000 + EXPIRY_MARGIN_MS);
    await broker.purge.cancelled(id);
  });
});

it('a job without promises has no field for them, and expires as before', async () => {
  const { id } = await queued();
  const fields = Object.keys(await inspector.hgetall(recordKey(id)));
  expect(fields).not.toContain('startMs');
  expect(fields).not.toContain('keepMs');
  await dueIn(id, 0);
  await broker.sweeper.sweep();
  expect((await broker.jobs.read(id))?.state).toBe('expired');
});

it('a batch keeps the promises for its images', async () => {
  const id = batchIdOf(drawToken());
  const promises = { start_within: 5, keep_at_most: 7 };
  expect((await broker.batches.open(id, promises))?.promises).toEqual(promises);
  expect((await broker.batches.read(id))?.promises).toEqual(promises);
  expect((await broker.batches.close(id))?.promises).toEqual(promises);
});
