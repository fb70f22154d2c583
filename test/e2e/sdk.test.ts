import { readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import type { BatchImage, BatchOutcome } from '#sdk/in-flight-window.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import type { CutoutProgress } from '#sdk/cutout-run.js';
import { RemoveBg } from '#sdk/removebg-client.js';
import { ApiClient } from '../harness/api-client.js';
import { CuttingProxy } from '../harness/cutting-proxy.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { KeyFiles } from '../harness/key-files.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const files = new KeyFiles();
const key = files.create('standard');
const book = JSON.parse(readFileSync(files.path, 'utf8')) as { tiers: Record<string, object> };
book.tiers['anonymous'] = { images_in_flight: 3 };
writeFileSync(files.path, JSON.stringify(book));
const { system } = useLightSystem({ KEYS_FILE: files.path });
let proxy: CuttingProxy;
let photo: Blob;

jest.setTimeout(180_000);
beforeAll(async () => {
  photo = new Blob([new Uint8Array(smallPhoto())], { type: 'image/jpeg' });
  proxy = await CuttingProxy.start(system.url);
});
afterAll(async () => {
  await proxy.stop();
  files.remove();
});
beforeEach(() => void proxy.passages.splice(0));
afterEach(() => nothingRemains(system));

const clientOf = (apiKey?: string): RemoveBg =>
  new RemoveBg({ origin: proxy.url, retryMs: 50, ...(apiKey !== undefined && { apiKey }) });

async function* photos(count: number): AsyncGenerator<BatchImage> {
  for (let i = 0; i < count; i += 1) yield { name: `photo ${i}.jpg`, image: () => photo };
}

async function all(outcomes: AsyncIterable<BatchOutcome>): Promise<BatchOutcome[]> {
  const found: BatchOutcome[] = [];
  for await (const outcome of outcomes) found.push(outcome);
  return found;
}

describe('given the SDK and one image', () => {
  it('when its background is removed, then progress is reported, the cut-out comes with its facts, and its receipt is valid', async () => {
    const client = clientOf();
    const seen: CutoutProgress['state'][] = [];
    const onProgress = ({ state }: CutoutProgress): void => void seen.push(state);
    let removed: ReturnType<RemoveBg['remove']> | undefined;
    await whileHeld(system.workers[0]!, async () => {
      removed = client.remove(photo, { format: 'webp' }, { onProgress });
      await eventually(() => seen.includes('running'), 30_000);
    });
    const { image, facts, job } = (await removed)!;
    const { width, height, hasAlpha, format } = await sharp(await image.arrayBuffer()).metadata();
    expect({ width, height, hasAlpha, format }).toEqual({
      ...{ width: 300, height: 300, hasAlpha: true, format: 'webp' },
    });
    expect(facts).toMatchObject({ width: 300, height: 300, format: 'webp', bytes: image.size });
    expect(facts.foreground.width).toBeGreaterThan(50);
    expect(facts.confidence).toBeGreaterThanOrEqual(0);
    expect(facts.confidence).toBeLessThanOrEqual(1);
    expect(seen[0]).toBe('sending');
    expect(seen).toContain('running');
    expect(seen.at(-1)).toBe('fetching');
    const verdict = await client.verify(await client.receipt(job));
    expect(verdict).toMatchObject({ valid: true, claims: { jti: job.id, state: 'delivered' } });
  });

  it('when a background is sent along, then it is behind the subject', async () => {
    const plain = async (side: number, color: string): Promise<Blob> => {
      const create = { width: side, height: side, channels: 3 as const, background: color };
      return new Blob([new Uint8Array(await sharp({ create }).png().toBuffer())], { type: 'image/png' });
    };
    // For the light model, what is black is background.
    const [black, background] = [await plain(300, '#000000'), await plain(20, '#ff0000')];
    const { image } = await clientOf().remove(black, {}, { background });
    const { data, info } = await sharp(await image.arrayBuffer())
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([...data.subarray(0, 3)]).toEqual([255, 0, 0]);
    expect(info.width).toBe(300);
  });

  it('when it is aborted while it is processed, then the job is cancelled at the service before the promise rejects', async () => {
    const leave = new AbortController();
    await whileHeld(system.workers[0]!, async () => {
      const onProgress = ({ state }: CutoutProgress): void => {
        if (state === 'running') leave.abort(new Error('enough'));
      };
      const removed = clientOf().remove(photo, {}, { signal: leave.signal, onProgress });
      await expect(removed).rejects.toThrow('enough');
    });
    expect(proxy.of('DELETE', /jobs/).map(({ status }) => status)).toEqual([204]);
  });

  it('when it is aborted before the service has answered the upload, then its job is cancelled all the same', async () => {
    const leave = new AbortController();
    const removed = clientOf().remove(photo, {}, { signal: leave.signal });
    await eventually(() => proxy.of('POST', /jobs/).length === 1);
    leave.abort(new Error('at once'));
    await expect(removed).rejects.toThrow('at once');
    expect(proxy.of('DELETE', /jobs/)).toHaveLength(1);
  });

  it('when it is no image, then the problem has its code and status, and nothing is tried again', async () => {
    const text = new Blob(['not an image at all, but long enough to be looked at']);
    const failed = clientOf().remove(text);
    await expect(failed).rejects.toBeInstanceOf(RemoveBgError);
    await expect(failed).rejects.toMatchObject({ code: 'image-type-unsupported', status: 415 });
    expect(proxy.passages).toHaveLength(1);
  });

  it('when the answer to a submission with a key is lost, then its repetition finds the same job', async () => {
    proxy.losesAnswerOf.push(/POST \/v1\/jobs/);
    const { image } = await clientOf(key).remove(photo);
    expect(image.size).toBeGreaterThan(1000);
    const [first, second] = proxy.of('POST', /jobs/);
    expect(first!.headers['idempotency-key']).toBe(second!.headers['idempotency-key']);
    const metered = system.output().match(/"event":"job.finished"[^\n]*/g) ?? [];
    expect(metered.filter((line) => line.includes('delivered')).length).toBeLessThanOrEqual(5);
  });
});

describe('given the SDK and many images', () => {
  it('when they go through a batch, then each outcome comes once, and a broken one disturbs no other', async () => {
    const broken = new Blob([
      new Uint8Array(await photo.arrayBuffer()).subarray(0, 3000),
      new Uint8Array(3000),
    ]);
    async function* images(): AsyncGenerator<BatchImage> {
      yield { name: 'broken.jpg', image: broken };
      yield { name: 'unreadable.jpg', image: () => Promise.reject(new Error('gone')) };
      yield { name: 'text.jpg', image: new Blob(['no image'.repeat(20)]) };
      yield { name: 'other.jpg', image: photo, options: { format: 'jpg' } };
      yield* photos(4);
    }
    const outcomes = await all(clientOf(key).batch(images(), { window: 4, options: { channels: 'rgba' } }));
    const of = (name: string): BatchOutcome | undefined => outcomes.find((each) => each.name === name);
    expect(outcomes.map(({ name }) => name).sort()).toEqual(
      [
        'broken.jpg',
        'other.jpg',
        ...Array.from({ length: 4 }, (_, i) => `photo ${i}.jpg`),
        'text.jpg',
        'unreadable.jpg',
      ].sort(),
    );
    expect(of('broken.jpg')).toMatchObject({ ok: false, error: { code: 'image-truncated', status: 422 } });
    expect(of('unreadable.jpg')).toMatchObject({
      ok: false,
      error: { code: 'image-unreadable', cause: { message: 'gone' } },
    });
    expect(of('text.jpg')).toMatchObject({ ok: false, error: { code: 'image-type-unsupported' } });
    expect(of('other.jpg')).toMatchObject({ ok: true, facts: { format: 'jpg' } });
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(5);
    // Names stay with the caller.
    expect(proxy.passages.every(({ path }) => !path.includes('photo'))).toBe(true);
  });

  it('when the service takes fewer at a time, then Retry-After is obeyed, and all come through', async () => {
    const waits: string[] = [];
    const onWait = ({ code }: { code: string }): void => void waits.push(code);
    const posts = () => proxy.of('POST', /custom_id/);
    const refusals = () => posts().filter(({ status }) => status === 429);
    let running: Promise<BatchOutcome[]> | undefined;
    await whileHeld(system.workers[0]!, async () => {
      running = all(clientOf().batch(photos(5), { window: 5, onWait }));
      await eventually(() => refusals().length > 0, 30_000);
    });
    const outcomes = (await running)!;
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(5);
    expect(waits).toContain('tenant-limit');
    const refused = refusals();
    expect(refused.length).toBeGreaterThan(0);
    for (const { path, answered, retryAfterMs } of refused) {
      const next = posts().find((post) => post.path === path && post.began > answered);
      expect(next!.began - answered).toBeGreaterThanOrEqual(retryAfterMs! - 5);
    }
  });

  it('when the loop is left, then what remains is cancelled at the service', async () => {
    for await (const { ok } of clientOf(key).batch(photos(5), { window: 3 })) {
      expect(ok).toBe(true);
      break;
    }
    expect(proxy.of('DELETE', /batches/).map(({ status }) => status)).toEqual([204]);
  });

  it('when it is aborted, then its reason is thrown and everything is cancelled', async () => {
    const leave = new AbortController();
    await whileHeld(system.workers[0]!, async () => {
      const running = all(clientOf(key).batch(photos(5), { window: 3, signal: leave.signal }));
      await eventually(() => proxy.of('POST', /custom_id/).length >= 3);
      leave.abort(new Error('stop all'));
      await expect(running).rejects.toThrow('stop all');
      expect(proxy.of('DELETE', /batches/)).toHaveLength(1);
    });
  });

  it('when the key is refused, then the run ends with that at once', async () => {
    const running = all(clientOf('rb_wrong').batch(photos(3)));
    await expect(running).rejects.toMatchObject({ code: 'key-invalid', status: 401 });
    expect(proxy.passages).toHaveLength(1);
  });

  it('when there are none, then nothing is asked of the service', async () => {
    expect(await all(clientOf().batch([]))).toEqual([]);
    expect(proxy.passages).toEqual([]);
    expect((await new ApiClient(system.url).call('GET', '/readyz')).status).toBe(200);
  });
});
