import { STAGES } from '#contracts/job-states.js';
import { bearer } from '../harness/api-client.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually, pause } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

/** The standard's client, as npm has it; its types are not the compiler's to check. */
interface StandardClient {
  readyState: number;
  addEventListener: (name: string, listener: () => void) => void;
  close: () => void;
}
const { EventSource } = jest.requireActual<{ EventSource: new (url: string) => StandardClient }>(
  'eventsource',
);
const CLOSED = 2;

/** Seconds between heartbeats of a stream; with that many streams, one heartbeat is due each second. */
const HEARTBEAT_S = 12;

const { system, api } = useLightSystem();
const image = smallPhoto();

jest.setTimeout(60_000);
afterEach(() => nothingRemains(system));

test('given a job, when a client listens to it, then it receives all events in order', async () => {
  const job = await api.submit(image);
  const events = await api.events(job);
  expect(events.response.headers.get('x-accel-buffering')).toBe('no');
  expect(events.response.headers.get('cache-control')).toBe('no-store');
  await events.received('done', 45_000);
  await api.result(job);
  await events.ended();
  expect(events.completed).toBe(true);
  expect(events.raw).toMatch(/^retry: \d+\n/);
  const states = events.names.filter((name, i, all) => name !== all[i - 1] && name !== 'queued');
  expect(states).toEqual(['started', 'progress', 'done', 'purged']);
  const progress = events.all('progress').map(({ data }) => data as { stage: string; percent: number });
  const percents = progress.map(({ percent }) => percent);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
  expect(Math.max(...percents)).toBeLessThanOrEqual(100);
  const order = progress.map(({ stage }) => (STAGES as readonly string[]).indexOf(stage));
  expect(order).not.toContain(-1);
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(new Set(progress.map(({ stage }) => stage))).toContain('infer');
  const ids = events.events.map(({ id }) => Number(id));
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
});

test('given a worker that is busy, when jobs wait, then each receives its position and the estimated time', async () => {
  await whileHeld(system.workers[0]!, async () => {
    const busy = [await api.submit(image), await api.submit(image)];
    for (const job of busy) {
      await eventually(async () => (await api.status(job)).json['status'] === 'running');
    }
    const [first, second] = [await api.submit(image), await api.submit(image)];
    expect(second.queue_position).toBe(2);
    const events = await api.events(second);
    const { data } = await events.received('queued');
    expect(data['position']).toBe(2);
    expect(data['eta_ms']).toBeGreaterThan(0);
    await api.cancel(first);
    await eventually(() => events.all('queued').some(({ data: place }) => place['position'] === 1));
    for (const job of [...busy, second]) expect((await api.cancel(job)).status).toBe(204);
    await events.received('cancelled');
    await events.ended();
  });
});

test('given a stream that broke, when it is resumed, then events already received are not sent again', async () => {
  await whileHeld(system.workers[0]!, async () => {
    const job = await api.submit(image);
    const before = await api.events(job);
    const { id } = await before.received('started');
    before.close();
    const after = await api.events(job, { headers: { 'Last-Event-ID': id } });
    const anew = await api.events(job);
    await anew.received('started');
    await pause(300);
    expect(after.names).not.toContain('started');
    expect(after.names).not.toContain('queued');
    await api.cancel(job);
    await after.received('cancelled');
    await anew.ended();
  });
});

test('given no news, when streams are open, then heartbeats keep them alive', async () => {
  await whileHeld(system.workers[0]!, async () => {
    const job = await api.submit(image);
    const streams = await Promise.all(Array.from({ length: HEARTBEAT_S }, () => api.events(job)));
    await eventually(() => streams.filter(({ raw }) => /\n: ?\n\n/.test(raw)).length >= 2);
    await api.cancel(job);
    await Promise.all(streams.map((stream) => stream.ended()));
  });
});

test('given EventSource, which sends no headers, when the job ends, then it has received all events and stays closed', async () => {
  const job = await api.submit(image);
  const source = new EventSource(`${system.url}/v1/jobs/${job.id}/events?token=${job.token}`);
  const names: string[] = [];
  for (const name of ['started', 'progress', 'done', 'cancelled']) {
    source.addEventListener(name, () => names.push(name));
  }
  try {
    await eventually(() => names.includes('done'), 45_000);
    await api.cancel(job);
    await eventually(() => names.includes('cancelled'));
    await eventually(() => source.readyState === CLOSED);
    expect(names.filter((name) => name === 'cancelled')).toHaveLength(1);
  } finally {
    source.close();
  }
});

test('given a wish that is not known, when events are asked for, then the parameter is named', async () => {
  const job = await api.submit(image);
  const answer = await api.call('GET', `/v1/jobs/${job.id}/events?deliver=elsewhere`, {
    headers: bearer(job),
  });
  expect(answer.status).toBe(400);
  expect(answer.json).toMatchObject({ code: 'invalid-parameter', parameter: 'deliver' });
  await api.cancel(job);
});
