import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const { system, api } = useLightSystem({ RESULT_TTL_S: '2', QUEUE_TTL_S: '2', TOMBSTONE_TTL_S: '4' });
const image = smallPhoto();

jest.setTimeout(60_000);

test('given a result that is never collected, when it expires, then it is purged, and later its record too', async () => {
  const job = await api.submit(image);
  const events = await api.events(job);
  await events.received('done', 45_000);
  await events.received('expired');
  await events.ended();
  expect(events.completed).toBe(true);
  const late = await api.result(job);
  expect([late.status, late.json['code']]).toEqual([410, 'result-expired']);
  await nothingRemains(system);
  await eventually(async () => (await api.result(job, { query: '' })).status === 404);
  expect((await api.status(job)).json['code']).toBe('job-not-found');
  expect((await system.keys()).filter((key) => key.includes(job.id))).toEqual([]);
});

test('given a job that no worker takes, when it expires, then every waiting client receives that', async () => {
  await whileHeld(system.workers[0]!, async () => {
    const busy = [await api.submit(image), await api.submit(image)];
    for (const job of busy) {
      await eventually(async () => (await api.status(job)).json['status'] === 'running');
    }
    const job = await api.submit(image);
    const [events, result] = await Promise.all([api.events(job), api.result(job)]);
    expect([result.status, result.json['code']]).toEqual([410, 'result-expired']);
    await events.received('expired');
    await events.ended();
    for (const one of busy) await api.cancel(one);
  });
  await nothingRemains(system);
});
