import sharp from 'sharp';
import { cutShort } from '../harness/bad-images.js';
import { BatchClient } from '../harness/batch-client.js';
import { runPatiently, type Outcome } from '../harness/patient-batch.js';
import { eventually, pause } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { startSystem, type TestSystem } from '../harness/system.js';
import { nothingRemains } from '../harness/traces.js';
import { unzip } from '../harness/unzip.js';

const IMAGES = 16;

let system: TestSystem;
let images: Map<string, Buffer>;

jest.setTimeout(120_000);
beforeAll(async () => {
  const image = await smallPhoto();
  images = new Map(Array.from({ length: IMAGES }, (_, i) => [`folder/${i}.jpg`, image]));
  images.set('broken.jpg', cutShort(image));
  system = await startSystem();
  await system.startApi();
});
afterAll(() => system.stop());
afterEach(() => nothingRemains(system));

/** Runs a batch and breaks something in the middle of it. */
async function whileRunning(breakIt: () => Promise<void>): Promise<Outcome> {
  const running = runPatiently(
    system.apis.map(({ url }) => url),
    images,
  );
  await pause(2500);
  await breakIt();
  return running;
}

async function expectAll({ results, failed }: Outcome): Promise<void> {
  expect([...results.keys(), ...failed].sort()).toEqual([...images.keys()].sort());
  expect([...failed]).toEqual(['broken.jpg']);
  for (const result of results.values()) {
    const { width, height, hasAlpha } = await sharp(result).metadata();
    expect([width, height, hasAlpha]).toEqual([300, 300, true]);
  }
}

test('given a batch, when a worker is killed and replaced, then every image is delivered once or told to have failed', async () => {
  const outcome = await whileRunning(async () => {
    system.workers[0]!.child.kill('SIGKILL');
    await system.startWorker();
  });
  await expectAll(outcome);
  expect([outcome.batches, outcome.again]).toEqual([1, 0]);
});

test('given a batch, when an API is killed, then another goes on with it and nothing is lost', async () => {
  const outcome = await whileRunning(async () => {
    system.apis[0]!.child.kill('SIGKILL');
    await system.apis[0]!.exited;
  });
  await expectAll(outcome);
  expect(outcome.batches).toBe(1);
});

test('given a batch, when Redis is killed and comes back empty, then the client hears of it and completes it anew', async () => {
  const outcome = await whileRunning(async () => {
    await system.redis.kill();
    await system.redis.start();
  });
  await expectAll(outcome);
  expect(outcome.batches).toBeGreaterThanOrEqual(2);
});

test('given an archive under way, when its API is told to stop, then it ends as a whole archive that says it is not all', async () => {
  const leaving = await system.startApi();
  const staying = await system.startApi();
  const batch = await BatchClient.open(staying.url);
  const name = 'first.jpg';
  await batch.add(images.get('folder/0.jpg')!, name);
  const archive = batch.at(leaving.url).call('GET', '/archive');
  await eventually(async () => (await batch.view('?wait=5')).counts.delivered === 1, 30_000);
  leaving.child.kill('SIGTERM');
  const files = unzip((await archive).body);
  expect([...files.keys()]).toEqual(['first.png', 'errors.json']);
  expect(JSON.parse(files.get('errors.json')!.toString())).toEqual({ complete: false, failures: [] });
  expect(await leaving.exited).toBe(0);
});
