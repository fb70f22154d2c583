import sharp from 'sharp';
import { cutShort } from '../harness/bad-images.js';
import { BatchClient } from '../harness/batch-client.js';
import { runWithRetries, type Outcome } from '../harness/retrying-batch.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';
import { unzip } from '../harness/unzip.js';

const IMAGES = 40;
/** So many are delivered before something breaks. */
const SOME = 8;

const { system } = useLightSystem();
let images: Map<string, Buffer>;

jest.setTimeout(120_000);
beforeAll(async () => {
  const image = smallPhoto();
  images = new Map(Array.from({ length: IMAGES }, (_, i) => [`folder/${i}.jpg`, image]));
  images.set('broken.jpg', cutShort(image));
  await system.startApi();
});
afterEach(() => nothingRemains(system));

/**
 * Runs a batch and breaks something once all images are submitted, some of them delivered and others in the engine. An
 * upload in progress would leave data in Redis until its deadline.
 */
async function whileRunning(breakIt: () => Promise<void>): Promise<Outcome> {
  const results = new Map<string, Buffer>();
  const urls = system.apis.map(({ url }) => url);
  const worker = system.workers.at(-1)!;
  let isSubmitted = false;
  let running!: Promise<Outcome>;
  await whileHeld(worker, async () => {
    running = runWithRetries(urls, images, results, () => (isSubmitted = true));
    await eventually(() => isSubmitted, 30_000);
  });
  await eventually(() => results.size >= SOME);
  await whileHeld(worker, async () => {
    expect(results.size).toBeLessThan(IMAGES);
    await breakIt();
  });
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

test('given a batch, when a worker is killed and replaced, then every image is delivered once or reported as failed', async () => {
  const outcome = await whileRunning(async () => {
    system.workers[0]!.child.kill('SIGKILL');
    await system.startWorker();
  });
  await expectAll(outcome);
  expect([outcome.batches, outcome.again]).toEqual([1, 0]);
});

test('given a batch, when an API is killed, then another continues it and nothing is lost', async () => {
  const outcome = await whileRunning(async () => {
    system.apis[0]!.child.kill('SIGKILL');
    await system.apis[0]!.exited;
  });
  await expectAll(outcome);
  expect(outcome.batches).toBe(1);
});

test('given a batch, when Redis is killed and comes back empty, then the client learns of it and completes the images in another batch', async () => {
  const outcome = await whileRunning(async () => {
    await system.redis.kill();
    await system.redis.start();
  });
  await expectAll(outcome);
  expect(outcome.batches).toBeGreaterThanOrEqual(2);
});

test('given an archive that is being sent, when its API receives SIGTERM, then it ends as a valid archive that is marked incomplete', async () => {
  const [leaving, staying] = await Promise.all([system.startApi(), system.startApi()]);
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
