import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { openBroker, type Broker } from '#broker/broker.js';
import { inputKey, RESERVATIONS_KEY, RESERVED_TOTAL_KEY, TENANTS_KEY } from '#broker/redis/redis-keys.js';
import { JOB_EVENTS, nextState, type JobEvent } from '#broker/records/job-transitions.js';
import type { OutputFacts } from '#broker/records/job-record.js';
import { lifetimesOf, PURGE_GRACE_MS } from '#broker/records/lifetimes.js';
import { JobStore } from '#broker/jobs/job.store.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import type { JobState } from '#contracts/job-states.js';
import { loadSettings } from '#config/settings.js';
import { deriveSecrets, drawToken } from '#crypto/job-token.js';
import { RedisProcess } from '../../harness/redis-process.js';
import { tenant } from '../../harness/tenants.js';

const OUTPUT = {
  attempt: 1,
  chunks: 1,
  bytes: 5,
  width: 1,
  height: 1,
  format: 'png',
  foreground: { left: 0, top: 0, width: 1, height: 1 },
  subjects: [] as never[],
  hints: [] as never[],
  looks: 1,
  model: 'isnet',
  provider: 'cpu',
  timingsMs: { infer: 1 },
} as const;
const PARTS = [{ role: 'input', chunks: 1, bytes: 10 }] as const;
const SOMEBODY = tenant('somebody');
/** Without shards, payload is on the one Redis. */
const AT_HOME = { incarnation: undefined };
const UPLOAD = { parts: PARTS, options: jobOptionsSchema.parse({}), reserveBytes: 10, tenant: SOMEBODY };
const folder = mkdtempSync(join(tmpdir(), 'removebg-store-'));
const redis = new RedisProcess(folder);
const newId = () => deriveSecrets(drawToken()).id;
let broker: Broker;

beforeAll(async () => {
  await redis.start();
  broker = await openBroker(
    {
      ...loadSettings({}),
      REDIS_URL: redis.urlFor('inspector'),
      RETENTION_GUARD: 'warn',
    },
    'api',
  );
});

afterAll(async () => {
  await broker.close();
  await redis.kill();
  rmSync(folder, { recursive: true });
});

/** Makes one event happen by the store's own method for it. */
async function happen(id: ReturnType<typeof newId>, event: JobEvent, attempt: number): Promise<void> {
  const { jobs } = broker;
  switch (event) {
    case 'accept':
      await jobs.accept(id, { wrappedKeys: 'k', reserveBytes: 10, tenant: SOMEBODY });
      return;
    case 'enqueue':
      await jobs.enqueue(id, UPLOAD);
      return;
    case 'claim':
      await jobs.claim(id);
      return;
    case 'commit':
      await jobs.commit(id, { ...OUTPUT, attempt });
      return;
    case 'lease':
      await jobs.lease(id, 'L');
      return;
    case 'renew':
      await jobs.renew(id, 'L');
      return;
    case 'release':
      await jobs.release(id, 'L');
      return;
    case 'progress':
      await jobs.progress(id);
      return;
    default:
      await jobs.end(id, event);
  }
}

