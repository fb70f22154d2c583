import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReceiptClaims, ReceiptKeySet } from '#contracts/receipt-claims.js';
import { verifyReceipt } from '#crypto/receipt-verifier.js';
import { ApiClient, bearer, type Answer, type Extras, type JobKey } from '../harness/api-client.js';
import { truncatedJpeg } from '../harness/bad-images.js';
import { whileHeld } from '../harness/engine-hold.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const ISSUER = 'https://removebg.example';
const MEMBERS = [
  ...['accepted_at', 'ended_at', 'iat', 'input_bytes', 'iss', 'jti', 'keys_removed', 'output_bytes'],
  ...['purged_at', 'state'],
];

const { system, api } = useLightSystem({ PUBLIC_URL: ISSUER, RESULT_TTL_S: '2' });
const image = smallPhoto();
let keys: ReceiptKeySet;

jest.setTimeout(60_000);
beforeAll(async () => {
  const answer = await api.call('GET', '/.well-known/jwks.json');
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'application/json; charset=utf-8',
  ]);
  keys = answer.json as unknown as ReceiptKeySet;
});
afterEach(() => nothingRemains(system));

const ask = (job: JobKey, { query = '', headers = {} }: Extras = {}): Promise<Answer> =>
  api.call('GET', `/v1/jobs/${job.id}/receipt${query}`, { headers: { ...bearer(job), ...headers } });

/** What a receipt states, which must be valid and must state it of `job`, and nothing else. */
async function stated(receipt: unknown, job: JobKey): Promise<ReceiptClaims> {
  const verdict = await verifyReceipt(String(receipt), keys);
  if (!verdict.valid) throw new Error(`not valid: ${verdict.fault}`);
  const { claims } = verdict;
  expect(Object.keys(claims).sort()).toEqual(MEMBERS);
  expect([claims.iss, claims.jti]).toEqual([ISSUER, job.id]);
  const times = [claims.accepted_at, claims.ended_at, claims.purged_at].map((text) => Date.parse(text));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(Math.abs(times[2]! - Date.now())).toBeLessThan(30_000);
  return claims;
}

async function receiptOf(job: JobKey, extras: Extras = {}): Promise<ReceiptClaims> {
  const answer = await ask(job, extras);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/jose']);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return stated(answer.body, job);
}

test('given a result that was read, when the receipt is asked for at once, then it states its delivery', async () => {
  const job = await api.submit(image);
  expect(job.links.receipt).toBe(`/v1/jobs/${job.id}/receipt`);
  const result = await api.result(job);
  expect(result.headers.get('link')).toBe(`<${job.links.receipt}>; rel="receipt"`);
  expect(await receiptOf(job)).toMatchObject({
    state: 'delivered',
    input_bytes: image.length,
    output_bytes: result.body.length,
    keys_removed: 2,
  });
  const json = await ask(job, { headers: { Accept: 'application/json, */*' } });
  expect(json.headers.get('content-type')).toContain('application/json');
  expect((await stated(json.json['receipt'], job)).state).toBe('delivered');
});

test('given inline delivery, when the stream ends, then `purged` carries the receipt', async () => {
  const events = await (await api.postForEvents(image)).ended(45_000);
  const job = events.all('accepted')[0]!.data as unknown as JobKey;
  const { data } = await events.received('purged');
  const claims = await stated(data['receipt'], job);
  expect(claims).toMatchObject({ state: 'delivered', output_bytes: events.image().length, keys_removed: 2 });
  expect(data).toEqual({ reason: 'delivered', at: claims.purged_at, receipt: data['receipt'] });
});

test('given a job that lives, when its receipt is asked for, then 409 until it is cancelled', async () => {
  await whileHeld(system.workers[0]!, async () => {
    const job = await api.submit(image);
    const alive = await ask(job);
    expect([alive.status, alive.json['code']]).toEqual([409, 'not-purged']);
    const events = await api.events(job);
    await events.received('started');
    const waiting = receiptOf(job, { query: '?wait=30' });
    await api.cancel(job);
    const cancelled = { state: 'cancelled', input_bytes: image.length, output_bytes: 0, keys_removed: 1 };
    expect(await waiting).toMatchObject(cancelled);
    expect(await stated((await events.received('cancelled')).data['receipt'], job)).toMatchObject(cancelled);
  });
});

