import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { AccountView } from '#contracts/account-view.js';
import { ApiClient, type Answer, type JobKey } from '../harness/api-client.js';
import { BatchClient } from '../harness/batch-client.js';
import { whileHeld } from '../harness/engine-hold.js';
import { eventually } from '../harness/eventually.js';
import { foreignKeys, KEYS_WITH_JOBS } from '../harness/key-allowlist.js';
import { KeyFiles, withKey } from '../harness/key-files.js';
import { RawRequest } from '../harness/raw-request.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { foundInRedis, nothingRemains } from '../harness/traces.js';

const files = new KeyFiles();
/** Every key that was made: none may be found anywhere. */
const keys: string[] = [];

const create = (tier: string): string => {
  const key = files.create(tier);
  keys.push(key);
  return key;
};
const standard = create('standard');
edit(({ tiers }) => {
  tiers['tiny'] = {
    weight: 1,
    requests_per_minute: 50,
    megapixels_per_minute: 1,
    images_in_flight: 4,
    megabytes_in_flight: 64,
  };
  tiers['standard'] = { requests_per_minute: 5 };
});
const { system, api } = useLightSystem({ KEYS_FILE: files.path, RATE_LIMIT: '2' });
const image = smallPhoto();

const account = async (headers: Record<string, string>): Promise<Answer> =>
  api.call('GET', '/v1/account', { headers });
const viewOf = async (key: string): Promise<AccountView> =>
  (await account(withKey(key))).json as unknown as AccountView;
const accepts = async (key: string): Promise<boolean> => (await account(withKey(key))).status === 200;

const twoMegapixels = (): Promise<Buffer> =>
  sharp({ create: { width: 2000, height: 1000, channels: 3, background: '#888' } })
    .jpeg()
    .toBuffer();

/** Changes the file as an operator's editor would. */
function edit(change: (file: { tiers: Record<string, object> }) => void): void {
  const file = JSON.parse(readFileSync(files.path, 'utf8')) as { tiers: Record<string, object> };
  change(file);
  writeFileSync(files.path, JSON.stringify(file));
}

jest.setTimeout(60_000);
afterAll(() => files.remove());

test('given the command line, when keys are made and listed, then the file holds hashes only and is private', () => {
  const text = readFileSync(files.path, 'utf8');
  expect(standard).toMatch(/^rb_[\w-]{43}$/);
  expect(text).not.toContain(standard.slice(3));
  expect(text).toContain(createHash('sha256').update(standard).digest('hex'));
  expect(statSync(files.path).mode & 0o777).toBe(0o600);
  expect(files.run('list')).toMatch(/^[0-9a-f]{10} +in force +standard .* holder of standard\n$/);
  for (const wrong of [
    ['create'],
    ['create', '--name', 'x', '--tier', 'nine'],
    ['revoke', 'nobody'],
    ['no'],
  ]) {
    expect(files.attempt(...wrong).status).not.toBe(0);
  }
  expect(readFileSync(files.path, 'utf8')).toBe(text);
  expect(files.run('--help')).toContain('npm run keys');
});

test('given a key, when it is shown either way, then its tier holds and it counts apart from its address', async () => {
  const shown = [withKey(standard), { Authorization: `Bearer ${standard}` }];
  for (let left = 4; left >= 1; left--) {
    const answer = await api.post(image, { headers: shown[left % 2]! });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('x-ratelimit-limit')).toBe('5');
    expect(answer.headers.get('x-ratelimit-remaining')).toBe(String(left));
    expect(answer.headers.get('ratelimit-policy')).toBe(
      '"submit";q=5;w=60, "pixels";q=2500;w=60;qu="megapixels"',
    );
    await api.cancel(answer.json as unknown as JobKey);
  }
  const anonymous = await api.post(image);
  expect([anonymous.status, anonymous.headers.get('x-ratelimit-remaining')]).toEqual([202, '1']);
  await api.cancel(anonymous.json as unknown as JobKey);
});

test('given an account, when it is requested, then it has tier, limits and the remaining budget, and the request is not counted', async () => {
  for (let i = 0; i < 3; i++) {
    const answer = await account(withKey(standard));
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.json).toMatchObject({
      tier: 'standard',
      key: { id: files.ids()[0] },
      limits: { weight: 4, requests_per_minute: 5, megapixels_per_minute: 2500, images_in_flight: 64 },
      left: { requests: 1 },
    });
  }
  const anonymous = (await account({})).json as unknown as AccountView;
  expect(anonymous).toMatchObject({
    tier: 'anonymous',
    limits: { requests_per_minute: 2 },
    left: { requests: 1 },
  });
  expect(anonymous.key).toBeUndefined();
});

test('given a key that is unknown, when an image is posted, then 401 before its body is read, never as anonymous', async () => {
  const before = (await account({})).json;
  for (const key of [`rb_${'a'.repeat(43)}`, 'zebra7391', '']) {
    const answer = await api.post(image, { headers: withKey(key) });
    expect([answer.status, answer.json['code']]).toEqual([401, 'key-invalid']);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    expect(String(answer.body)).not.toContain('zebra7391');
  }
  const slow = RawRequest.post(system.url, {
    'Content-Type': 'image/jpeg',
    'Content-Length': 5_000_000,
    Authorization: 'Bearer zebra7391',
  });
  await slow.send(image.subarray(0, 100));
  expect(await slow.status(5000)).toBe(401);
  slow.break();
  expect((await account(withKey('zebra7391'))).status).toBe(401);
  expect((await account({})).json).toEqual({ ...before, left: expect.anything() as unknown });
  expect((await account({})).json).toMatchObject({ left: { requests: 1 } });
});

