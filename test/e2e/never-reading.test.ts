import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { get } from 'node:http';
import type { JobAccepted } from '#contracts/job-view.js';
import { ApiClient, bearer } from '../harness/api-client.js';
import { eventually } from '../harness/eventually.js';
import { SlowReader } from '../harness/raw-request.js';
import { heavyPhoto, smallPhoto } from '../harness/small-photo.js';
import { startLightSystem } from '../harness/light-system.js';
import { type TestSystem } from '../harness/system.js';
import { nothingRemains } from '../harness/traces.js';

/** Thirty seconds without taking a byte, and a busy machine. */
const CUT_MS = 50_000;
const ENGINE_MS = 45_000;

let system: TestSystem;
let api: ApiClient;
let heavy: Buffer;

jest.setTimeout(150_000);
beforeAll(async () => {
  [system, heavy] = await Promise.all([startLightSystem(), heavyPhoto()]);
  api = new ApiClient(system.url);
});
afterAll(() => system.stop());

const stateOf = async (job: JobAccepted): Promise<unknown> => (await api.status(job)).json['status'];
const descriptors = (): number => readdirSync(`/proc/${system.apis[0]?.child.pid ?? 0}/fd`).length;

/** Listens with the image in the stream, takes the head and reads no further. */
async function listenDeaf(job: JobAccepted): Promise<() => void> {
  const url = `${system.url}/v1/jobs/${job.id}/events?deliver=inline`;
  const request = get(url, { headers: bearer(job), agent: false }).on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
  response.pause();
  return () => request.destroy();
}

test('given clients that ask for a result, or listen with it, and never read, when half a minute is over, then they are disconnected, the image stays available, and other clients are served meanwhile', async () => {
  const before = descriptors();
  const [one, other] = [await api.submit(heavy), await api.submit(heavy)];
  const deaf = await listenDeaf(other);
  for (const job of [one, other]) {
    await eventually(async () => ['ready', 'delivering'].includes(String(await stateOf(job))), ENGINE_MS);
  }
  const never = await SlowReader.open(system.url, one);
  await eventually(async () => (await stateOf(other)) === 'delivering');
  expect(await stateOf(one)).toBe('delivering');
  // Somebody else meanwhile.
  const third = await api.submit(smallPhoto());
  expect((await api.result(third)).status).toBe(200);
  for (const job of [one, other]) await eventually(async () => (await stateOf(job)) === 'ready', CUT_MS);
  // The connections are gone as well, although these clients have not noticed.
  await eventually(() => descriptors() <= before + 2, CUT_MS);
  never.break();
  deaf();
  for (const job of [one, other]) {
    const answer = await api.result(job);
    expect([answer.status, answer.body.length]).toEqual([200, Number(answer.headers.get('content-length'))]);
  }
  await nothingRemains(system);
});