test('given an image that cannot be decoded, when its job fails, then the receipt says so', async () => {
  const job = await api.submit(truncatedJpeg());
  const events = await (await api.events(job)).ended(45_000);
  const { data } = await events.received('failed');
  expect(data['problem']).toMatchObject({ code: 'image-truncated' });
  const failed = { state: 'failed', input_bytes: truncatedJpeg().length, output_bytes: 0, keys_removed: 1 };
  expect(await stated(data['receipt'], job)).toMatchObject(failed);
  expect(await receiptOf(job)).toMatchObject(failed);
});

test('given a result that is never collected, when it expires, then the receipt says so', async () => {
  const job = await api.submit(image);
  const events = await api.events(job);
  const done = await events.received('done', 45_000);
  const { data } = await events.received('expired');
  const expired = { state: 'expired', output_bytes: done.data['bytes'], keys_removed: 2 };
  expect(await stated(data['receipt'], job)).toMatchObject(expired);
  expect(await receiptOf(job)).toMatchObject(expired);
});

test('given no token, a wrong one or an unknown job, when a receipt is asked for, then there is none', async () => {
  const [job, other] = [await api.submit(image), await api.submit(image)];
  for (const one of [job, other]) await api.cancel(one);
  const unknown = { id: 'A'.repeat(22), token: job.token };
  for (const key of [{ ...job, token: other.token }, { ...job, token: '' }, unknown]) {
    const answer = await ask(key);
    expect([answer.status, answer.json['code']]).toEqual([404, 'job-not-found']);
  }
  expect((await ask(job)).status).toBe(200);
});

test('given a purge that was cut short, when its receipt is asked for, then the purge is finished first', async () => {
  const job = await api.submit(image);
  await api.cancel(job);
  const redis = system.inspector();
  await redis.hdel(`rb:{${job.id}}:job`, 'purgedAt');
  await redis.hset(`rb:{${job.id}}:in`, '0', 'left behind');
  expect(await receiptOf(job)).toMatchObject({ state: 'cancelled', keys_removed: 2 });
  expect(await redis.exists(`rb:{${job.id}}:in`)).toBe(0);
});

test('given two instances, when one signs, then the keys of the other verify it', async () => {
  const second = await system.startApi();
  const answer = await new ApiClient(second.url).call('GET', '/.well-known/jwks.json');
  expect(answer.json).toEqual(keys);
});

test('given a receipt in a file, when the command checks it, then the exit code gives the outcome', async () => {
  const job = await api.submit(image);
  await api.cancel(job);
  const receipt = String((await ask(job)).body);
  const [file, jwks] = [join(system.folder, 'receipt'), join(system.folder, 'jwks.json')];
  writeFileSync(file, receipt);
  writeFileSync(jwks, JSON.stringify(keys));
  const check = (args: string[], input = '') =>
    spawnSync(process.execPath, ['tools/bootstrap.mjs', 'receipts', ...args], { encoding: 'utf8', input });
  const url = `${system.url}/.well-known/jwks.json`;
  for (const source of [jwks, url]) {
    const { status, stdout } = check(['verify', file, '--jwks', source]);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^VALID .*cancelled/ms)]);
  }
  const changed = check(['verify', '-', '--jwks', jwks], receipt.replace(/^(.*)\.(..)/, '$1.AA'));
  expect([changed.status, changed.stdout]).toEqual([1, expect.stringMatching(/^NOT VALID/m)]);
  expect(check(['verify']).status).toBe(2);
  expect(check(['verify', '/nowhere', '--jwks', jwks]).status).toBe(2);
  expect(check(['--help'])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Exit codes') as string,
  });
});
