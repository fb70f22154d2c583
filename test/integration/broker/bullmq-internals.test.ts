import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PRIORITY_LIMIT, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  ACTIVE_KEY,
  isConnectionError,
  PRIORITIZED_KEY,
  QUEUE_KEY_PARTS,
  SCORE_STEP,
  STALLED_CHECK_KEY,
  WAIT_KEY,
} from '#broker/queue/bullmq-internals.js';
import { FairScheduler } from '#broker/queue/fair-scheduler.js';
import { JobQueue } from '#broker/queue/job-queue.js';
import { QUEUE_NAME, QUEUE_PREFIX } from '#broker/redis/redis-keys.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { eventually } from '../../harness/eventually.js';
import { RedisProcess } from '../../harness/redis-process.js';

const folder = mkdtempSync(join(tmpdir(), 'removebg-bullmq-'));
const redis = new RedisProcess(folder);
let control: Redis;
let connection: Redis;
let queue: Queue;
const consumers: Redis[] = [];

beforeAll(async () => {
  await redis.start();
  control = connect(redis.urlFor('inspector'), 'control');
  connection = connect(redis.urlFor('inspector'), 'queue');
  await whenReady(control, 2000);
  queue = new Queue(QUEUE_NAME, { connection, prefix: QUEUE_PREFIX });
  queue.on('error', () => undefined);
});

beforeEach(() => control.flushall());

afterAll(async () => {
  await queue.close();
  for (const client of [control, connection, ...consumers]) client.disconnect();
  await redis.kill();
  rmSync(folder, { recursive: true });
});

/** A worker that keeps each job until `finish` is called. */
function startWorker(): { worker: Worker; errors: Error[]; finish: () => void } {
  const errors: Error[] = [];
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const consumer = connect(redis.urlFor('inspector'), 'consumer');
  consumers.push(consumer);
  const worker = new Worker(QUEUE_NAME, () => finished, {
    connection: consumer,
    prefix: QUEUE_PREFIX,
    stalledInterval: 1000,
  });
  worker.on('error', (error) => errors.push(error));
  return { worker, errors, finish: () => finish() };
}

describe('the internals of BullMQ', () => {
  test('package.json pins the version that is installed', () => {
    const read = (path: string): Record<string, unknown> =>
      JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    const { version } = read('node_modules/bullmq/package.json');
    expect(read('package.json')['dependencies']).toMatchObject({ bullmq: version });
  });

  test('a waiting job has its priority and a counter as score', async () => {
    await queue.add(QUEUE_NAME, {}, { jobId: 'first', priority: 7 });
    await queue.add(QUEUE_NAME, {}, { jobId: 'second', priority: 7 });
    const scores = await Promise.all(
      ['first', 'second'].map((id) => control.zscore(PRIORITIZED_KEY, id).then(Number)),
    );
    expect(scores).toEqual([7 * SCORE_STEP + 1, 7 * SCORE_STEP + 2]);
  });

  test('the largest priority is accepted, and a larger one is refused', async () => {
    await queue.add(QUEUE_NAME, {}, { jobId: 'last', priority: PRIORITY_LIMIT });
    expect(Number(await control.zscore(PRIORITIZED_KEY, 'last'))).toBe(PRIORITY_LIMIT * SCORE_STEP + 1);
    await expect(queue.add(QUEUE_NAME, {}, { priority: PRIORITY_LIMIT + 1 })).rejects.toThrow(/riority/);
  });

  test('a job that a worker has is in the list of active jobs, and cannot be removed', async () => {
    const { worker, finish } = startWorker();
    await queue.add(QUEUE_NAME, {}, { jobId: 'taken', priority: 1 });
    await eventually(async () => (await control.llen(ACTIVE_KEY)) === 1);
    expect(await control.lrange(ACTIVE_KEY, '0', '-1')).toEqual(['taken']);
    expect(await control.zcard(PRIORITIZED_KEY)).toBe(0);
    expect(await queue.remove('taken')).toBe(0);
    expect(await control.llen(ACTIVE_KEY)).toBe(1);
    finish();
    await worker.close();
  });

  test('a job that BullMQ has taken back has no priority, waits in a list, and counts as waiting', async () => {
    await queue.add(QUEUE_NAME, {}, { jobId: 'taken-back' });
    await queue.add(QUEUE_NAME, {}, { jobId: 'waiting', priority: 1 });
    expect(await control.lrange(WAIT_KEY, '0', '-1')).toEqual(['taken-back']);
    const jobs = new JobQueue(redis.urlFor('inspector'), control, new FairScheduler(control, 1000));
    expect(await jobs.depth()).toEqual({ waiting: 2, active: 0 });
    await jobs.close();
  });

  test('a worker makes only keys that are named, the one of its check for stalled jobs among them', async () => {
    const { worker, finish } = startWorker();
    await queue.add(QUEUE_NAME, {}, { jobId: 'taken', priority: 1 });
    await eventually(async () => (await control.exists(STALLED_CHECK_KEY)) === 1);
    const known = QUEUE_KEY_PARTS.map(
      (part) => `${QUEUE_PREFIX}:${QUEUE_NAME}:${part.replace('ID', 'taken')}`,
    );
    expect(known).toEqual(expect.arrayContaining(await control.keys(`${QUEUE_PREFIX}:*`)));
    finish();
    await worker.close();
  });

  test('a worker reports the loss of Redis as errors of a connection', async () => {
    const { worker, errors } = startWorker();
    await worker.waitUntilReady();
    await redis.kill();
    await eventually(() => errors.length > 0);
    expect(errors.filter((error) => !isConnectionError(error))).toEqual([]);
    await worker.close(true).catch(() => undefined);
    await redis.start();
  });
});
