import sharp from 'sharp';
import { ApiClient, bearer, type Answer } from '../harness/api-client.js';
import { cutShort } from '../harness/bad-images.js';
import { BatchClient } from '../harness/batch-client.js';
import { factsOf, rightCutout } from '../harness/cutout-check.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { PHOTOS, photo } from '../harness/photos.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { foundInRedis, nothingRemains } from '../harness/traces.js';
import { unzip } from '../harness/unzip.js';

/** A file name like those of customers. It must not be stored anywhere in the clear. */
const NAME = 'kunden/মীনা-7391.jpg';

const { system } = useLightSystem({ MAX_BATCH_IMAGES: '12' });
const image = smallPhoto();

jest.setTimeout(90_000);
beforeAll(async () => {
  await system.startApi();
});
afterEach(() => expect(system.output()).not.toContain('"defect"'));

const second = (): string => system.apis[1]!.url;
const expectProblem = ({ status, json }: Answer, wanted: number, code: string): void => {
  expect([status, json['code']]).toEqual([wanted, code]);
};

/** A result is right when it is, to the byte, what the photo alone gives; what that is, other tests look at. */
async function expectAsAlone(result: Buffer, name: (typeof PHOTOS)[number]): Promise<void> {
  const alone = await new ApiClient(system.url).post(photo(name), { headers: { Prefer: 'wait=30' } });
  expect([alone.status, alone.body.equals(result)]).toEqual([200, true]);
  expect(await factsOf(result, name)).toMatchObject(await rightCutout(name));
}

test('given photos in a batch, when results are received, then each comes once, under its name, and right', async () => {
  const batch = await BatchClient.open(system.url);
  for (const name of PHOTOS) await batch.add(photo(name), `${name}.jpg`);
  expect((await batch.close()).json['status']).toBe('closed');
  const results = await batch.at(second()).receive();
  expect([...results.keys()].sort()).toEqual(PHOTOS.map((name) => `${name}.jpg`));
  for (const name of PHOTOS) await expectAsAlone(results.get(`${name}.jpg`)!, name);
  const { status, counts, failures } = await batch.view();
  expect([status, counts.total, counts.delivered, failures]).toEqual(['complete', 3, 3, []]);
  await nothingRemains(system);
});

test('given a batch, when it is in Redis, then it holds no custom id in plain text and no token', async () => {
  const batch = await BatchClient.open(system.url);
  await whileHeld(system.workers[0]!, async () => {
    const { token } = await batch.add(image, NAME);
    const traces = [NAME, encodeURIComponent(NAME), '7391', token, batch.batch.token];
    const raw = [token, batch.batch.token].map((text) => Buffer.from(text, 'base64url'));
    expect(await foundInRedis(system.inspector(), [...traces, ...raw])).toEqual([]);
    expect(system.output()).not.toContain('7391');
  });
  await batch.close();
  expect([...(await batch.receive()).keys()]).toEqual([NAME]);
});

test('given several readers, when they receive side by side, then every image comes to one of them', async () => {
  const batch = await BatchClient.open(system.url);
  const names = Array.from({ length: 12 }, (_, i) => `image-${i}`);
  const results = new Map<string, Buffer>();
  const readers = Array.from({ length: 4 }, (_, i) =>
    (i % 2 === 0 ? batch : batch.at(second())).receive(results),
  );
  for (const name of names) await batch.add(image, name);
  expectProblem(await batch.post(image, 'one too many'), 409, 'batch-full');
  await batch.close();
  await Promise.all(readers);
  expect([...results.keys()].sort()).toEqual([...names].sort());
  await nothingRemains(system);
});

