import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { CutoutProgress } from '#sdk/cutout-run.js';
import { RemoveBg } from '#sdk/removebg-client.js';
import { startCommand } from '../harness/command-line.js';
import { CuttingProxy } from '../harness/cutting-proxy.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually, pause } from '../harness/eventually.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const { system } = useLightSystem();
let proxy: CuttingProxy;
let bytes: Buffer;
let photo: Blob;

jest.setTimeout(120_000);
beforeAll(async () => {
  bytes = smallPhoto();
  photo = new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' });
  proxy = await CuttingProxy.start(system.url);
});
afterAll(() => proxy.stop());
beforeEach(() => {
  proxy.passages.splice(0);
  proxy.events = 'pass';
});
afterEach(() => nothingRemains(system));

/** Starts an image and runs the test while the worker is stopped. */
class Watched {
  readonly seen: CutoutProgress['state'][] = [];
  readonly width: Promise<number>;

  constructor(settings: { firstMs?: number } = {}) {
    const client = new RemoveBg({ origin: proxy.url, retryMs: 100, ...settings });
    const onProgress = ({ state }: CutoutProgress): void => void this.seen.push(state);
    this.width = client
      .remove(photo, {}, { onProgress })
      .then(async ({ image }) => (await sharp(await image.arrayBuffer()).metadata()).width);
  }

  /** Resolves once the image is being worked on. */
  running(): Promise<true> {
    return eventually(() => this.seen.includes('running') || undefined, 30_000);
  }
}

const streams = () => proxy.of('GET', /\/events$/);

async function restartApi(): Promise<void> {
  const [killed] = system.apis.splice(0);
  killed!.child.kill('SIGKILL');
  await killed!.exited;
  proxy.target = (await system.startApi()).url;
}

test('given a proxy that cuts event streams, when an image takes longer, then it is followed from the last event on', async () => {
  proxy.events = 'cut';
  proxy.cutMs = 400;
  const watched = await whileHeld(system.workers[0]!, async () => {
    const held = new Watched();
    await held.running();
    await eventually(() => streams().length >= 3, 30_000);
    return held;
  });
  expect(await watched.width).toBe(300);
  const resumedFrom = streams().map(({ headers }) => headers['last-event-id']);
  expect(resumedFrom).toContainEqual(expect.stringMatching(/^\d+$/));
  expect(watched.seen.at(-1)).toBe('fetching');
});

test('given a proxy that buffers event streams, then the long-poll reports the progress, and no client waits for the stream', async () => {
  proxy.events = 'hold';
  const watched = await whileHeld(system.workers[0]!, async () => {
    const held = new Watched({ firstMs: 700 });
    await held.running();
    return held;
  });
  expect(await watched.width).toBe(300);
  expect(streams()).toHaveLength(1);
  expect(proxy.of('GET', /\/jobs\/[^/]+\?wait=/).length).toBeGreaterThan(0);
});

test('given an image in work, when the API is killed and started again, then the cut-out comes all the same', async () => {
  const watched = await whileHeld(system.workers[0]!, async () => {
    const held = new Watched();
    await held.running();
    await restartApi();
    return held;
  });
  expect(await watched.width).toBe(300);
  expect(proxy.of('POST', /jobs/)).toHaveLength(1);
});

test('given an image in work, when its worker is killed, then another does it', async () => {
  const watched = await whileHeld(system.workers[0]!, async () => {
    const held = new Watched();
    await held.running();
    const [killed] = system.workers.splice(0);
    killed!.child.kill('SIGKILL');
    await system.startWorker();
    return held;
  });
  expect(await watched.width).toBe(300);
});

test('given an image in work, when the queue is lost, then it is submitted again', async () => {
  const watched = await whileHeld(system.workers[0]!, async () => {
    const held = new Watched();
    await held.running();
    await system.redis.kill();
    await system.redis.start();
    return held;
  });
  expect(await watched.width).toBe(300);
  expect(proxy.of('POST', /jobs/).filter(({ status }) => status === 202)).toHaveLength(2);
});

test('given a folder under way on the command line, when the API is killed and started again, then all of it is done', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'removebg-faults-'));
  try {
    mkdirSync(join(folder, 'in'));
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(folder, 'in', `${name}.jpg`), bytes);
    const running = await whileHeld(system.workers[0]!, async () => {
      const args = [join(folder, 'in'), '--out', join(folder, 'out'), '--server', proxy.url];
      const started = startCommand(args);
      // All of them: one that the API was still receiving would leave its bytes behind for two minutes.
      const accepted = (): number =>
        proxy.of('POST', /custom_id/).filter(({ status }) => status === 202).length;
      await eventually(() => accepted() === 4, 30_000);
      await restartApi();
      await pause(200);
      return started;
    });
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([0, expect.stringMatching(/4 done in/)]);
    expect(readdirSync(join(folder, 'out')).sort()).toEqual([
      ...['.removebg.jsonl', 'a.png', 'b.png', 'c.png', 'd.png'],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
