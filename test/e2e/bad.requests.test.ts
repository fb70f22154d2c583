import { ApiClient, type Answer } from '../support/api.client.js';
import { eventually, pause } from '../support/eventually.js';
import { RawRequest } from '../support/raw.request.js';
import { photo } from '../support/photos.js';
import { smallPhoto } from '../support/small.photo.js';
import { startSystem, type TestSystem } from '../support/system.js';
import { nothingRemains } from '../support/traces.js';

const MIB = 1_048_576;
/** Never to be found in an answer. */
const ECHO = 'zebra7391';

let system: TestSystem;
let api: ApiClient;
let image: Buffer;

beforeAll(async () => {
  image = await smallPhoto();
  system = await startSystem({}, 0);
  api = new ApiClient(system.url);
});
afterAll(() => system.stop());
afterEach(async () => {
  await nothingRemains(system);
  expect((await api.call('GET', '/healthz')).status).toBe(200);
  expect(system.output()).not.toContain('"defect"');
});

const blob = (): Blob => new Blob([new Uint8Array(image)]);

function form(...parts: [name: string, value: string | Blob][]): FormData {
  const filled = new FormData();
  for (const [name, value] of parts) {
    if (typeof value === 'string') filled.append(name, value);
    else filled.append(name, value, `${ECHO}.jpg`);
  }
  return filled;
}

function expectProblem(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.json['code']]).toEqual([status, code]);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.json).toMatchObject({ type: `/problems/${code}`, status });
  expect(String(answer.body)).not.toContain(ECHO);
}

test('given no image, when a request is posted, then it is said what is missing', async () => {
  expectProblem(await api.post(''), 400, 'missing-image');
  expectProblem(await api.postForm(form(['format', 'png'])), 400, 'missing-image');
  expectProblem(await api.postForm(form([ECHO, blob()])), 400, 'missing-image');
  const empty = new FormData();
  empty.append('image', new Blob([]), 'empty.jpg');
  expectProblem(await api.postForm(empty), 400, 'missing-image');
});

test('given a type of body that is not taken, when it is posted, then the answer is 415', async () => {
  for (const type of ['text/plain', 'image/gif', 'application/x-www-form-urlencoded', ECHO]) {
    expectProblem(
      await api.post(image, { headers: { 'Content-Type': type } }),
      415,
      'image-type-unsupported',
    );
  }
});

test('given options that are unknown or wrong, when they are sent, then names are told and never values', async () => {
  expectProblem(await api.post(image, { query: `?${ECHO}=1` }), 400, 'unknown-parameter');
  expectProblem(await api.postForm(form(['image', blob()], [ECHO, '1'])), 400, 'unknown-parameter');
  for (const answer of [
    await api.post(image, { query: `?format=${ECHO}` }),
    await api.post(image, { query: '?format=png&format=webp' }),
    await api.postForm(form(['format', ECHO], ['image', blob()])),
    await api.postForm(form(['image', blob()], ['format', ECHO])),
  ]) {
    expectProblem(answer, 400, 'invalid-parameter');
    expect(answer.json['parameter']).toBe('format');
  }
  expectProblem(
    await api.postForm(form(['image', blob()], ['format', ECHO.repeat(500)])),
    400,
    'invalid-request',
  );
});

test('given more than one image, when the form is posted, then the answer is 400', async () => {
  expectProblem(await api.postForm(form(['image', blob()], ['image', blob()])), 400, 'multiple-images');
  const three = form(['image', blob()], ['image', blob()], ['image', blob()]);
  expectProblem(await api.postForm(three), 400, 'multiple-images');
});

test('given multipart that is malformed, when it is posted, then the answer is 400', async () => {
  const part = '--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n';
  const tries: [type: string, body: string | Buffer, code: string][] = [
    ['multipart/form-data', 'no boundary at all', 'malformed-multipart'],
    ['multipart/form-data; boundary=x', 'no part at all', 'malformed-multipart'],
    ['multipart/form-data; boundary=x', Buffer.concat([Buffer.from(part), image]), 'malformed-multipart'],
  ];
  for (const [type, body, code] of tries) {
    expectProblem(await api.post(body, { headers: { 'Content-Type': type } }), 400, code);
  }
});

test('given a Content-Length beyond the limit, when the head has come, then the answer is 413', async () => {
  const request = RawRequest.post(system.url, {
    'Content-Type': 'image/jpeg',
    'Content-Length': 22 * MIB + 1,
  });
  expect(await request.status()).toBe(413);
  expect(request.answer).toContain('image-too-large');
  request.break();
});

test('given an upload that is refused at its head, when the client sends it to the end all the same, then it reads the answer, and the connection serves on', async () => {
  const bytes = 8 * MIB;
  const request = RawRequest.post(system.url, { 'Content-Type': 'image/gif', 'Content-Length': bytes });
  expect(await request.status()).toBe(415);
  for (let sent = 0; sent < bytes; sent += MIB) await request.send(Buffer.alloc(MIB, 1));
  await request.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await eventually(() => request.answer.includes('HTTP/1.1 200'), 10_000);
  expect(request.closed).toBe(false);
  request.break();
});

test('given an upload that is refused, when the client sends more than any image, then it is cut off', async () => {
  const request = RawRequest.post(system.url, {
    'Content-Type': 'image/gif',
    'Transfer-Encoding': 'chunked',
  });
  const piece = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MIB, 1), Buffer.from('\r\n')]);
  for (let i = 0; i < 40 && !request.closed; i++) await request.send(piece);
  await eventually(() => request.closed, 10_000);
  expect(request.answer).toContain('image-type-unsupported');
});

test('given chunked uploads beyond the limit, when it is passed, then the answer is 413', async () => {
  const part = 'Content-Disposition: form-data; name="image"; filename="a"';
  const bodies = [
    { type: 'image/jpeg', lead: '' },
    { type: 'multipart/form-data; boundary=x', lead: `--x\r\n${part}\r\n\r\n` },
  ];
  for (const { type, lead } of bodies) {
    const request = RawRequest.post(system.url, { 'Content-Type': type, 'Transfer-Encoding': 'chunked' });
    const send = (bytes: Buffer): Promise<void> =>
      request.send(
        Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]),
      );
    await send(Buffer.concat([Buffer.from(lead), photo('astronaut')]));
    for (let i = 0; i < 23 && request.answer === ''; i++) await send(Buffer.alloc(MIB, 1));
    expect(await request.status()).toBe(413);
    expect(request.answer).toContain('image-too-large');
    request.break();
  }
});

test('given an upload that is broken off, when the connection is gone, then nothing of it is left', async () => {
  const whole = Buffer.concat([photo('astronaut'), Buffer.alloc(3 * MIB, 7)]);
  const request = RawRequest.post(system.url, {
    'Content-Type': 'image/jpeg',
    'Content-Length': whole.length,
  });
  await request.send(whole.subarray(0, 2.5 * MIB));
  await pause(500);
  expect((await system.keys()).filter((key) => key.endsWith(':in'))).toHaveLength(1);
  request.break();
  await nothingRemains(system);
});
