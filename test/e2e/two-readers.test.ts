import { ApiClient } from '../harness/api-client.js';
import { eventually } from '../harness/eventually.js';
import { SlowReader } from '../harness/raw-request.js';
import { heavyPhoto } from '../harness/small-photo.js';
import { startLightSystem } from '../harness/light-system.js';
import { type TestSystem } from '../harness/system.js';
import { nothingRemains } from '../harness/traces.js';

let system: TestSystem;
let api: ApiClient;
let image: Buffer;

jest.setTimeout(60_000);
beforeAll(async () => {
  [system, image] = await Promise.all([startLightSystem({ MAX_DELIVERIES: '2' }), heavyPhoto()]);
  api = new ApiClient(system.url);
});
afterAll(() => system.stop());

const isReady = (job: Parameters<ApiClient['status']>[0]) => (): Promise<boolean> =>
  api.status(job).then(({ json }) => json['status'] === 'ready');

test('given a slow reader, when a second one comes, then it receives 409 and can retry after the first disconnects', async () => {
  const job = await api.submit(image);
  await eventually(isReady(job), 45_000);
  const slow = await SlowReader.open(system.url, job);
  const second = await api.result(job);
  expect([second.status, second.json['code']]).toEqual([409, 'result-busy']);
  expect(second.headers.get('retry-after')).not.toBeNull();
  expect((await api.status(job)).json['status']).toBe('delivering');
  slow.break();
  await eventually(isReady(job));
  const retry = await api.result(job);
  expect(retry.status).toBe(200);
  expect(retry.body.length).toBe(Number(retry.headers.get('content-length')));
  expect((await api.result(job)).json['code']).toBe('result-delivered');
  await nothingRemains(system);
});

test('given a reader that was slow, when it continues, then it receives the complete image', async () => {
  const job = await api.submit(image);
  await eventually(isReady(job), 45_000);
  const slow = await SlowReader.open(system.url, job);
  expect((await api.result(job)).status).toBe(409);
  expect((await slow.read()).length).toBe(Number(slow.response.headers['content-length']));
  await eventually(async () => (await api.status(job)).json['status'] === 'delivered');
  await nothingRemains(system);
});

test('given deliveries that broke as often as allowed, when the result is asked for, then it is purged', async () => {
  const job = await api.submit(image);
  for (let delivery = 1; delivery <= 2; delivery++) {
    await eventually(isReady(job), 45_000);
    (await SlowReader.open(system.url, job)).break();
  }
  await eventually(async () => (await api.status(job)).json['status'] === 'expired');
  const late = await api.result(job);
  expect([late.status, late.json['code']]).toEqual([410, 'result-expired']);
  await nothingRemains(system);
});
