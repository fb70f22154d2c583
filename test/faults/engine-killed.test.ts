import { engineOf, isAlive } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import type { SseReader } from '../harness/sse-reader.js';
import { useSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const { system, api } = useSystem();
const image = smallPhoto();

jest.setTimeout(90_000);
afterEach(() => nothingRemains(system));

/** Kills the engine while it computes attempt number `attempt` of the job that is listened to. */
async function killEngineIn(events: SseReader, attempt: number): Promise<void> {
  await eventually(() => {
    const start = events.events.findIndex(({ data }) => data['attempt'] === attempt);
    return start >= 0 && events.events.slice(start).some(({ data }) => data['stage'] === 'infer');
  }, 45_000);
  const engine = await engineOf(system.workers[0]!);
  process.kill(engine, 'SIGKILL');
  await eventually(() => !isAlive(engine));
}

test('given a job in work, when the engine dies, then the job is done again and delivered', async () => {
  const job = await api.submit(image);
  const events = await api.events(job);
  await killEngineIn(events, 1);
  expect((await api.result(job)).status).toBe(200);
  await events.ended();
  expect(events.all('started').map(({ data }) => data['attempt'])).toEqual([1, 2]);
  expect(events.names.at(-1)).toBe('purged');
});

test('given an image that crashes the engine twice, when it has failed, then the next one is done', async () => {
  const job = await api.submit(image);
  const events = await api.events(job);
  await killEngineIn(events, 1);
  const next = await api.submit(image);
  await killEngineIn(events, 2);
  const result = await api.result(job);
  expect([result.status, result.json['code']]).toEqual([422, 'worker-crashed']);
  expect((await events.ended()).names.at(-1)).toBe('failed');
  expect((await api.result(next)).status).toBe(200);
  expect(system.workers[0]!.child.exitCode).toBeNull();
});
