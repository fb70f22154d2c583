import { resolve } from 'node:path';
import { smallPhoto } from '../harness/small-photo.js';
import { useSystem } from '../harness/use-system.js';

const collector = `--import=${resolve('test/harness/garbage-collector.mjs')}`;
const { api } = useSystem({ NODE_OPTIONS: collector }, 0);

beforeAll(() => {});

test('given an API that collects its garbage meanwhile, when the time of a long-poll is up, then it is answered', async () => {
  const job = await api.submit(smallPhoto());
  const signal = AbortSignal.timeout(15_000);
  const status = await api.status(job, { query: '?wait=1', signal });
  expect([status.status, status.json['status']]).toEqual([200, 'queued']);
  expect((await api.result(job, { query: '?wait=1', signal })).status).toBe(202);
});
