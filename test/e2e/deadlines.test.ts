import type { ReceiptKeySet } from '#contracts/receipt-claims.js';
import { verifyReceipt } from '#crypto/receipt-verifier.js';
import { RemoveBg } from '#sdk/removebg-client.js';
import { ApiClient, bearer, type JobKey } from '../harness/api-client.js';
import { BatchClient } from '../harness/batch-client.js';
import { smallPhoto } from '../harness/small-photo.js';
import { nothingRemains } from '../harness/traces.js';
import { useLightSystem } from '../harness/use-system.js';

const CODE = 'not-started-in-time';
const JSON_TYPE = { 'Content-Type': 'application/json' };

// No worker: the last tests start one.
const { system, api } = useLightSystem({ QUEUE_TTL_S: '60', RESULT_TTL_S: '50' }, 0);
const image = smallPhoto();

jest.setTimeout(60_000);
afterEach(() => nothingRemains(system));

/** The claims of a receipt, which must be valid. */
async function claimsOf(receipt: unknown): Promise<Record<string, unknown>> {
  const keys = (await api.call('GET', '/.well-known/jwks.json')).json as unknown as ReceiptKeySet;
  const verdict = await verifyReceipt(String(receipt), keys);
  if (!verdict.valid) throw new Error(`not valid: ${verdict.fault}`);
  return { ...verdict.claims };
}

const receiptOf = async (job: JobKey): Promise<Record<string, unknown>> =>
  claimsOf((await api.call('GET', `/v1/jobs/${job.id}/receipt`, { headers: bearer(job) })).body);

const form = (name: string, fields: Record<string, string>): FormData => {
  const data = new FormData();
  for (const [field, text] of Object.entries(fields)) data.set(field, text);
  data.set(name, new Blob([new Uint8Array(image)]), 'photo');
  return data;
};

