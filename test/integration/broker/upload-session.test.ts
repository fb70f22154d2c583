import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { openBroker, type Broker } from '#broker/broker.js';
import {
  DEADLINES_KEY,
  inputKey,
  RESERVATIONS_KEY,
  RESERVED_TOTAL_KEY,
  TENANTS_KEY,
} from '#broker/redis/redis-keys.js';
import { JobStore } from '#broker/jobs/job.store.js';
import { EXPIRY_MARGIN_MS, UPLOAD_LEASE_MS, UPLOAD_MARGIN_MS } from '#broker/records/lifetimes.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { RESERVATION_STEP_BYTES, UploadSession } from '#broker/jobs/upload-session.js';
import type { JobId } from '#contracts/job-id.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import type { Tenant } from '#contracts/tenant.js';
import { loadSettings } from '#config/settings.js';
import { deriveSecrets, drawToken } from '#crypto/job-token.js';
import { RedisProcess } from '../../harness/redis-process.js';
import { tenant } from '../../harness/tenants.js';

const MIB = 1_048_576;
const CHUNK = Buffer.alloc(1000, 7);
const OWNER = tenant('owner');

const folder = mkdtempSync(join(tmpdir(), 'removebg-upload-'));
const redis = new RedisProcess(folder);
const newId = (): JobId => deriveSecrets(drawToken()).id;
let broker: Broker;
let inspector: Redis;

beforeAll(async () => {
  await redis.start();
  const url = redis.urlFor('inspector');
  broker = await openBroker({ ...loadSettings({}), REDIS_URL: url, RETENTION_GUARD: 'warn' }, 'api');
  inspector = connect(url, 'control');
  await whenReady(inspector, 2000);
});
afterAll(async () => {
  inspector.disconnect();
  await broker.close();
  await redis.kill();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  expect(await inspector.keys('rb:{*}:in')).toEqual([]);
  expect(await inspector.hgetall(RESERVATIONS_KEY)).toEqual({});
  expect(await inspector.hgetall(TENANTS_KEY)).toEqual({});
});

const reserved = async (): Promise<number> => Number(await inspector.get(RESERVED_TOTAL_KEY));
const start = (
  id: JobId,
  maxBytes: number,
  who: Tenant = OWNER,
  jobs = broker.jobs,
): Promise<UploadSession> =>
  UploadSession.start({ ...broker, jobs }, id, { wrappedKeys: 'k', tenant: who, maxBytes });
const write = (session: UploadSession, bytes: number): Promise<void> => session.write(bytes, () => CHUNK);
/** The broker's jobs with another cap on all reservations. */
const capped = (capBytes: number): JobStore => new JobStore(inspector, broker.lifetimes, capBytes);

