import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NoRegionError, RegionChoice } from '#sdk/region-choice.js';
import { ApiClient, bearer } from '../harness/api-client.js';
import { BatchClient } from '../harness/batch-client.js';
import { smallPhoto } from '../harness/small-photo.js';
import { startLightSystem } from '../harness/light-system.js';
import { type TestSystem } from '../harness/system.js';
import { nothingRemains } from '../harness/traces.js';

let eu: TestSystem;
let us: TestSystem;
let here: ApiClient;
let there: ApiClient;
let image: Buffer;

jest.setTimeout(90_000);
beforeAll(async () => {
  image = smallPhoto();
  eu = await startLightSystem({ REGION: 'eu' });
  us = await startLightSystem({ REGION: 'us', REGION_URLS: `eu=${eu.url}` }, 0);
  here = new ApiClient(eu.url);
  there = new ApiClient(us.url);
});
afterAll(() => Promise.all([eu.stop(), us.stop()]));

test('given a job of one region, when another region is asked for it, then it answers with the address, and no data crosses regions', async () => {
  const job = await here.submit(image);
  expect(job.id).toMatch(/^eu\.[\w-]{22}$/);
  expect(job.links.result).toBe(`/v1/jobs/${job.id}/result`);
  const keysOfUs = await us.keys();
  for (const answer of [
    ...[await there.status(job), await there.result(job), await there.cancel(job)],
    await there.call('GET', `/v1/jobs/${job.id}/events`, { headers: bearer(job) }),
    await there.call('GET', `/v1/jobs/${job.id}/receipt`, { headers: bearer(job) }),
  ]) {
    expect(answer.status).toBe(421);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.json).toMatchObject({ code: 'wrong-region', region: 'eu', address: eu.url });
  }
  expect((await us.keys()).filter((key) => !keysOfUs.includes(key))).toEqual([]);
  const { address } = (await there.status(job)).json as { address: string };
  expect((await new ApiClient(address).result(job)).status).toBe(200);
  const receipt = await here.call('GET', `/v1/jobs/${job.id}/receipt`, { headers: bearer(job) });
  const claims = Buffer.from(String(receipt.body).split('.')[1] ?? '', 'base64url').toString();
  expect(JSON.parse(claims)).toMatchObject({ jti: job.id, region: 'eu', state: 'delivered' });
  await nothingRemains(eu);
});

test('given ids without a region, of an unknown region, or with a wrong token, when they are requested, then the answers are the usual ones', async () => {
  const job = await here.submit(image);
  const bare = { ...job, id: job.id.slice(3) };
  expect((await here.status(bare)).status).toBe(200);
  for (const id of [`mars.${bare.id}`, `EU.${bare.id}`, `.${bare.id}`, `us.${bare.id}`]) {
    expect([id, (await here.status({ ...job, id })).status]).toEqual([id, 404]);
  }
  expect((await here.status({ ...job, token: 'A'.repeat(43) })).status).toBe(404);
  expect((await here.cancel(job)).status).toBe(204);
});

test('given a batch of one region, when another is asked, then 421; in its own all ids name the region', async () => {
  const batch = await BatchClient.open(eu.url);
  const { id } = await batch.view();
  expect(id).toMatch(/^eu\./);
  const added = await batch.add(image, 'one.jpg');
  expect(added.id).toMatch(/^eu\./);
  expect((await batch.at(us.url).call('GET', '')).status).toBe(421);
  const result = await batch.next('?wait=30');
  expect([result.status, result.headers.get('x-job-id')]).toEqual([200, added.id]);
  await batch.close();
});

/** A distant region: it responds as configured, after a delay. */
async function distant(delayMs: number): Promise<{ server: Server; url: string }> {
  const server = createServer((_request, response) => setTimeout(() => response.end('{}'), delayMs));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('given regions near and far, when a client chooses, then the near one, and the other while that one is gone', async () => {
  const far = await distant(400);
  const choice = new RegionChoice({ far: far.url, us: us.url }, { probes: 2, timeoutMs: 3000, restMs: 500 });
  const region = await choice.best();
  expect(region.name).toBe('us');
  expect((await choice.clientOf(region).submit(new Blob([Uint8Array.from(image)]))).id).toMatch(/^us\./);
  us.apis[0]!.child.kill('SIGKILL');
  await us.apis[0]!.exited;
  expect((await choice.best()).name).toBe('us');
  choice.failed('us');
  expect((await choice.best()).name).toBe('far');
  far.server.closeAllConnections();
  far.server.close();
  choice.failed('far');
  await expect(choice.best()).rejects.toThrow(NoRegionError);
});