test('given an image that was accepted, when the request is repeated, then the answer is the same job, which runs once', async () => {
  const batch = await BatchClient.open(system.url);
  const first = await whileHeld(system.workers[0]!, async () => {
    const job = await batch.add(image, NAME);
    const again = await batch.at(second()).post(image, NAME);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(again.json).toMatchObject({ id: job.id, token: job.token, custom_id: NAME });
    return job;
  });
  expect((await batch.api.result(first)).status).toBe(200);
  const late = await batch.post(image, NAME);
  expect([late.status, late.json['status']]).toEqual([200, 'delivered']);
  expect((await batch.view()).counts).toMatchObject({ total: 1, delivered: 1 });
});

test('given two uploads of one name at the same time, when both end, then one job runs and both clients receive it', async () => {
  const batch = await BatchClient.open(system.url);
  const answers = await whileHeld(system.workers[0]!, () =>
    Promise.all([batch, batch.at(second()), batch].map((client) => client.post(image, 'same'))),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 202]);
  expect(new Set(answers.map(({ json }) => json['id'])).size).toBe(1);
  await batch.close();
  expect([...(await batch.receive()).keys()]).toEqual(['same']);
  await nothingRemains(system);
});

test('given images that fail, when the batch is read, then it names them, and they can be sent again', async () => {
  const batch = await BatchClient.open(system.url);
  const broken = cutShort(photo('coffee'));
  expectProblem(await batch.post(Buffer.from('no image at all'), 'text'), 415, 'image-type-unsupported');
  await batch.add(broken, NAME);
  await batch.add(image, 'good', '&bg_color=red');
  await eventually(async () => (await batch.view('?wait=5')).counts.failed === 1, 30_000);
  expect((await batch.view()).failures).toMatchObject([
    { custom_id: NAME, problem: { code: 'image-truncated', status: 422 } },
  ]);
  await batch.add(image, NAME);
  await batch.close();
  expect([...(await batch.receive()).keys()].sort()).toEqual(['good', NAME].sort());
  expect((await batch.view()).counts).toMatchObject({ total: 2, delivered: 2, failed: 0 });
});

test('given a batch, when its archive is taken while images come in, then it has each, and says what failed', async () => {
  const batch = await BatchClient.open(system.url);
  const archive = batch.at(second()).call('GET', '/archive');
  await batch.add(photo('coffee'), 'cups/coffee.jpg');
  await batch.add(image, '../../etc/passwd');
  await batch.add(image, 'CUPS/coffee.png', '&format=webp');
  await batch.add(image, 'cups/coffee.jpeg');
  await batch.add(cutShort(photo('coffee')), NAME);
  await batch.close();
  const { status, headers, body } = await archive;
  expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
    200,
    'application/zip',
    'no-store',
  ]);
  const files = unzip(body);
  expect([...files.keys()].sort()).toEqual(
    ['CUPS/coffee.webp', 'cups/coffee-2.png', 'cups/coffee.png', 'errors.json', 'etc/passwd.png'].sort(),
  );
  await expectAsAlone(files.get('cups/coffee.png')!, 'coffee');
  expect((await sharp(files.get('etc/passwd.png')).metadata()).hasAlpha).toBe(true);
  const report = JSON.parse(files.get('errors.json')!.toString()) as Record<string, unknown>;
  expect(report).toMatchObject({
    complete: true,
    failures: [{ custom_id: NAME, problem: { code: 'image-truncated' } }],
  });
  await nothingRemains(system);
});

test('given a reader that leaves in the middle of an archive, when it comes back, then nothing is lost', async () => {
  const batch = await BatchClient.open(system.url);
  for (let i = 0; i < 4; i += 1) await batch.add(photo('chelsea'), `cat-${i}`);
  await batch.close();
  const leaver = new AbortController();
  const response = await fetch(`${system.url}/v1/batches/${batch.batch.id}/archive`, {
    headers: bearer(batch.batch),
    signal: leaver.signal,
  });
  await response.body!.getReader().read();
  leaver.abort();
  const taken = new Map<string, Buffer>();
  await batch.receive(taken);
  const { counts } = await batch.view();
  expect([counts.total, counts.delivered]).toEqual([4, 4]);
  // What had been written before the connection broke was delivered; all the rest came now.
  expect(taken.size).toBeGreaterThanOrEqual(2);
  await nothingRemains(system);
});

