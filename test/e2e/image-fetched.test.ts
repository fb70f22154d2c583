import { RESERVATION_STEP_BYTES } from '#broker/jobs/upload-session.js';
import { ImageFetcher } from '#fetcher/image-fetcher.js';
import { ApiClient, type Answer } from '../harness/api-client.js';
import { startApiInside, type InsideApi } from '../harness/api-inside.js';
import { eventually, pause } from '../harness/eventually.js';
import { INSIDE, NAME } from '../harness/fetching.js';
import { headOf, Origin } from '../harness/origin.js';
import { smallPhoto } from '../harness/small-photo.js';
import { startLightSystem } from '../harness/light-system.js';
import { type TestSystem } from '../harness/system.js';
import { nothingRemains } from '../harness/traces.js';

const MIB = 1_048_576;
/** Never to be found in an answer or a log. */
const ECHO = 'zebra7391';

let system: TestSystem;
let inside: InsideApi;
let api: ApiClient;
let image: Buffer;
let origin: Origin;

/** What the origin does with a path. */
const PATHS: Record<string, (socket: Parameters<Parameters<typeof Origin.start>[0]>[0]) => unknown> = {
  [`/${ECHO}.jpg`]: (socket) => {
    socket.write(headOf(200, 'Content-Type: image/jpeg', `Content-Length: ${image.length}`));
    socket.end(image);
  },
  '/moved': (socket) => socket.end(headOf(302, `Location: /${ECHO}.jpg`)),
  '/inside': (socket) => socket.end(headOf(302, 'Location: http://127.0.0.2/')),
  '/text': (socket) => socket.end(`${headOf(200, 'Content-Type: image/png')}${ECHO.repeat(100)}`),
  '/large': (socket) => {
    socket.write(headOf(200));
    for (let i = 0; i < 23; i++) socket.write(Buffer.concat([image, Buffer.alloc(MIB, 1)]));
  },
  '/silent': (socket) => socket.write(`${headOf(200)}${image.toString('latin1', 0, 1)}`),
};

beforeAll(async () => {
  image = smallPhoto();
  origin = await Origin.start((socket, path) => void PATHS[path]?.(socket));
  system = await startLightSystem();
  const images = new ImageFetcher({ totalMs: 10_000, ports: [origin.port, 80] }, INSIDE);
  inside = await startApiInside(system, images);
  api = new ApiClient(inside.url);
});
afterAll(async () => {
  await inside.stop();
  await system.stop();
  await origin.stop();
});
afterEach(async () => {
  await nothingRemains(system);
  await eventually(() => origin.openNow === 0, 2000);
  expect(system.output() + inside.output()).not.toMatch(/"defect"|zebra/);
});

const urlOf = (path: string): string => `http://${NAME}:${origin.port}${path}`;

function postJson(
  path: string,
  options: Record<string, unknown> = {},
  signal?: AbortSignal,
): Promise<Answer> {
  return api.post(JSON.stringify({ image_url: urlOf(path), ...options }), {
    headers: { 'Content-Type': 'application/json', Prefer: 'wait=60' },
    ...(signal && { signal }),
  });
}

test('given an address, when it is sent as JSON or in a form, then the image is cut out as if it had been sent itself', async () => {
  const headers = { Prefer: 'wait=60' };
  const sent = await api.post(image, { query: '?format=webp', headers });
  expect(sent.status).toBe(200);
  const fetched = await postJson(`/${ECHO}.jpg`, { format: 'webp', crop: false });
  expect([fetched.status, fetched.headers.get('content-type')]).toEqual([200, 'image/webp']);
  expect(fetched.body.equals(sent.body)).toBe(true);
  const form = new FormData();
  form.append('image_url', urlOf('/moved'));
  form.append('bg_image_file', new Blob([new Uint8Array(image)]));
  const composed = await api.postForm(form, { headers });
  expect([composed.status, composed.headers.get('content-type')]).toEqual([200, 'image/png']);
});

test.each([
  ['/inside', 400, 'image-url-refused'],
  ['/text', 415, 'image-type-unsupported'],
  ['/large', 413, 'image-too-large'],
])('given %s, when it is fetched, then the answer is %i %s', async (path, status, code) => {
  const answer = await postJson(path);
  expect([answer.status, answer.json['code']]).toEqual([status, code]);
  expect(String(answer.body)).not.toMatch(/zebra|127\.0|example/);
});

test('given an image that may be as large as any, when nothing of it has come, then only a first step is reserved', async () => {
  const gone = new AbortController();
  const answer = postJson('/silent', {}, gone.signal).catch(() => undefined);
  const redis = system.inspector();
  await eventually(async () => Number(await redis.get('rb:reserved-total')) === RESERVATION_STEP_BYTES, 5000);
  gone.abort();
  await answer;
  redis.disconnect();
});

test('given a client that leaves, when its image is being fetched, then the fetch ends and nothing is left', async () => {
  const gone = new AbortController();
  const answer = postJson('/silent', {}, gone.signal).catch(() => undefined);
  await eventually(() => origin.openNow === 1, 5000);
  await pause(100);
  gone.abort();
  await answer;
  await eventually(() => origin.openNow === 0, 2000);
});