describe('given no worker', () => {
  test('when the time to start has passed, then every waiting client gets the failure, and nothing remains', async () => {
    const job = await api.submit(image, { query: '?start_within=2' });
    expect(job).toMatchObject({ status: 'queued', start_within: 2, start_before: job.expires_at });
    expect((await api.status(job)).json['start_before']).toBe(job.expires_at);
    const events = await api.events(job);
    const [result, status, waited, plain, removebg, sdk] = await Promise.all([
      api.result(job),
      api.status(job, { query: '?wait=30', headers: { 'If-None-Match': '"2"' } }),
      api.post(image, { query: '?start_within=1', headers: { Prefer: 'wait=30' } }),
      api.call('POST', '/api/remove-bg', { body: form('image', { start_within: '1' }) }),
      api.call('POST', '/v1.0/removebg', { body: form('image_file', { start_within: '1' }) }),
      new RemoveBg({ origin: system.url })
        .remove(new Blob([new Uint8Array(image)]), { startWithin: 1 })
        .catch((error: unknown) => error),
    ]);
    for (const answer of [result, waited, plain]) {
      expect([answer.status, answer.json['code']]).toEqual([503, CODE]);
    }
    expect(status.json).toMatchObject({ status: 'failed', problem: { code: CODE, status: 503 } });
    expect(removebg.status).toBe(503);
    expect(removebg.json).toMatchObject({ errors: [{ code: 'waited_too_long' }] });
    expect(sdk).toMatchObject({ code: CODE, isTemporary: true, isRepeatable: false, isLostImage: false });
    const { data } = await events.received('failed');
    expect(data['problem']).toMatchObject({ code: CODE });
    const claims = await claimsOf(data['receipt']);
    expect(claims).toMatchObject({ state: 'failed', start_within: 2, keys_removed: 1, output_bytes: 0 });
    expect(claims).not.toHaveProperty('keep_at_most');
    const startBefore = Date.parse(job.start_before ?? '');
    expect(Date.parse(String(claims['ended_at']))).toBeGreaterThanOrEqual(startBefore);
  });

  test('when the API that took the image is killed, then another one fails the job in time', async () => {
    const other = await system.startApi();
    const job = await new ApiClient(other.url).submit(image, { query: '?start_within=1' });
    other.child.kill('SIGKILL');
    await other.exited;
    system.apis.pop();
    expect((await api.result(job)).json['code']).toBe(CODE);
    expect(await receiptOf(job)).toMatchObject({ state: 'failed', start_within: 1 });
  });

  test('when a batch has a time to start, then it is that of its images without their own', async () => {
    const opened = await api.call('POST', '/v1/batches', {
      ...{ body: JSON.stringify({ start_within: 1, keep_at_most: 40 }), headers: JSON_TYPE },
    });
    expect(opened.json).toMatchObject({ start_within: 1, keep_at_most: 40 });
    const batch = BatchClient.of(api, opened.json as unknown as JobKey);
    const events = await batch.events();
    expect(await batch.add(image, 'default')).toMatchObject({ start_within: 1, keep_at_most: 40 });
    const own = await batch.add(image, 'own', '&start_within=30');
    const { data } = await events.received('failed');
    expect(data).toMatchObject({ custom_id: 'default', problem: { code: CODE } });
    expect(await batch.view()).toMatchObject({ counts: { failed: 1, queued: 1 }, start_within: 1 });
    // An image that ended without a result may be sent again.
    await batch.add(image, 'default', '&start_within=30');
    expect(Date.parse(own.start_before ?? '') - Date.now()).toBeGreaterThan(15_000);
    await batch.call('DELETE');
    events.close();
  });

  test('when images come in a form, as JSON or in the query, then each way takes the time to start', async () => {
    const base64 = image.toString('base64');
    const ways = [
      await api.postForm(form('image', { start_within: '20' })),
      await api.post(JSON.stringify({ image: base64, start_within: 20 }), { headers: JSON_TYPE }),
      await api.post(new URLSearchParams({ image: base64, start_within: '20' }).toString(), {
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      }),
      await api.post(image, { query: '?start_within=20' }),
    ];
    for (const { status, json } of ways) {
      expect(status).toBe(202);
      expect(Date.parse(String(json['start_before'])) - Date.now()).toBeLessThan(21_000);
      await api.cancel(json as unknown as JobKey);
    }
  });

  test.each([
    ['start_within=61', 'start_within', 60],
    ['keep_at_most=51', 'keep_at_most', 50],
    ['start_within=0', 'start_within', undefined],
    ['start_within=30s', 'start_within', undefined],
    ['keep_at_most=1.5', 'keep_at_most', undefined],
  ])('when %s is asked for, then it is refused with the limit', async (query, parameter, limit) => {
    for (const path of ['/v1/jobs', '/api/remove-bg', '/v1/batches']) {
      const body = path === '/v1/batches' ? undefined : new Uint8Array(image);
      const answer = await api.call('POST', `${path}?${query}`, { ...(body && { body }) });
      expect([path, answer.status, answer.json['code']]).toEqual([path, 400, 'invalid-parameter']);
      expect(answer.json).toMatchObject({ parameter, ...(limit && { limit, unit: 'seconds' }) });
      if (limit !== undefined) expect(answer.json['detail']).toContain(`from 1 to ${limit}`);
    }
  });

  test('when a batch is opened with something else, then it is refused', async () => {
    const option = await api.call('POST', '/v1/batches?format=webp');
    expect([option.status, option.json['code']]).toEqual([400, 'unknown-parameter']);
    const photo = await api.call('POST', '/v1/batches', { body: new Uint8Array(image) });
    expect([photo.status, photo.json['code']]).toEqual([400, 'invalid-request']);
  });
});

describe('given a worker', () => {
  beforeAll(() => system.startWorker(), 240_000);

  test('when a result is kept for a second at most, then it expires, and the receipt says so', async () => {
    const job = await api.submit(image, { query: '?start_within=30&keep_at_most=1' });
    const events = await api.events(job);
    const { data } = await events.received('done');
    expect(Date.parse(String(data['expires_at'])) - Date.now()).toBeLessThan(2000);
    const expired = await events.received('expired');
    const claims = await claimsOf(expired.data['receipt']);
    expect(claims).toMatchObject({ state: 'expired', start_within: 30, keep_at_most: 1, keys_removed: 2 });
    const late = await api.result(job);
    expect([late.status, late.json['code']]).toEqual([410, 'result-expired']);
  });

  test('when a result is fetched in time, then it is delivered', async () => {
    const job = await api.submit(image, { query: '?start_within=30&keep_at_most=30' });
    expect((await api.result(job)).status).toBe(200);
    expect(await receiptOf(job)).toMatchObject({ state: 'delivered', keep_at_most: 30 });
  });

  test('when an image of a batch is kept shorter than the others, then only it expires', async () => {
    const opened = await api.call('POST', '/v1/batches?keep_at_most=40');
    const batch = BatchClient.of(api, opened.json as unknown as JobKey);
    const events = await batch.events();
    await batch.add(image, 'short', '&keep_at_most=1');
    const { data } = await events.received('expired');
    expect(data).toMatchObject({ custom_id: 'short', problem: { code: 'result-expired' } });
    await batch.add(image, 'long');
    await batch.close();
    expect([...(await batch.receive()).keys()]).toEqual(['long']);
    await events.ended();
  });
});
