import { ApiClient } from '../harness/api-client.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { startLightSystem } from '../harness/light-system.js';
import { type TestSystem } from '../harness/system.js';
import { nothingRemains } from '../harness/traces.js';

let system: TestSystem;
let api: ApiClient;
let image: Buffer;

jest.setTimeout(60_000);
beforeAll(async () => {
  image = await smallPhoto();
  system = await startLightSystem({ RESULT_TTL_S: '2', QUEUE_TTL_S: '2', TOMBSTONE_TTL_S: '4' });
  api = new ApiClient(system.url);
});
afterAll(() => system.stop());

test('given a result that nobody collects, when its time is up, then it is gone, and later even its name', async () => {
  const job = await api.submit(image);
  const events = await api.events(job);
  await events.heard('done', 45_000);
  await events.heard('expired');
  await events.ended();
  expect(events.completed).toBe(true);
  const late = await api.result(job);
  expect([late.status, late.json['code']]).toEqual([410, 'result-expired']);
  await nothingRemains(system);
  await eventually(async () => (await api.result(job, { query: '' })).status === 404);
  expect((await api.status(job)).json['code']).toBe('job-not-found');
  expect((await system.keys()).filter((key) => key.includes(job.id))).toEqual([]);
});

test('given a job that no worker comes to, when its time is up, then everybody who waits hears it', async () => {
  await whileHeld(system.workers[0]!, async () => {
    const busy = [await api.submit(image), await api.submit(image)];
    for (const job of busy) {
      await eventually(async () => (await api.status(job)).json['status'] === 'running');
    }
    const job = await api.submit(image);
    const [events, result] = await Promise.all([api.events(job), api.result(job)]);
    expect([result.status, result.json['code']]).toEqual([410, 'result-expired']);
    await events.heard('expired');
    await events.ended();
    for (const one of busy) await api.cancel(one);
  });
  await nothingRemains(system);
});
