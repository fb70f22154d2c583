import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { inputKey } from '#broker/redis/redis-keys.js';
import { EXPIRY_MARGIN_MS, LATE_WRITE_MS } from '#broker/records/lifetimes.js';
import { PayloadLink, TaskQueue } from '#broker/payload/payload-link.js';
import { PayloadClosedError, PayloadStore } from '#broker/payload/payload.store.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { CHUNK_BYTES } from '#crypto/chunk-cipher.js';
import { deriveSecrets, drawToken } from '#crypto/job-token.js';
import { eventually } from '../../harness/eventually.js';
import { RedisProcess } from '../../harness/redis-process.js';

const folder = mkdtempSync(join(tmpdir(), 'removebg-payload-'));
const redis = new RedisProcess(folder, '512mb');
const newKey = (): string => inputKey(deriveSecrets(drawToken()).id);
const LATE = Buffer.from('late');
/** Nonce and tag of a sealed chunk. */
const SEAL_BYTES = 28;
/** Longer than redis.conf lets a connection be above the soft limit of its output buffer. */
const SOFT_LIMIT_MS = 11_000;
let link: PayloadLink;
let store: PayloadStore;
let inspector: Redis;

jest.setTimeout(60_000);
beforeAll(async () => {
  await redis.start();
  link = PayloadLink.open(redis.urlFor('inspector'), 'api');
  store = new PayloadStore(link);
  inspector = connect(redis.urlFor('inspector'), 'control');
  await Promise.all([link.main, inspector].map((each) => whenReady(each, 5000)));
});
afterAll(async () => {
  link.close();
  inspector.disconnect();
  await redis.kill();
  rmSync(folder, { recursive: true });
});

describe('payload store on a real Redis', () => {
  it('writes do not change the lifetime of an open key', async () => {
    const key = newKey();
    await store.open(key, 60_000);
    await store.write(key, 0, Buffer.from('first'));
    expect(await store.read(key, 0)).toEqual(Buffer.from('first'));
    const lifetimeMs = await inspector.pttl(key);
    expect(lifetimeMs).toBeGreaterThan(60_000);
    expect(lifetimeMs).toBeLessThanOrEqual(60_000 + EXPIRY_MARGIN_MS);
    await store.remove([key]);
  });

  it('a chunk for a key that is not open is refused and deleted', async () => {
    const removed = newKey();
    await store.open(removed, 60_000);
    await store.remove([removed]);
    for (const key of [removed, newKey()]) {
      await expect(store.write(key, 3, LATE)).rejects.toThrow(PayloadClosedError);
      expect(await inspector.exists(key)).toBe(0);
    }
  });

  it('Redis deletes a late chunk within seconds when its connection broke', async () => {
    const key = newKey();
    const broken = connect(redis.urlFor('api'), 'payload');
    await whenReady(broken, 5000);
    // As PayloadStore.write sends it.
    await broken.multi().hset(key, '3', LATE).pexpire(key, LATE_WRITE_MS, 'NX').exec();
    broken.disconnect();
    expect(await inspector.pttl(key)).toBeLessThanOrEqual(LATE_WRITE_MS);
    await eventually(async () => (await inspector.exists(key)) === 0, 2 * LATE_WRITE_MS);
  });

  it('parallel reads beyond the output buffer of a connection are all answered', async () => {
    const key = newKey();
    const box = Buffer.alloc(1_048_604, 5);
    await store.open(key, 60_000);
    await store.write(key, 0, box);
    const answers = await Promise.all(Array.from({ length: 128 }, () => store.read(key, 0)));
    expect(answers.every((answer) => answer?.equals(box) === true)).toBe(true);
    await store.remove([key]);
  });

  it('a connection that reads a chunk every ten seconds is not closed', async () => {
    const key = newKey();
    const box = Buffer.alloc(CHUNK_BYTES + SEAL_BYTES, 5);
    const losses: string[] = [];
    const readers = PayloadLink.open(redis.urlFor('inspector'), 'worker', ({ state }) => losses.push(state));
    await whenReady(readers.main, 5000);
    const chunks = new PayloadStore(readers);
    await chunks.open(key, 60_000);
    await chunks.write(key, 0, box);
    for (const pauseMs of [SOFT_LIMIT_MS, 0]) {
      expect((await chunks.read(key, 0))?.equals(box)).toBe(true);
      await sleep(pauseMs);
    }
    readers.close();
    expect(losses).toEqual([]);
    await store.remove([key]);
  });

  it('queued tasks run in order, and a failed one does not block the next', async () => {
    const queue = new TaskQueue(['a', 'b']);
    const started: number[] = [];
    let running = 0;
    let peak = 0;
    const task = (index: number) => async (): Promise<number> => {
      started.push(index);
      peak = Math.max(peak, ++running);
      await sleep(1);
      running -= 1;
      if (index % 3 === 0) throw new Error('failed');
      return index;
    };
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => queue.run(task(i))));
    expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(peak).toBe(2);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(4);
  });
});
