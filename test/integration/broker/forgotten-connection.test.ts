import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobChannel } from '#broker/redis/redis-keys.js';
import { JobWatcher } from '#broker/jobs/job-watcher.js';
import { connect, whenReady } from '#broker/redis/redis-connection.js';
import { mapRedisErrors, mapRedisReadErrors } from '#broker/redis/redis-errors.js';
import { CONNECTION_ROLES, type ConnectionChange } from '#broker/redis/redis-health.js';
import type { JobId } from '#contracts/job-id.js';
import { ChaosProxy } from '../../harness/chaos-proxy.js';
import { eventually, pause } from '../../harness/eventually.js';
import { RedisProcess } from '../../harness/redis-process.js';

const ID = 'aaaaaaaaaaaaaaaaaaaaaa' as JobId;
/** Two seconds of silence, what came before the last question, and a busy machine. */
const NOTICED_MS = 10_000;

/** Longer than any connection may be silent. */
const STALL_MS = 3500;

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'removebg-silence-'));
const redis = new RedisProcess(folder);
const network = new ChaosProxy(join(folder, 'network.sock'), redis.socket);

beforeAll(async () => {
  await redis.start();
  await network.start();
});
afterAll(async () => {
  await network.stop();
  await redis.kill();
  rmSync(folder, { recursive: true });
});

test('connections that the network dropped silently are restored, and notices arrive again', async () => {
  const url = `unix://${network.path}?user=inspector`;
  const [subscriber, control] = [connect(url, 'subscriber'), connect(url, 'control')];
  const around = connect(redis.urlFor('inspector'), 'control');
  await Promise.all([subscriber, control, around].map((each) => whenReady(each, 5000)));
  const watcher = new JobWatcher(subscriber);
  let received = 0;
  let missed = 0;
  const unwatch = await watcher.watch(ID, (notice) => {
    if (notice === undefined) missed += 1;
    else received += 1;
  });
  network.forget();
  await eventually(() => control.set('rb:probe', '1').catch(() => false), NOTICED_MS);
  await eventually(() => missed > 0, NOTICED_MS);
  await around.publish(jobChannel(ID), '{"state":"ready","version":2}');
  await eventually(() => received === 1);
  unwatch();
  for (const each of [subscriber, control, around]) each.disconnect();
});

test('a stall of this process closes no connection, and pending answers are read', async () => {
  const changes: ConnectionChange[] = [];
  const each = CONNECTION_ROLES.map((role) =>
    connect(redis.urlFor('inspector'), role, (change) => changes.push(change)),
  );
  await Promise.all(each.map((connection) => whenReady(connection, 5000)));
  const answers = each.map((connection) => connection.ping());
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS);
  await Promise.all(answers);
  await pause(300);
  expect(changes).toEqual([]);
  for (const connection of each) connection.disconnect();
  await pause(100);
  expect(changes).toEqual([]);
});

test('each loss of a connection is reported once with its cause, and each restoration once', async () => {
  const changes: ConnectionChange[] = [];
  const url = `unix://${network.path}?user=inspector`;
  const control = connect(url, 'control', (change) => changes.push(change));
  await whenReady(control, 5000);
  network.cut();
  await eventually(() => changes.length === 2, NOTICED_MS);
  network.forget();
  await eventually(() => changes.length === 4, NOTICED_MS);
  control.disconnect();
  const connection = 'control';
  expect(changes).toEqual([
    { connection, state: 'lost', cause: 'closed' },
    { connection, state: 'restored' },
    { connection, state: 'lost', cause: 'silent' },
    { connection, state: 'restored' },
  ]);
});

test('a read is retried when its connection is closed, and a write fails', async () => {
  const control = connect(`unix://${network.path}?user=inspector`, 'control');
  await whenReady(control, 5000);
  await control.set('rb:probe', 'kept');
  network.weather = { held: true };
  const read = mapRedisReadErrors(() => control.get('rb:probe'));
  const written = mapRedisErrors(() => control.set('rb:probe', 'changed'));
  const failed = expect(written).rejects.toMatchObject({ code: 'broker-unavailable' });
  await pause(100);
  network.cut();
  network.weather = {};
  expect(await read).toBe('kept');
  await failed;
  control.disconnect();
});
