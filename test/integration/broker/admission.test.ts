import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { openBroker, type Broker } from '#broker/broker.js';
import {
  DEADLINES_KEY,
  recordKey,
  RESERVATIONS_KEY,
  RESERVED_TOTAL_KEY,
  TENANTS_KEY,
} from '#broker/redis/redis-keys.js';
import { JobPurge } from '#broker/jobs/job-purge.js';
import { JobStore } from '#broker/jobs/job.store.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { Sweeper } from '#broker/jobs/sweeper.js';
import type { JobId } from '#contracts/job-id.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { Tenant } from '#contracts/tenant.js';
import { loadSettings } from '#config/settings.js';
import { deriveSecrets, drawToken } from '#crypto/job-token.js';
import { RedisProcess } from '../../harness/redis-process.js';
import { tenant } from '../../harness/tenants.js';

const CAP_BYTES = 1000;
const TENANTS = [
  tenant('narrow', { maxInFlight: 3, maxReservedBytes: 300 }),
  tenant('wide', { maxInFlight: 8, maxReservedBytes: 800 }),
  tenant('free'),
];
const PARTS = [{ role: 'input', chunks: 1, bytes: 10 }] as const;
const OUTPUT = {
  chunks: 1,
  width: 1,
  height: 1,
  format: 'png',
  foreground: { left: 0, top: 0, width: 1, height: 1 },
  subjects: [] as never[],
  hints: [] as never[],
  looks: 1,
  model: 'isnet',
  provider: 'cpu',
  timingsMs: {},
} as const;
const MOVES = [
  ...['enqueue', 'claim', 'commit', 'lease', 'release', 'deliver', 'fail', 'cancel', 'expire'],
  // Its worker, reader or API died, and its time ran out; Redis dropped its record before the sweeper came.
  ...['overdue', 'dropped', 'sweep'],
] as const;
type Move = (typeof MOVES)[number];

const folder = mkdtempSync(join(tmpdir(), 'removebg-admission-'));
const redis = new RedisProcess(folder);
const newId = (): JobId => deriveSecrets(drawToken()).id;
let broker: Broker;
let control: Redis;
let jobs: JobStore;
let purge: JobPurge;
let sweeper: Sweeper;

beforeAll(async () => {
  await redis.start();
  const url = redis.urlFor('inspector');
  const settings = loadSettings({});
  broker = await openBroker({ ...settings, REDIS_URL: url, RETENTION_GUARD: 'warn' }, 'api');
  control = connect(url, 'control');
  await whenReady(control, 2000);
  jobs = new JobStore(control, broker.lifetimes, CAP_BYTES);
  purge = new JobPurge({ jobs, queue: broker.queue, control, payloads: broker.payloads });
  sweeper = new Sweeper({ jobs, purge, payloads: broker.payloads }, 2);
});

afterAll(async () => {
  control.disconnect();
  await broker.close();
  await redis.kill();
  rmSync(folder, { recursive: true });
});

const open = (id: JobId, who: Tenant, reserveBytes: number): Promise<unknown> =>
  jobs.accept(id, { wrappedKeys: 'k', reserveBytes, tenant: who });

const fill = (id: JobId, who: Tenant, reserveBytes: number): Promise<unknown> =>
  jobs.enqueue(id, { parts: PARTS, options: jobOptionsSchema.parse({}), reserveBytes, tenant: who });

/** One event in the life of a job, whatever state it is in. */
async function move(id: JobId, what: Move, { who, bytes }: { who: Tenant; bytes: number }): Promise<void> {
  if (what === 'enqueue') await fill(id, who, bytes);
  else if (what === 'claim') await jobs.claim(id);
  else if (what === 'commit') {
    const attempt = (await jobs.read(id))?.attempt ?? 0;
    await jobs.commit(id, { ...OUTPUT, attempt, bytes: Math.ceil(bytes / 4) });
  } else if (what === 'lease') await jobs.lease(id, 'L');
  else if (what === 'release') await jobs.release(id, 'L');
  else if (what === 'deliver') await purge.delivered(id, 'L');
  else if (what === 'fail') await purge.failed(id, 'processing-failed');
  else if (what === 'cancel') await purge.cancelled(id);
  else if (what === 'expire') await purge.expired(id);
  else if (what === 'sweep') await sweeper.sweep();
  else {
    await control.zadd(DEADLINES_KEY, 'XX', 0, id);
    if (what === 'dropped') await control.del(recordKey(id));
  }
}

interface Sums {
  total: number;
  tenants: Record<string, string>;
}

/** The sums as Redis keeps them. */
const kept = async (): Promise<Sums> => ({
  total: Number(await control.get(RESERVED_TOTAL_KEY)),
  tenants: await control.hgetall(TENANTS_KEY),
});

/** The sums as they follow from the reservations of the single jobs. */
async function counted(): Promise<Sums> {
  const sums: Sums = { total: 0, tenants: {} };
  const count = (field: string, more: number): void => {
    sums.tenants[field] = String(Number(sums.tenants[field] ?? 0) + more);
  };
  for (const entry of Object.values(await control.hgetall(RESERVATIONS_KEY))) {
    const [bytes = '', who = ''] = entry.split(':');
    sums.total += Number(bytes);
    count(`jobs:${who}`, 1);
    count(`bytes:${who}`, Number(bytes));
  }
  return sums;
}