test('given a batch, when a client listens to it, then it receives an event for every image, and the end', async () => {
  const batch = await BatchClient.open(system.url);
  const events = await batch.events();
  await batch.add(image, NAME);
  await batch.add(image, 'second');
  await batch.close();
  const done = await events.received('done', 45_000);
  expect(done.data).toMatchObject({ width: 300, height: 300, format: 'png' });
  await batch.at(second()).receive();
  await events.ended();
  expect(events.completed).toBe(true);
  expect(events.names.at(-1)).toBe('complete');
  expect(events.events.at(-1)?.data).toMatchObject({ total: 2, delivered: 2 });
  const names = new Set(events.all('delivered').map(({ data }) => data['custom_id']));
  expect(names).toEqual(new Set([NAME, 'second']));
  const ids = events.events.filter(({ name }) => name !== 'counts').map(({ id }) => Number(id));
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
  const last = events.events.at(-1)!.id;
  const resumed = await batch.call('GET', '/events', { headers: { 'Last-Event-ID': last } });
  expect(resumed.status).toBe(204);
  const missed = await batch.events({ 'Last-Event-ID': String(Number(last) - 1) });
  await missed.ended();
  expect(missed.names).toEqual(expect.arrayContaining(['complete']));
});

test('given a batch, when it is cancelled, then waiting and finished images are purged, and readers receive that', async () => {
  const batch = await BatchClient.open(system.url);
  await batch.add(image, 'first');
  await eventually(async () => (await batch.view('?wait=5')).counts.ready === 1, 30_000);
  const events = await batch.events();
  await whileHeld(system.workers[0]!, async () => {
    await batch.add(image, 'second');
    await batch.add(image, 'third');
    expect((await batch.call('DELETE')).status).toBe(204);
  });
  expect((await events.received('gone')).data).toMatchObject({ problem: { code: 'batch-cancelled' } });
  expectProblem(await batch.next(), 410, 'batch-cancelled');
  expectProblem(await batch.post(image, 'late'), 410, 'batch-cancelled');
  await nothingRemains(system);
});

test('given wrong calls, when they are made, then they are rejected with the reason', async () => {
  const batch = await BatchClient.open(system.url);
  const other = await BatchClient.open(system.url);
  const { id } = batch.batch;
  const api = new ApiClient(system.url);
  for (const path of ['', '/results', '/archive', '/events'].map((part) => `/v1/batches/${id}${part}`)) {
    expectProblem(await api.call('GET', path), 404, 'batch-not-found');
    expectProblem(await api.call('GET', path, { headers: bearer(other.batch) }), 404, 'batch-not-found');
  }
  for (const name of ['x'.repeat(201), 'line\nbreak', 'null\0']) {
    const answer = await batch.post(image, name);
    expectProblem(answer, 400, 'invalid-parameter');
    expect(answer.json['parameter']).toBe('custom_id');
  }
  expectProblem(await batch.next('?wait=soon'), 400, 'invalid-parameter');
  await batch.close();
  expectProblem(await batch.post(image, 'late'), 409, 'batch-closed');
  expect((await batch.next()).headers.get('x-batch-status')).toBe('complete');
});

test('given a form with its name as a field, when it is posted, then the image has that name', async () => {
  const batch = await BatchClient.open(system.url);
  const form = new FormData();
  form.append('custom_id', NAME);
  form.append('format', 'webp');
  form.append('image', new Blob([new Uint8Array(image)]), 'ignored.jpg');
  const answer = await batch.call('POST', '/jobs', { body: form });
  expect([answer.status, answer.json['custom_id']]).toEqual([202, NAME]);
  const nameless = await batch.add(image);
  expect(nameless.custom_id).toBe(nameless.id);
  await batch.close();
  expect([...(await batch.receive()).keys()].sort()).toEqual([NAME, nameless.id].sort());
});