describe('the job store on a real Redis', () => {
  it('records follow the transition table for any order of events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...JOB_EVENTS), { maxLength: 25 }), async (events) => {
        const id = newId();
        let state: JobState | undefined;
        let attempt = 0;
        for (const event of events) {
          await happen(id, event, attempt);
          const next = nextState(state, event);
          if (next !== undefined && event === 'claim') attempt += 1;
          state = next ?? state;
          expect((await broker.jobs.read(id))?.state).toBe(state);
        }
        await broker.jobs.end(id, 'expire');
      }),
      { numRuns: 60 },
    );
  });

  it('no reservation is left when all jobs have ended', async () => {
    const inspect = connect(redis.urlFor('inspector'), 'control');
    await whenReady(inspect, 2000);
    expect(await inspect.hgetall(RESERVATIONS_KEY)).toEqual({});
    expect(await inspect.hgetall(TENANTS_KEY)).toEqual({});
    expect(Number(await inspect.get(RESERVED_TOTAL_KEY))).toBe(0);
    inspect.disconnect();
  });

  it('all facts of a result are in its record, and none of them after its end', async () => {
    const id = newId();
    for (const event of ['accept', 'enqueue', 'claim'] as const) await happen(id, event, 1);
    const output: OutputFacts = {
      ...OUTPUT,
      ...{ confidence: 0.42, hints: ['low-confidence', 'graphics'], looks: 3 },
      subjects: [{ box: { left: 0, top: 0, width: 1, height: 1 }, share: 1 }],
    };
    await broker.jobs.commit(id, output);
    expect((await broker.jobs.read(id))?.output).toEqual(output);
    await broker.purge.cancelled(id);
    expect((await broker.jobs.read(id))?.output).toBeUndefined();
  });

  it('a worker that lost its fence cannot commit or fail the job', async () => {
    const id = newId();
    for (const event of ['accept', 'enqueue', 'claim', 'claim'] as const) await happen(id, event, 1);
    expect(await broker.jobs.commit(id, { ...OUTPUT, attempt: 1 })).toBeUndefined();
    expect(await broker.purge.failed(id, 'processing-failed', 1)).toBe(false);
    expect((await broker.jobs.commit(id, { ...OUTPUT, attempt: 2 }))?.state).toBe('ready');
    await broker.purge.cancelled(id);
  });

  it('a commit can be repeated, but not by another attempt', async () => {
    const id = newId();
    for (const event of ['accept', 'enqueue', 'claim'] as const) await happen(id, event, 0);
    await broker.jobs.commit(id, OUTPUT);
    expect((await broker.jobs.commit(id, OUTPUT))?.state).toBe('ready');
    expect(await broker.jobs.commit(id, { ...OUTPUT, attempt: 2 })).toBeUndefined();
    await broker.purge.cancelled(id);
  });

  it('the sweeper completes an interrupted purge', async () => {
    const id = newId();
    for (const event of ['accept', 'enqueue'] as const) await happen(id, event, 0);
    await broker.payloads.of(AT_HOME).open(inputKey(id), 60_000);
    await broker.payloads.of(AT_HOME).write(inputKey(id), 0, Buffer.from('sealed'));
    await broker.jobs.end(id, 'cancel');
    expect(await broker.payloads.of(AT_HOME).read(inputKey(id), 0)).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, PURGE_GRACE_MS + 100));
    await broker.sweeper.sweep();
    expect(await broker.payloads.of(AT_HOME).read(inputKey(id), 0)).toBeUndefined();
    expect(await broker.jobs.read(id)).toMatchObject({ state: 'cancelled', keysRemoved: 1 });
    expect((await broker.jobs.read(id))?.purgedAt).toBeDefined();
    expect(await broker.jobs.expired(10)).toEqual([]);
  });

  it('the record of a committed job has no wrapped keys', async () => {
    const id = newId();
    for (const event of ['accept', 'enqueue', 'claim'] as const) await happen(id, event, 0);
    expect((await broker.jobs.read(id))?.wrappedKeys).toBe('k');
    expect((await broker.jobs.commit(id, OUTPUT))?.wrappedKeys).toBeUndefined();
    await broker.purge.cancelled(id);
  });

  it('of parallel readers exactly one leases the result', async () => {
    const id = newId();
    for (const event of ['accept', 'enqueue', 'claim'] as const) await happen(id, event, 0);
    await broker.jobs.commit(id, OUTPUT);
    const leases = await Promise.all(Array.from({ length: 20 }, (_, i) => broker.jobs.lease(id, `L${i}`)));
    expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1);
    expect(await broker.purge.delivered(id, 'somebody else')).toBe(false);
    await broker.purge.cancelled(id);
  });

  it('a reservation beyond the total limit gets capacity-exhausted, and no record is created', async () => {
    const control = connect(redis.urlFor('inspector'), 'control');
    await whenReady(control, 2000);
    const store = new JobStore(control, lifetimesOf(loadSettings({})), 100);
    const [first, second] = [newId(), newId()];
    await store.accept(first, { wrappedKeys: 'k', reserveBytes: 80, tenant: SOMEBODY });
    await expect(
      store.accept(second, { wrappedKeys: 'k', reserveBytes: 30, tenant: SOMEBODY }),
    ).rejects.toMatchObject({
      code: 'capacity-exhausted',
    });
    expect(await store.read(second)).toBeUndefined();
    await store.end(first, 'cancel');
    await store.accept(second, { wrappedKeys: 'k', reserveBytes: 30, tenant: SOMEBODY });
    await store.end(second, 'cancel');
    control.disconnect();
  });
});
