import { join } from 'node:path';
import { recordKey } from '#broker/redis/redis-keys.js';
import { REDIS_USERS, userLine } from '#broker/redis/redis-acl.js';
import type { JobId } from '#contracts/job-id.js';
import { ApiClient, type JobKey } from '../harness/api-client.js';
import { ChaosProxy } from '../harness/chaos-proxy.js';
import { eventually, pause } from '../harness/eventually.js';
import { modelFolder } from '../harness/model-folder.js';
import { memoryPeakMb } from '../harness/process-peak.js';
import { ReadyResults, type ReadyResult } from '../harness/ready-results.js';
import { meanNetwork } from '../harness/small-networks.js';
import { heavyPhoto } from '../harness/small-photo.js';
import { download, type Download } from '../harness/result-download.js';
import { TestSystem } from '../harness/system.js';

/** As many as the largest tier may have in flight. */
const RESULTS = 256;
const RESULT_BYTES = 8_000_000;
/** So many are made at a time. */
const MAKERS = 4;
/** Less than half of what all results are: a chunk of each, and chunks that are not yet collected. */
const MAX_API_MB = 900;

const model = modelFolder(meanNetwork(), 'isnet');
let system: TestSystem;
let proxy: ChaosProxy;
let maker: ReadyResults;

jest.setTimeout(280_000);
beforeAll(async () => {
  // 256 results of 8 MB, below 60 % of the cap.
  system = new TestSystem({ ...model.settings, REDIS_MAXMEMORY_MB: '4096' }, model.launch);
  await system.redis.start();
  proxy = new ChaosProxy(join(system.folder, 'proxy.sock'), system.redis.socket);
  await proxy.start();
  await system.startApi({ REDIS_URL: `unix://${proxy.path}`, MAX_DELIVERIES: '1' });
  maker = await ReadyResults.open(system.redis.urlFor('inspector'));
});
afterAll(async () => {
  await maker.close();
  await system.stop();
  await proxy.stop();
  model.remove();
});

async function make(count: number): Promise<ReadyResult[]> {
  const results: ReadyResult[] = [];
  let left = count;
  const some = async (): Promise<void> => {
    for (; left > 0;) {
      left -= 1;
      results.push(await maker.make(RESULT_BYTES));
    }
  };
  await Promise.all(Array.from({ length: MAKERS }, some));
  return results;
}

function expectWhole(results: readonly ReadyResult[], downloads: readonly Download[]): void {
  expect(
    downloads.map(({ status, bytes, complete, sha256 }) => ({ status, bytes, complete, sha256 })),
  ).toEqual(results.map(({ sha256 }) => ({ status: 200, bytes: RESULT_BYTES, complete: true, sha256 })));
}

/** A client that comes again as Retry-After says; a broken 200 is what it is. */
async function downloadWithRetries(result: ReadyResult): Promise<Download> {
  for (;;) {
    const answer = await download(system.url, result);
    if (answer.retryAfterS === undefined) return answer;
    await pause(answer.retryAfterS * 1000);
  }
}

/** The API's user in Redis, and its rights as redis.conf gives them. */
function apiUser(): { user: string; rights: string[] } {
  const [, user = '', ...rights] = userLine(REDIS_USERS.find(({ name }) => name === 'api')!).split(' ');
  return { user, rights };
}

async function expectPurged(results: readonly ReadyResult[]): Promise<void> {
  for (const { id } of results) {
    await eventually(async () => (await maker.record(id))?.purgedAt !== undefined);
    expect((await maker.record(id))?.state).toBe('delivered');
  }
  expect((await system.keys()).filter((key) => /:(in|out:\d+)$/.test(key))).toEqual([]);
}

test('given as many results as the largest tier may have, when all are fetched at the same time, then all are complete, and purged', async () => {
  const results = await make(RESULTS);
  expectWhole(results, await Promise.all(results.map((result) => download(system.url, result))));
  await expectPurged(results);
  expect(memoryPeakMb(system.apis[0]!.child.pid ?? 0)).toBeLessThan(MAX_API_MB);
});

test('given deliveries in progress, when every connection to Redis is cut in the middle of an answer, then all are complete', async () => {
  const results = await make(64);
  const downloads = Promise.all(results.map(downloadWithRetries));
  for (let i = 0; i < 3; i += 1) {
    await pause(100);
    proxy.cutWithinAnswer();
  }
  expectWhole(results, await downloads);
  await expectPurged(results);
});

test('given a Redis that cannot be reached, when a result is fetched, then 503 with Retry-After; it does not count as delivered', async () => {
  const [result] = (await make(1)) as [ReadyResult];
  const redis = system.inspector();
  const { user, rights } = apiUser();
  // The job can be leased, its bytes cannot be read.
  await redis.call('ACL', 'SETUSER', user, 'clearselectors');
  const refused = await download(system.url, result);
  expect([refused.status, refused.complete]).toEqual([503, true]);
  expect(refused.retryAfterS).toBeGreaterThan(0);
  await redis.call('ACL', 'SETUSER', user, ...rights);
  expectWhole([result], [await download(system.url, result)]);
  await expectPurged([result]);
});

test('given a client that waits for its result, when the result cannot be read, then it gets 202 with the token, and collects it later', async () => {
  await system.startWorker();
  const api = new ApiClient(system.url);
  const redis = system.inspector();
  const { user, rights } = apiUser();
  const waiting = api.post(await heavyPhoto(), { headers: { Prefer: 'wait=60' } });
  await eventually(async () => {
    const records = (await redis.keys(recordKey('*' as JobId))).map((key) => redis.hget(key, 'state'));
    return (await Promise.all(records)).includes('running');
  });
  await redis.call('ACL', 'SETUSER', user, 'clearselectors');
  const accepted = await waiting;
  await redis.call('ACL', 'SETUSER', user, ...rights);
  expect([accepted.status, accepted.json['status']]).toEqual([202, 'ready']);
  const { id, token } = accepted.json as unknown as JobKey;
  const headers = { Authorization: `Bearer ${token}` };
  const collected = await api.call('GET', `/v1/jobs/${id}/result`, { headers });
  expect([collected.status, collected.headers.get('content-type')]).toEqual([200, 'image/png']);
});
