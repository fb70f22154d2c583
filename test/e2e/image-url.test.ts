import { ApiClient, type Answer } from '../harness/api-client.js';
import { answering, startOrigin, stopOrigins } from '../harness/fetching.js';
import type { Origin } from '../harness/origin.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useSystem } from '../harness/use-system.js';
import { foundInRedis, nothingRemains } from '../harness/traces.js';

/** Never to be found in an answer, a log or Redis. */
const ECHO = 'zebra7391';

const { system } = useSystem({}, 0);
const image = smallPhoto();
let origin: Origin;
let off: ApiClient;
let on: ApiClient;

beforeAll(async () => {
  origin = await startOrigin(answering('HTTP/1.1 200 OK\r\n\r\n', image));
  off = new ApiClient(system.url);
  const ports = `80,443,${origin.port}`;
  on = new ApiClient((await system.startApi({ IMAGE_URL: 'on', IMAGE_URL_PORTS: ports })).url);
});
afterAll(() => stopOrigins());
afterEach(async () => {
  await nothingRemains(system);
  expect(origin.connections).toBe(0);
  expect(system.output()).not.toMatch(/"defect"|zebra/);
  const redis = system.inspector();
  expect(await foundInRedis(redis, [ECHO])).toEqual([]);
  redis.disconnect();
});

const loopback = (): string => `http://127.0.0.1:${origin.port}/${ECHO}.jpg`;

const postJson = (api: ApiClient, body: unknown, query = ''): Promise<Answer> =>
  api.post(typeof body === 'string' ? body : JSON.stringify(body), {
    query,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
  });

function postForm(api: ApiClient, ...fields: [string, string | Blob][]): Promise<Answer> {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return api.postForm(form);
}

function expectProblem(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.json['code']]).toEqual([status, code]);
  expect(String(answer.body)).not.toMatch(/zebra|127\.0/);
}

test('given it is off, when an address is sent, then it is refused without being looked at', async () => {
  for (const image_url of [loopback(), `https://example.com/${ECHO}`, ECHO]) {
    expectProblem(await postJson(off, { image_url }), 400, 'image-url-off');
    expectProblem(await postForm(off, ['image_url', image_url]), 400, 'image-url-off');
  }
});

test('given it is on, when an address is a private one, then it is refused and no connection is made', async () => {
  const { port } = origin;
  for (const host of [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    'localhost',
    'redis',
  ]) {
    const image_url = `http://${host}:${port}/${ECHO}`;
    expectProblem(await postJson(on, { image_url }), 400, 'image-url-refused');
    expectProblem(await postForm(on, ['image_url', image_url]), 400, 'image-url-refused');
  }
  expectProblem(await postJson(on, { image_url: 'http://169.254.169.254/' }), 400, 'image-url-refused');
  expectProblem(await postJson(on, { image_url: 'https://8.8.8.8:6379/' }), 400, 'image-url-refused');
});

test('given it is on, when what is sent is no address, then the answer says so', async () => {
  for (const image_url of [ECHO, `ftp://example.com/${ECHO}`, `http://${ECHO}:pw@example.com/`, 'http://']) {
    expectProblem(await postJson(on, { image_url }), 400, 'image-url-invalid');
  }
  for (const image_url of [7, [loopback()], { a: ECHO }]) {
    expectProblem(await postJson(on, { image_url }), 400, 'invalid-parameter');
  }
});

test('given JSON that is none, or says too much or too little, when it is sent, then the answer is its code', async () => {
  expectProblem(await postJson(on, ''), 400, 'missing-image');
  for (const body of ['{', '[]', '"text"', 'null', `{"image_url": "${ECHO}"`]) {
    expectProblem(await postJson(on, body), 400, 'invalid-request');
  }
  expectProblem(await postJson(on, { image_url: `http://${'b'.repeat(3000)}` }), 400, 'invalid-request');
  expectProblem(await postJson(on, {}), 400, 'missing-image');
  expectProblem(await postJson(on, { [`${ECHO} `]: 'b'.repeat(66_000) }), 400, 'missing-image');
  expectProblem(await postJson(on, { image_url: '' }), 400, 'missing-image');
  expectProblem(await postJson(on, { image_url: loopback(), [ECHO]: 1 }), 400, 'image-url-refused');
  expectProblem(await postJson(on, { image_url: loopback(), formatt: 1 }), 400, 'unknown-parameter');
  expectProblem(await postJson(on, { image_url: loopback(), format: ECHO }), 400, 'invalid-parameter');
  expectProblem(await postJson(on, { image_url: loopback(), crop: { a: 1 } }), 400, 'invalid-parameter');
});

test('given an address and a file, or two addresses, when a form brings them, then that is one too many', async () => {
  const file = new Blob([new Uint8Array(image)]);
  const address: [string, string] = ['image_url', loopback()];
  for (const api of [on, off]) {
    expectProblem(await postForm(api, address, ['image', file]), 400, 'multiple-images');
    expectProblem(await postForm(api, ['image', file], address), 400, 'multiple-images');
    expectProblem(await postForm(api, address, address), 400, 'multiple-images');
  }
});

test('given an address in the query, when a request brings it there, then it is not known', async () => {
  const query = `?image_url=${encodeURIComponent(loopback())}`;
  expectProblem(await on.post(image, { query }), 400, 'unknown-parameter');
  expectProblem(await postJson(on, { image_url: loopback() }, query), 400, 'unknown-parameter');
});

test('given a form with an empty address, when it brings a file, then the file is taken', async () => {
  const file = new Blob([new Uint8Array(image)]);
  for (const api of [on, off]) {
    const answer = await postForm(api, ['image_url', ''], ['image', file]);
    expect(answer.status).toBe(202);
    await api.cancel(answer.json as { id: never; token: string });
  }
});
