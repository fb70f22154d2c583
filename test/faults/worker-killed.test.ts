import { ApiClient } from '../harness/api-client.js';
import { engineOf, isAlive } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { startSystem, type TestSystem } from '../harness/system.js';
import { nothingRemains } from '../harness/traces.js';

/** Promised: 5 s beyond the work itself. Machines that test are busy, so more is let pass. */
const RECOVERY_MS = 15_000;

let system: TestSystem;
let api: ApiClient;
let image: Buffer;

jest.setTimeout(90_000);
beforeAll(async () => {
  image = await smallPhoto();
  // The engine is held while another worker starts, which takes longer than opening an image may.
  system = await startSystem({ OPENING_DEADLINE_S: '60' });
  api = new ApiClient(system.url);
});
afterAll(() => system.stop());

test('given a job in work, when its worker is killed, then another does it and it is delivered once', async () => {
  const [first] = system.workers as [TestSystem['workers'][number]];
  const engine = await engineOf(first);
  const job = await api.submit(image);
  const events = await api.events(job);
  await events.heard('progress');
  process.kill(engine, 'SIGSTOP');
  await system.startWorker();
  process.kill(engine, 'SIGCONT');
  first.child.kill('SIGKILL');
  const killedAt = Date.now();
  const result = await api.result(job);
  const took = Date.now() - killedAt;
  expect(result.status).toBe(200);
  await eventually(() => !isAlive(engine));
  expect(events.all('started').map(({ data }) => data['attempt'])).toEqual([1, 2]);
  expect((await api.result(job)).json['code']).toBe('result-delivered');
  await events.ended();
  expect(events.names.filter((name) => name === 'done' || name === 'purged')).toEqual(['done', 'purged']);

  const begun = Date.now();
  expect((await api.result(await api.submit(image))).status).toBe(200);
  const work = Date.now() - begun;
  expect(took - work).toBeLessThan(RECOVERY_MS);
  await nothingRemains(system);
});
