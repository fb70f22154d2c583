import { randomUUID } from 'node:crypto';
import type { JobAccepted } from '#contracts/job-view.js';
import { ApiClient, type Answer } from '../harness/api-client.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { foreignKeys, KEYS_WITH_JOBS } from '../harness/key-allowlist.js';
import { KeyFiles, withKey } from '../harness/key-files.js';
import { RawRequest } from '../harness/raw-request.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { foundInRedis, nothingRemains } from '../harness/traces.js';

const files = new KeyFiles();
const key = files.create('standard');
const neighbour = files.create('standard');
const { system, api } = useLightSystem({ KEYS_FILE: files.path });
const image = smallPhoto();
let second: ApiClient;

jest.setTimeout(60_000);
beforeAll(async () => {
  second = new ApiClient((await system.startApi()).url);
});
afterAll(() => files.remove());
afterEach(() => expect(system.output()).not.toContain('"defect"'));

const headersOf = (idempotencyKey: string, apiKey = key): Record<string, string> => ({
  ...withKey(apiKey),
  'Idempotency-Key': idempotencyKey,
});
const acceptedIn = (answer: Answer): JobAccepted => {
  expect(answer.status).toBe(202);
  return answer.json as unknown as JobAccepted;
};
const jobs = async (): Promise<number> => (await system.keys()).filter((one) => one.endsWith(':job')).length;
const entries = async (): Promise<number> =>
  (await system.keys()).filter((one) => one.startsWith('rb:retry:')).length;
const cutouts = (): number => system.output().match(/"event":"cutout"/g)?.length ?? 0;

test('given a request, when it is repeated at any instance, then the same job and token come back, and it is done once', async () => {
  const idempotencyKey = randomUUID();
  const [before, done] = [await jobs(), cutouts()];
  const headers = headersOf(idempotencyKey);
  const first = await api.post(image, { headers });
  const job = acceptedIn(first);
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  for (const client of [api, second]) {
    const again = await client.post(image, { headers });
    expect(acceptedIn(again)).toMatchObject({ id: job.id, token: job.token });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  }
  expect(await jobs()).toBe(before + 1);
  expect((await api.result(job)).status).toBe(200);
  const late = await api.post(image, { headers });
  expect([late.status, late.json['code']]).toEqual([410, 'result-delivered']);
  await eventually(() => cutouts() > done);
  expect(cutouts()).toBe(done + 1);
  await nothingRemains(system);
});

test('given a client that gave up waiting, when it repeats its request, then it gets the image that was made meanwhile', async () => {
  const headers = { ...headersOf('order-7391'), Prefer: 'wait=30' };
  const done = cutouts();
  await whileHeld(system.workers[0]!, async () => {
    await expect(api.post(image, { headers, signal: AbortSignal.timeout(700) })).rejects.toThrow();
  });
  const again = await api.post(image, { headers });
  expect([again.status, again.headers.get('content-type')]).toEqual([200, 'image/png']);
  await eventually(() => cutouts() > done);
  expect(cutouts()).toBe(done + 1);
  await nothingRemains(system);
});

test('given a key that was used, when it comes with another image, other options or from another holder, then it is kept apart', async () => {
  const idempotencyKey = randomUUID();
  const headers = headersOf(idempotencyKey);
  const other = Buffer.concat([image, Buffer.of(0)]);
  await whileHeld(system.workers[0]!, async () => {
    const job = acceptedIn(await api.post(image, { headers }));
    for (const answer of [
      await api.post(other, { headers }),
      await api.post(image, { headers, query: '?format=webp' }),
    ]) {
      expect([answer.status, answer.json['code']]).toEqual([422, 'retry-differs']);
      expect(String(answer.body)).not.toContain(job.id);
    }
    const theirs = acceptedIn(await api.post(image, { headers: headersOf(idempotencyKey, neighbour) }));
    expect(theirs.id).not.toBe(job.id);
    const anonymous = [0, 1].map(() => api.post(image, { headers: { 'Idempotency-Key': idempotencyKey } }));
    const [one, two] = (await Promise.all(anonymous)).map(acceptedIn);
    expect(new Set([one!.id, two!.id, job.id, theirs.id]).size).toBe(4);
    for (const each of [job, theirs, one!, two!]) await api.cancel(each);
  });
  await nothingRemains(system);
});

test('given a first request that is still sending, when it is repeated, then 409; when it breaks, then the repetition is the first', async () => {
  const headers = headersOf(randomUUID());
  const known = await entries();
  const slow = RawRequest.post(system.url, {
    'Content-Type': 'image/jpeg',
    'Content-Length': image.length,
    ...headers,
  });
  await slow.send(image.subarray(0, 1000));
  await eventually(async () => (await entries()) > known);
  const early = await second.post(image, { headers });
  expect(early.status).toBe(409);
  expect(early.json['code']).toBe('retry-too-soon');
  expect(early.headers.get('retry-after')).toBe('1');
  slow.break();
  const answer = await eventually(async () => {
    const tried = await second.post(image, { headers });
    return tried.status === 202 && tried;
  });
  expect(answer.headers.get('idempotent-replayed')).toBeNull();
  await second.cancel(acceptedIn(answer));
});

test('given an image that is refused, when a good one comes with the same key, then it is taken', async () => {
  const headers = headersOf(randomUUID());
  expect((await api.post('no image at all', { headers })).status).toBe(415);
  const job = acceptedIn(await api.post(image, { headers }));
  await api.cancel(job);
  const after = await api.post(image, { headers });
  expect([after.status, after.json['code']]).toEqual([410, 'job-cancelled']);
});

test('given a key of a wrong form, when it comes, then it is named and not repeated', async () => {
  for (const wrong of ['two words', 'x'.repeat(256)]) {
    const answer = await api.post(image, { headers: headersOf(wrong) });
    expect([answer.status, answer.json['parameter']]).toEqual([400, 'Idempotency-Key']);
  }
});

test('given requests that were repeated, when Redis and the logs are looked at, then neither key nor token is there', async () => {
  const idempotencyKey = randomUUID();
  const job = acceptedIn(await api.post(image, { headers: headersOf(idempotencyKey) }));
  expect(foreignKeys(await system.keys(), KEYS_WITH_JOBS)).toEqual([]);
  const redis = system.inspector();
  expect(await entries()).toBeGreaterThan(0);
  for (const entry of await redis.keys('rb:retry:*')) {
    expect(Object.keys(await redis.hgetall(entry)).sort()).toEqual(['print', 'salt']);
    expect(await redis.pttl(entry)).toBeGreaterThan(0);
  }
  const secrets = [idempotencyKey, key, job.token, Buffer.from(job.token, 'base64url')];
  expect(await foundInRedis(redis, secrets)).toEqual([]);
  for (const secret of [idempotencyKey, key, job.token]) expect(system.output()).not.toContain(secret);
  await api.cancel(job);
});