describe('upload session on a real Redis', () => {
  it('an upload reserves little more than it has received, whatever size it announced', async () => {
    const session = await start(newId(), 22 * MIB);
    expect(await reserved()).toBe(RESERVATION_STEP_BYTES);
    for (let stored = MIB; stored <= 22 * MIB; stored += MIB) {
      await write(session, MIB);
      expect(await reserved()).toBeGreaterThanOrEqual(stored);
      expect(await reserved()).toBeLessThanOrEqual(Math.min(22 * MIB, stored + RESERVATION_STEP_BYTES));
    }
    await session.abandon();
  });

  it('an upload that announces more than there is room for is refused at its start', async () => {
    const jobs = capped(10 * MIB);
    await expect(start(newId(), 11 * MIB, OWNER, jobs)).rejects.toMatchObject({ code: 'capacity-exhausted' });
    await expect(start(newId(), 3 * MIB, tenant('small', { maxReservedBytes: MIB }))).resolves.toBeDefined();
    for (const id of Object.keys(await inspector.hgetall(RESERVATIONS_KEY)))
      await broker.purge.cancelled(id as JobId);
  });

  it('an upload that runs out of memory is refused and deleted', async () => {
    const jobs = capped(10 * MIB);
    const first = await start(newId(), 8 * MIB, OWNER, jobs);
    const second = await start(newId(), 8 * MIB, OWNER, jobs);
    for (let i = 0; i < 6; i += 1) await write(first, MIB);
    await write(second, MIB);
    await write(second, MIB);
    const refused = (): Promise<void> => write(second, MIB);
    await expect(refused()).rejects.toMatchObject({ code: 'capacity-exhausted', status: 503 });
    await second.abandon();
    expect(await reserved()).toBe(8 * MIB);
    await first.abandon();
  });

  it('clients of a pool at its limit are refused, and other clients are not', async () => {
    const pool = { name: 'anonymous', maxReservedBytes: 3 * MIB };
    const [one, two] = [tenant('one', { pool }), tenant('two', { pool })];
    const first = await start(newId(), 2 * MIB, one);
    await expect(start(newId(), 2 * MIB, two)).rejects.toMatchObject({ code: 'capacity-exhausted' });
    const other = await start(newId(), 2 * MIB);
    expect(await inspector.hget(TENANTS_KEY, 'pool:anonymous')).toBe(String(2 * MIB));
    await first.abandon();
    const third = await start(newId(), 2 * MIB, two);
    await third.abandon();
    await other.abandon();
  });

  it('the sweeper ends an upload whose lease has expired, and an active upload renews its lease', async () => {
    const id = newId();
    const session = await start(id, MIB);
    await write(session, 1000);
    const { deadlineAt, acceptedAt } = (await broker.jobs.read(id))!;
    expect(deadlineAt - acceptedAt).toBeLessThanOrEqual(UPLOAD_LEASE_MS + 1000);
    await inspector.zadd(DEADLINES_KEY, 'XX', 0, id);
    expect(await broker.jobs.progress(id)).toBe(true);
    expect(await broker.sweeper.sweep()).toBe(0);
    const lastsMs = broker.lifetimes.uploadMs + UPLOAD_MARGIN_MS + EXPIRY_MARGIN_MS;
    expect(await inspector.pttl(inputKey(id))).toBeLessThanOrEqual(lastsMs);
    session.finish();
    await inspector.zadd(DEADLINES_KEY, 'XX', 0, id);
    expect(await broker.sweeper.sweep()).toBe(1);
    expect(await broker.jobs.read(id)).toMatchObject({ state: 'expired', keysRemoved: 1 });
  });

  it('an upload stores nothing after its job has expired', async () => {
    const id = newId();
    const session = await start(id, 4 * MIB);
    await write(session, MIB);
    await broker.purge.expired(id);
    await expect(write(session, MIB)).rejects.toMatchObject({ code: 'request-timeout', status: 408 });
    expect(await inspector.exists(inputKey(id))).toBe(0);
    await session.abandon();
    const { state, purgedAt, endedAt } = (await broker.jobs.read(id))!;
    expect(state).toBe('expired');
    expect(purgedAt).toBeGreaterThanOrEqual(endedAt!);
  });

  it('late payload is deleted at the end of its upload, and the purge time moves', async () => {
    const id = newId();
    const session = await start(id, MIB);
    await broker.purge.expired(id);
    const purgedAt = (await broker.jobs.read(id))!.purgedAt!;
    await new Promise((resolve) => setTimeout(resolve, 20));
    // As a write that was cut off from its answer leaves it.
    await inspector.hset(inputKey(id), '0', CHUNK);
    await session.abandon();
    expect(await inspector.exists(inputKey(id))).toBe(0);
    expect((await broker.jobs.read(id))!.purgedAt).toBeGreaterThan(purgedAt);
  });

  it('payload of an upload is deleted when Redis has lost the record', async () => {
    const id = newId();
    const session = await start(id, MIB);
    await write(session, 1000);
    await broker.jobs.end(id, 'cancel');
    await inspector.del(`rb:{${id}}:job`);
    await session.abandon();
    expect(await inspector.exists(inputKey(id))).toBe(0);
  });

  it('Retry-After is the time until enough reservations end', async () => {
    const ids = [newId(), newId(), newId()] as const;
    for (const id of ids) (await start(id, 2 * MIB)).finish();
    const [now] = (await inspector.time()).map(Number) as [number];
    for (const [i, id] of ids.entries())
      await inspector.zadd(DEADLINES_KEY, 'XX', (now + 10 * (i + 1)) * 1000, id);
    const afterS = await broker.capacity.retryAfterS(3 * MIB);
    expect([19, 20]).toContain(afterS);
    // Refusals come in crowds: the next is answered from the same look.
    expect(await broker.capacity.retryAfterS(1)).toBe(afterS);
    expect([9, 10]).toContain(await broker.capacity.retryAfterS(MIB, OWNER.id));
    expect(await broker.capacity.retryAfterS(MIB, tenant('nobody').id)).toBe(1);
    for (const id of ids) await broker.purge.cancelled(id);
  });

  it('a delivery that the client broke counts, and one that the service broke does not', async () => {
    const id = newId();
    const session = await start(id, MIB);
    const parts = [{ role: 'input', chunks: 1, bytes: 10 }] as const;
    const job = { parts, options: jobOptionsSchema.parse({}), reserveBytes: MIB, tenant: OWNER };
    await broker.jobs.enqueue(id, job);
    session.finish();
    await broker.jobs.claim(id);
    const facts = {
      width: 1,
      height: 1,
      format: 'png',
      foreground: { left: 0, top: 0, width: 1, height: 1 },
      subjects: [] as never[],
      hints: [] as never[],
      looks: 1,
    } as const;
    const made = { model: 'isnet', provider: 'cpu', timingsMs: {}, chunks: 1, bytes: 1, attempt: 1 } as const;
    await broker.jobs.commit(id, { ...facts, ...made });
    expect((await broker.jobs.lease(id, 'a'))?.deliveries).toBe(1);
    // The answer was lost: the lease is the same reader's.
    expect((await broker.jobs.lease(id, 'a'))?.deliveries).toBe(1);
    expect(await broker.jobs.lease(id, 'b')).toBeUndefined();
    expect(await broker.jobs.release(id, 'b', { counts: false })).toBeUndefined();
    expect((await broker.jobs.release(id, 'a', { counts: false }))?.deliveries).toBe(0);
    await broker.jobs.lease(id, 'c');
    expect((await broker.jobs.release(id, 'c'))?.deliveries).toBe(1);
    await broker.purge.cancelled(id);
  });
});
