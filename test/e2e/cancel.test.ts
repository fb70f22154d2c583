import { engineOf, whileHeld } from '../harness/engine-hold.js';
import { eventually, pause } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const { system, api } = useLightSystem();
const image = smallPhoto();

jest.setTimeout(60_000);
afterEach(() => nothingRemains(system));

test('given jobs running and queued, when they are cancelled, then they end at once and others go on', async () => {
  const engine = await engineOf(system.workers[0]!);
  const kept = await whileHeld(system.workers[0]!, async () => {
    const running = await api.submit(image);
    await eventually(async () => (await api.status(running)).json['status'] === 'running');
    const other = await api.submit(image);
    const queued = await api.submit(image);
    for (const job of [queued, running]) {
      const events = await api.events(job);
      const waiting = api.result(job);
      await pause(200);
      expect((await api.cancel(job)).status).toBe(204);
      expect((await events.ended()).names.at(-1)).toBe('cancelled');
      expect(events.completed).toBe(true);
      expect([(await waiting).status, (await waiting).json['code']]).toEqual([410, 'job-cancelled']);
      expect((await system.keys()).filter((key) => key.includes(job.id) && /:(in|out)/.test(key))).toEqual(
        [],
      );
      expect((await api.cancel(job)).status).toBe(204);
    }
    return other;
  });
  expect((await api.result(kept)).status).toBe(200);
  // The engine that had the image went with it.
  expect(await engineOf(system.workers[0]!)).not.toBe(engine);
});

test('given a finished job, when it is cancelled, then its result is purged', async () => {
  const job = await api.submit(image);
  const events = await api.events(job);
  await events.received('done', 45_000);
  expect((await api.cancel(job)).status).toBe(204);
  await events.received('cancelled');
  expect((await api.result(job)).json['code']).toBe('job-cancelled');
  expect((await api.status(job)).json['status']).toBe('cancelled');
});

test('given `Prefer: wait`, when the client disconnects, then its job is cancelled, because no other client knows its token', async () => {
  await whileHeld(system.workers[0]!, async () => {
    const leave = new AbortController();
    const before = new Set(await system.keys());
    const post = api.post(image, { headers: { Prefer: 'wait=30' }, signal: leave.signal });
    const left = expect(post).rejects.toThrow();
    const key = await eventually(async () =>
      (await system.keys()).find((one) => one.endsWith(':job') && !before.has(one)),
    );
    const state = (): Promise<string | null> => system.inspector().hget(key, 'state');
    await eventually(async () => (await state()) === 'running');
    leave.abort();
    await left;
    await eventually(async () => (await state()) === 'cancelled');
  });
});
