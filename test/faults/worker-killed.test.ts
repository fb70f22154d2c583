import { engineOf, isAlive, whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import type { TestSystem } from '../harness/system.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

/** Promised: 5 s beyond the work itself. Machines that test are busy, so more is let pass. */
const RECOVERY_MS = 15_000;

const { system, api } = useLightSystem({ OPENING_DEADLINE_S: '60' });
const image = smallPhoto();

jest.setTimeout(90_000);
beforeAll(() => {
  // The engine is held while another worker starts, which takes longer than opening an image may.
});

test('given a job in work, when its worker is killed, then another does it and it is delivered once', async () => {
  const [first] = system.workers as [TestSystem['workers'][number]];
  const engine = await engineOf(first);
  const { job, events } = await whileHeld(first, async () => {
    // The first attempt counts: the second one may start later.
    const held = await api.submit(image, { query: '?start_within=5' });
    const stream = await api.events(held);
    await stream.received('started');
    await system.startWorker();
    first.child.kill('SIGKILL');
    return { job: held, events: stream };
  });
  const killedAt = Date.now();
  const result = await api.result(job);
  const took = Date.now() - killedAt;
  expect(result.status).toBe(200);
  await eventually(() => !isAlive(engine));
  expect(events.all('started').map(({ data }) => data['attempt'])).toEqual([1, 2]);
  expect((await api.result(job)).json['code']).toBe('result-delivered');
  await events.ended();
  expect(events.names.filter((name) => name === 'done' || name === 'purged')).toEqual(['done', 'purged']);

  const startedAt = Date.now();
  expect((await api.result(await api.submit(image))).status).toBe(200);
  const work = Date.now() - startedAt;
  expect(took - work).toBeLessThan(RECOVERY_MS);
  await nothingRemains(system);
});
