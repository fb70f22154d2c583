import { resolve } from 'node:path';
import { ApiClient } from '../harness/api-client.js';
import { smallPhoto } from '../harness/small-photo.js';
import { startSystem, type TestSystem } from '../harness/system.js';

let system: TestSystem;
let api: ApiClient;

beforeAll(async () => {
  const collector = `--import=${resolve('test/harness/garbage-collector.mjs')}`;
  system = await startSystem({ NODE_OPTIONS: collector }, 0);
  api = new ApiClient(system.url);
});
afterAll(() => system.stop());

test('given an API that collects its garbage meanwhile, when the time of a long-poll is up, then it is answered', async () => {
  const job = await api.submit(await smallPhoto());
  const signal = AbortSignal.timeout(15_000);
  const status = await api.status(job, { query: '?wait=1', signal });
  expect([status.status, status.json['status']]).toEqual([200, 'queued']);
  expect((await api.result(job, { query: '?wait=1', signal })).status).toBe(202);
});
