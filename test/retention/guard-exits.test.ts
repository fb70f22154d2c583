import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisProcess } from '../harness/redis-process.js';
import { TestSystem } from '../harness/system.js';

let system: TestSystem;
let folder: string;
let keeper: RedisProcess;

beforeAll(async () => {
  system = new TestSystem();
  folder = mkdtempSync(join(tmpdir(), 'removebg-keeper-'));
  keeper = new RedisProcess(folder, '256mb', ['--save', '3600 1']);
  await keeper.start();
});
afterAll(async () => {
  await keeper.kill();
  await system.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('given a Redis that writes snapshots, when an application starts, then it exits with 78 and says why', async () => {
  await expect(system.startApi({ REDIS_URL: keeper.urlFor('api') })).rejects.toThrow(
    /exited with 78[^]*RETENTION_GUARD[^]*save/,
  );
  await expect(system.startWorker({ REDIS_URL: keeper.urlFor('worker') })).rejects.toThrow(
    /exited with 78[^]*RETENTION_GUARD[^]*save/,
  );
});

test('given RETENTION_GUARD=warn, when it starts on such a Redis, then it works and logs the fault', async () => {
  const api = await system.startApi({ REDIS_URL: keeper.urlFor('api'), RETENTION_GUARD: 'warn' });
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  const faults = api
    .output()
    .split('\n')
    .filter((line) => line.includes('"event":"retention"'));
  expect(faults.join()).toContain('save');
});