test('given the file changes, when keys are added, revoked or the file is broken, then the API follows or keeps what it had', async () => {
  const added = create('enterprise');
  expect(await eventually(async () => accepts(added))).toBe(true);
  expect((await viewOf(added)).tier).toBe('enterprise');
  const good = readFileSync(files.path);
  writeFileSync(files.path, '{ "zebra7391"');
  await eventually(() => system.output().includes('"event":"keys","fault"'));
  expect(await accepts(added)).toBe(true);
  writeFileSync(files.path, good);
  files.run('revoke', files.ids()[1]!);
  await eventually(async () => !(await accepts(added)));
  expect((await api.post(image, { headers: withKey(added) })).json['code']).toBe('key-invalid');
  expect(await accepts(standard)).toBe(true);
});

test('given a budget of one megapixel, when it is in debt, then the next image is refused before its body is read', async () => {
  const key = create('tiny');
  await eventually(async () => accepts(key));
  const headers = withKey(key);
  const first = await api.post(await twoMegapixels(), { headers });
  expect(first.headers.get('ratelimit')).toMatch(/^"submit";r=49;t=\d+, "pixels";r=0;t=1\d\d$/);
  await api.cancel(first.json as unknown as JobKey);
  const slow = RawRequest.post(system.url, {
    'Content-Type': 'image/jpeg',
    'Content-Length': 5_000_000,
    ...headers,
  });
  await slow.send(image.subarray(0, 100));
  expect(await slow.status(5000)).toBe(429);
  expect(slow.answer).toMatch(/\r\nretry-after: \d+\r\n/i);
  expect(slow.answer).toMatch(/\r\nratelimit: "submit";r=[1-9]\d*;t=\d+, "pixels";r=0;t=\d+\r\n/i);
  slow.break();
  expect((await viewOf(key)).left).toMatchObject({ megapixels: 0 });
});

test('given a finished image of a key holder, when logs are read, then one line meters it, and no key is anywhere', async () => {
  const key = create('free');
  await eventually(async () => accepts(key));
  const job = await api.submit(image, { headers: withKey(key) });
  const result = await api.result(job);
  expect(result.status).toBe(200);
  const line = await eventually(() => /^.*"event":"metered".*$/m.exec(system.output())?.[0]);
  expect(JSON.parse(line)).toEqual({
    time: expect.any(String) as string,
    level: 'info',
    event: 'metered',
    eventId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    keyId: files.ids().at(-1),
    images: 1,
    megapixels: 0.09,
    inputBytes: image.length,
    outputBytes: result.body.length,
  });
  await api.post(image, { headers: { Prefer: 'wait=30' } });
  expect(system.output().match(/"event":"metered"/g)).toHaveLength(1);
  const secrets = keys.flatMap((one) => [one, one.slice(3), createHash('sha256').update(one).digest('hex')]);
  for (const secret of [...secrets, 'holder of', job.id]) expect(system.output()).not.toContain(secret);
  expect(foreignKeys(await system.keys(), KEYS_WITH_JOBS)).toEqual([]);
  expect(await foundInRedis(system.inspector(), [...secrets, ...files.ids(), 'holder of'])).toEqual([]);
  await nothingRemains(system);
});

test('given a holder of a key, when images of a batch are in work, then the account counts them, and the batch is asked with X-Api-Key', async () => {
  const key = create('free');
  await eventually(() => accepts(key), 10_000);
  const before = await viewOf(key);
  expect(before.in_flight).toEqual({ images: 0, bytes: 0 });
  const batch = await BatchClient.open(system.url, { 'X-Api-Key': key });
  await whileHeld(system.workers[0]!, async () => {
    await batch.add(image, 'a');
    await batch.add(image, 'b');
    const { in_flight, left } = await viewOf(key);
    expect([in_flight.images, in_flight.bytes > 2 * image.length]).toEqual([2, true]);
    expect(left.requests).toBe(before.left.requests! - 3);
  });
  await batch.close();
  expect((await batch.receive()).size).toBe(2);
  expect((await viewOf(key)).in_flight).toEqual({ images: 0, bytes: 0 });
});

test('given no file of keys, when a key is shown, then it means nothing; and a broken file stops the start', async () => {
  const other = new ApiClient((await system.startApi({ KEYS_FILE: '', RATE_LIMIT: 'off' })).url);
  const answer = await other.call('GET', '/v1/account', { headers: withKey('rb_anything') });
  expect(answer.json).toMatchObject({
    tier: 'anonymous',
    limits: { requests_per_minute: null },
    left: { requests: null },
  });
  writeFileSync(files.path, '{"version":1,"keys":[{"zebra7391":1}]}');
  const start = system.startApi({ KEYS_FILE: files.path });
  await expect(start).rejects.toThrow(/exited with 78[^]*KEYS_FILE/);
  await expect(start).rejects.not.toThrow('zebra7391');
});
