import { readySchema, type ReadyView } from '#contracts/service-view.js';
import { ApiClient } from '../harness/api-client.js';
import { eventually, pause } from '../harness/eventually.js';
import { modelFolder } from '../harness/model-folder.js';
import { smallPhoto } from '../harness/small-photo.js';
import { meanNetwork } from '../harness/small-networks.js';
import { SupervisedSystem } from '../harness/supervised-system.js';

/** Short: the service is idle several times here. */
const IDLE_S = 1;
/** A worker that starts beside other tests. */
const LONG_MS = 60_000;
const image = smallPhoto();

let system: SupervisedSystem;
let api: ApiClient;

jest.setTimeout(120_000);
beforeAll(async () => {
  const settings = { MIN_WORKERS: '0', WORKER_IDLE_S: String(IDLE_S), SHUTDOWN_S: '10' };
  system = await SupervisedSystem.start(2, settings, modelFolder(meanNetwork(), 'isnet'));
  api = new ApiClient(system);
});
afterAll(() => system.stop());

const ready = async (): Promise<ReadyView> => readySchema.parse((await api.call('GET', '/readyz')).json);
const workersGone = (): Promise<boolean> =>
  eventually(() => system.pids('worker').length === 0 && system.pids('engine').length === 0, LONG_MS);

test('given no worker, when the service is looked at, then it is ready and nothing is refused', async () => {
  expect(await ready()).toEqual({ status: 'no worker, will start', workers: [] });
  expect(system.pids('worker')).toEqual([]);
  const { json } = await api.call('GET', '/v1/models');
  expect(json['models']).toMatchObject([{ name: 'isnet', default: true, loaded: false }]);
  const page = await api.call('GET', '/.well-known/retention', { headers: { Accept: 'text/html' } });
  expect(String(page.body)).toContain('No worker is running. An image starts one.');
});

test('given no worker, when images arrive, then workers start, and the clients learn that they wait for one', async () => {
  const first = await api.submit(image);
  expect(first).toMatchObject({ status: 'queued', worker_starting: true });
  const events = await api.events(first);
  expect((await events.received('queued')).data).toMatchObject({ worker_starting: true });
  const others = [api.post(image, { headers: { Prefer: 'wait=60' } }), api.post(image)];
  expect((await api.result(first)).status).toBe(200);
  expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 202]);
  expect((await ready()).status).toBe('ready');
  expect(system.pids('worker').length).toBeLessThanOrEqual(2);
});

test('given workers without work, when their idle time is over, then they stop, and the next image starts one', async () => {
  await workersGone();
  expect((await ready()).status).toBe('no worker, will start');
  expect((await api.result(await api.submit(image))).status).toBe(200);
});

test('given a worker that is about to stop, when an image arrives before, during and after, then none is lost', async () => {
  for (const afterMs of [950, 1100, 1300]) {
    await pause(afterMs);
    expect((await api.result(await api.submit(image))).status).toBe(200);
  }
  await workersGone();
  expect(system.defects).toEqual([]);
});
