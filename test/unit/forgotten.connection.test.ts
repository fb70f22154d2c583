import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobChannel } from '#broker/broker.keys.js';
import { JobWatcher } from '#broker/job.watcher.js';
import { connect, whenReady } from '#broker/redis.connection.js';
import type { JobId } from '#contracts/job.id.js';
import { ChaosProxy } from '../support/chaos.proxy.js';
import { eventually } from '../support/eventually.js';
import { RedisProcess } from '../support/redis.process.js';

const ID = 'aaaaaaaaaaaaaaaaaaaaaa' as JobId;
/** Two seconds of silence, what came before the last question, and a busy machine. */
const NOTICED_MS = 10_000;

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

test('given connections that the network has forgotten, when nobody is told, then they are made anew and notices come again', async () => {
  const url = `unix://${network.path}?user=inspector`;
  const [subscriber, control] = [connect(url, 'subscriber'), connect(url, 'control')];
  const around = connect(redis.urlFor('inspector'), 'control');
  await Promise.all([subscriber, control, around].map((each) => whenReady(each, 5000)));
  const watcher = new JobWatcher(subscriber);
  let heard = 0;
  let missed = 0;
  const unwatch = await watcher.watch(ID, (notice) => {
    if (notice === undefined) missed += 1;
    else heard += 1;
  });
  network.forget();
  await eventually(() => control.set('rb:probe', '1').catch(() => false), NOTICED_MS);
  await eventually(() => missed > 0, NOTICED_MS);
  await around.publish(jobChannel(ID), '{"state":"ready","version":2}');
  await eventually(() => heard === 1);
  unwatch();
  for (const each of [subscriber, control, around]) each.disconnect();
});