function expectWithinLimits({ total, tenants }: Sums): void {
  expect(total).toBeLessThanOrEqual(CAP_BYTES);
  for (const { id, maxInFlight, maxReservedBytes } of TENANTS) {
    const inFlight = Number(tenants[`jobs:${id}`] ?? 0);
    expect(inFlight).toBeLessThanOrEqual(maxInFlight);
    if (inFlight > 1) expect(Number(tenants[`bytes:${id}`])).toBeLessThanOrEqual(maxReservedBytes);
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof Problem && ['tenant-limit', 'capacity-exhausted'].includes(error.code);

const step = fc.record({
  job: fc.nat(11),
  what: fc.constantFrom('accept' as const, 'accept' as const, ...MOVES),
  bytes: fc.integer({ min: 1, max: 250 }),
});

describe('admission on a real Redis', () => {
  it('sums of reservations are exact, within the limits, and 0 after the end of all jobs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const ids = Array.from({ length: 12 }, newId);
        for (const { job, what, bytes } of steps) {
          const id = ids[job]!;
          const who = TENANTS[job % TENANTS.length]!;
          const act = what === 'accept' ? open(id, who, bytes) : move(id, what, { who, bytes });
          await act.catch((error: unknown) => {
            if (!isRefusal(error)) throw error;
          });
          const sums = await kept();
          expect(sums).toEqual(await counted());
          expectWithinLimits(sums);
        }
        for (let left = -1; left !== 0; left = await control.zcard(DEADLINES_KEY)) {
          for (const id of ids) await control.zadd(DEADLINES_KEY, 'XX', 0, id);
          await sweeper.sweep();
        }
        expect(await kept()).toEqual({ total: 0, tenants: {} });
      }),
      { numRuns: 80 },
    );
  });

  it('ending a job several times in parallel releases its reservation once', async () => {
    const [ended, other] = [newId(), newId()];
    await open(ended, TENANTS[2]!, 100);
    await open(other, TENANTS[2]!, 70);
    await Promise.all([
      ...[purge.cancelled(ended), purge.expired(ended), purge.failed(ended, 'processing-failed')],
      ...[purge.cancelled(ended), purge.expired(ended)],
    ]);
    expect(await kept()).toMatchObject({ total: 70 });
    await purge.cancelled(other);
  });

  it('a tenant at its limit of jobs gets tenant-limit, and other tenants do not', async () => {
    const [narrow, , free] = TENANTS as [Tenant, Tenant, Tenant];
    const ids = Array.from({ length: 4 }, newId) as [JobId, ...JobId[]];
    for (const id of ids.slice(0, 3)) await open(id, narrow, 10);
    await expect(open(ids[3]!, narrow, 10)).rejects.toMatchObject({ code: 'tenant-limit', status: 429 });
    expect(await jobs.read(ids[3]!)).toBeUndefined();
    await open(ids[3]!, free, 10);
    await purge.cancelled(ids[0]);
    const next = newId();
    await open(next, narrow, 10);
    for (const id of [...ids, next]) await purge.cancelled(id);
  });

  it('a tenant at its limit of bytes gets tenant-limit, except for its only job', async () => {
    const [narrow] = TENANTS as [Tenant];
    const [first, second] = [newId(), newId()];
    await open(first, narrow, 350);
    await expect(open(second, narrow, 10)).rejects.toMatchObject({ code: 'tenant-limit' });
    await purge.cancelled(first);
    const [third, fourth] = [newId(), newId()];
    await open(third, narrow, 200);
    await open(fourth, narrow, 50);
    await expect(fill(fourth, narrow, 150)).rejects.toMatchObject({ code: 'tenant-limit' });
    expect(await jobs.read(fourth)).toMatchObject({ state: 'accepted' });
    await fill(fourth, narrow, 90);
    for (const id of [third, fourth]) await purge.cancelled(id);
    expect(await kept()).toEqual({ total: 0, tenants: {} });
  });

  it('Retry-After of a tenant follows from its next image, not from the whole queue', async () => {
    const [narrow, wide] = TENANTS as [Tenant, Tenant];
    const worker = {
      name: 'w',
      slots: 1,
      models: ['isnet'],
      model: 'm',
      provider: 'p',
      faults: [],
      startedAt: '',
    };
    await broker.workerRegistry.heartbeat(worker);
    await broker.estimator.record({ model: 'isnet', pixels: undefined, serviceMs: 2000 });
    const ids = Array.from({ length: 30 }, newId) as [JobId, JobId, ...JobId[]];
    await open(ids[0], narrow, 10);
    await open(ids[1], wide, 10);
    for (const id of ids) await broker.queue.add(id, { tenant: wide, cost: 1 });
    expect(await broker.estimator.estimate()).toMatchObject({ retryAfterS: 60, nextImageAfterS: 4 });
    for (const id of ids) await broker.queue.discard(id);
    for (const id of ids.slice(0, 2)) await purge.cancelled(id);
    await broker.workerRegistry.deregister(worker);
  });
});
