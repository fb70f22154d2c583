import { ApiClient, type Answer } from '../harness/api-client.js';
import { engineOf, whileHeld } from '../harness/engine-hold.js';
import { eventually, pause } from '../harness/eventually.js';
import { KeyFiles, withKey } from '../harness/key-files.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const files = new KeyFiles();
const key = files.create('enterprise');
const { system, api } = useLightSystem({ KEYS_FILE: files.path });
const image = smallPhoto();

jest.setTimeout(60_000);
afterAll(() => files.remove());
afterEach(() => nothingRemains(system));

/** Posts the image as clients of remove.bg do. */
function post(
  to: ApiClient,
  init: { signal?: AbortSignal; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const form = new FormData();
  form.append('image_file', new Blob([new Uint8Array(image)]), 'a.jpg');
  return to.call('POST', '/v1.0/removebg', { body: form, ...init });
}

/** A POST whose client will disconnect. */
function leaving(headers: Record<string, string> = {}): { leave: () => Promise<void> } {
  const gone = new AbortController();
  const posted = expect(post(api, { signal: gone.signal, headers })).rejects.toThrow();
  return {
    leave: () => {
      gone.abort();
      return posted;
    },
  };
}

/** States of all jobs but those in `before`. */
async function statesSince(before: readonly string[]): Promise<(string | null)[]> {
  const redis = system.inspector();
  const jobs = (await redis.keys('rb:{*}:job')).filter((name) => !before.includes(name));
  const states = await Promise.all(jobs.map((job) => redis.hget(job, 'state')));
  redis.disconnect();
  return states.sort();
}

const cutouts = (): number => system.output().split('"event":"cutout"').length - 1;

test('given an image that is worked on, when its client closes the connection, then the work stops', async () => {
  const worker = system.workers[0]!;
  const engine = await engineOf(worker);
  const before = await system.keys();
  await whileHeld(worker, async () => {
    const client = leaving();
    await eventually(async () => (await statesSince(before)).includes('running'));
    await client.leave();
    await eventually(async () => (await statesSince(before))[0] === 'cancelled');
  });
  await eventually(async () => (await engineOf(worker)) !== engine);
});

test('given an image that waits, when its client closes the connection, then it leaves the queue', async () => {
  const before = await system.keys();
  await whileHeld(system.workers[0]!, async () => {
    // The worker has one image in its engine, and one at hand.
    const others = [await api.submit(image), await api.submit(image)];
    await eventually(async () => (await statesSince(before)).filter((one) => one === 'running').length === 2);
    const client = leaving();
    await eventually(async () => (await statesSince(before)).includes('queued'));
    others.push(await api.submit(image));
    const place = async (): Promise<unknown> => (await api.status(others[2]!)).json['queue_position'];
    await eventually(async () => (await place()) === 2);
    await client.leave();
    await eventually(async () => (await place()) === 1);
    expect(await statesSince(before)).toEqual(['cancelled', 'queued', 'running', 'running']);
    await Promise.all(others.map((job) => api.cancel(job)));
  });
});

test('given a client that times out and tries again, twice, when it has its image, then the work was done once', async () => {
  const [before, done] = [await system.keys(), cutouts()];
  const last = await whileHeld(system.workers[0]!, async () => {
    const other = await api.submit(image);
    await eventually(async () => (await api.status(other)).json['status'] === 'running');
    for (const cancelled of [1, 2]) {
      const client = leaving();
      await eventually(async () => (await statesSince(before)).length === cancelled + 1);
      await client.leave();
      await eventually(
        async () => (await statesSince(before)).filter((one) => one === 'cancelled').length === cancelled,
      );
    }
    await api.cancel(other);
    return { answer: post(api) };
  });
  expect((await last.answer).status).toBe(200);
  await eventually(() => cutouts() > done);
  expect(cutouts()).toBe(done + 1);
  await eventually(async () => (await statesSince(before)).includes('delivered'));
  expect(await statesSince(before)).toEqual(['cancelled', 'cancelled', 'cancelled', 'delivered']);
});

test('given an Idempotency-Key, when a client times out and tries again, then it gets the job of its first try', async () => {
  const headers = { ...withKey(key), 'Idempotency-Key': 'try-again' };
  const [before, done] = [await system.keys(), cutouts()];
  const again = await whileHeld(system.workers[0]!, async () => {
    const client = leaving(headers);
    await eventually(async () => (await statesSince(before)).includes('running'));
    await client.leave();
    await pause(300);
    expect(await statesSince(before)).toEqual(['running']);
    return { answer: post(api, { headers }) };
  });
  const answer = await again.answer;
  expect([answer.status, answer.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
  await eventually(() => cutouts() > done);
  expect(cutouts()).toBe(done + 1);
  const third = await post(api, { headers });
  expect([third.status, String(third.body)]).toEqual([
    410,
    expect.stringContaining('"code":"result_delivered"'),
  ]);
});

test('given a client that waits, when the service is stopped, then it receives 503 and its image is purged', async () => {
  const second = await system.startApi();
  const before = await system.keys();
  await whileHeld(system.workers[0]!, async () => {
    const waiting = post(new ApiClient(second.url));
    await eventually(async () => (await statesSince(before)).includes('running'));
    second.child.kill('SIGTERM');
    const answer = await waiting;
    expect([answer.status, String(answer.body)]).toEqual([
      503,
      expect.stringContaining('"code":"service_unavailable"'),
    ]);
    expect(answer.headers.get('retry-after')).toBe('1');
    await eventually(async () => (await statesSince(before))[0] === 'cancelled');
  });
  await second.exited;
});
