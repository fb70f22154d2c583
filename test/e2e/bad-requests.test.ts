import type { Answer, JobKey } from '../harness/api-client.js';
import { eventually, pause } from '../harness/eventually.js';
import { RawRequest } from '../harness/raw-request.js';
import { photo } from '../harness/photos.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const MIB = 1_048_576;
/** Never to be found in an answer. */
const ECHO = 'zebra7391';

const { system, api } = useSystem({}, 0);
const image = smallPhoto();

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
  expectProblem(await api.postForm(form([ECHO.repeat(9), 'text'])), 400, 'missing-image');
  const empty = new FormData();
  empty.append('image', new Blob([]), 'empty.jpg');
  const none = await api.postForm(empty);
  expectProblem(none, 400, 'missing-image');
  expect(none.json).toMatchObject({
    found: ['image'],
    detail: expect.stringContaining('Empty: image.') as string,
  });
});

test('given any bytes that are no image, when they are posted, then the answer is 415 whatever their type', async () => {
  for (const type of ['text/plain', 'image/gif', 'application/x-www-form-urlencoded', ECHO]) {
    expectProblem(
      await api.post('no image at all', { headers: { 'Content-Type': type } }),
      415,
      'image-type-unsupported',
    );
  }
});

describe('an image in whatever request', () => {
  const expectTaken = async (answer: Answer, ignored?: string[]): Promise<void> => {
    expect([answer.status, answer.json['ignored']]).toEqual([202, ignored]);
    expect(answer.headers.get('x-ignored-fields')).toBe(ignored?.join(', ') ?? null);
    await api.cancel(answer.json as unknown as JobKey);
  };
  const base64 = (): string => image.toString('base64');

  test('given any type or none, when an image is the body, then its bytes decide', async () => {
    const types = ['image/jpg', 'image/pjpeg', 'image/*', 'application/octet-stream', 'binary/octet-stream'];
    const wrong = [
      'application/x-www-form-urlencoded',
      'application/json',
      'multipart/form-data',
      'text/plain',
    ];
    for (const type of [...types, ...wrong, 'multipart/form-data; boundary=x', ECHO, '']) {
      await expectTaken(await api.post(image, { headers: { 'Content-Type': type } }));
    }
    const untyped = RawRequest.post(system.url, { 'Content-Length': image.length });
    await untyped.send(image);
    expect(await untyped.status()).toBe(202);
    await eventually(() => untyped.answer.endsWith('}'));
    untyped.break();
    await api.cancel(JSON.parse(untyped.answer.slice(untyped.answer.indexOf('{'))) as JobKey);
    await expectTaken(await api.post(base64(), { headers: { 'Content-Type': 'text/plain' } }));
    await expectTaken(await api.post(`data:image/jpeg;base64,${base64()}`));
  });

  test('given a form under another type, when it is posted, then it is read as the form that it is', async () => {
    const head = 'Content-Disposition: form-data; name=image; filename=a.jpg';
    const multipart = Buffer.concat([Buffer.from(`--x y\n${head}\n\n`), image, Buffer.from('\n--x y--')]);
    for (const type of [
      'multipart/form-data',
      'application/octet-stream',
      'multipart/mixed; boundary="x y"',
      'multipart/form-data; boundary=copied-from-elsewhere',
    ]) {
      await expectTaken(await api.post(multipart, { headers: { 'Content-Type': type } }));
    }
    const json = JSON.stringify({ image: base64(), format: 'JPEG', crop: 'on', size: ' HD ' });
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
      await expectTaken(await api.post(json, { headers: { 'Content-Type': type } }));
    }
    const urlencoded = new URLSearchParams({ image: base64() }).toString();
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    await expectTaken(await api.post(urlencoded, { headers: type }));
  });

  test('given one file under any name, when it is posted, then it is the image, and other fields are ignored', async () => {
    const other = new Blob([new Uint8Array(100_000)]);
    await expectTaken(await api.postForm(form([ECHO, blob()])));
    await expectTaken(await api.postForm(form(['photo', base64()])));
    await expectTaken(await api.postForm(form(['image', blob()], ['user_id', '7'])), ['user_id']);
    await expectTaken(await api.postForm(form(['image', blob()], ['extra', other])), ['extra']);
    await expectTaken(await api.postForm(form(['extra', other], ['image', blob()])), ['extra']);
    await expectTaken(await api.postForm(form(['thumb', blob()], ['image', blob()])), ['thumb']);
    await expectTaken(await api.postForm(form(['image', blob()], ['image_file', blob()])), ['image_file']);
    await expectTaken(await api.postForm(form(['image', blob()], [`${ECHO} ${ECHO}`, '1'])));
  });
});

/** The body of a refusal, in any format. */
interface Lesson {
  answer: Promise<Answer>;
  status: number;
  code: string;
  sentence: RegExp;
  facts?: Record<string, unknown>;
}

test('given ten usual mistakes, when they are answered, then the body alone says how to do it right', async () => {
  const { id, token } = await api.submit(image);
  const lessons: Record<string, Lesson> = {
    'no @': {
      answer: api.postForm(form(['image', 'photo.jpg'])),
      ...{ status: 415, code: 'image-type-unsupported', sentence: /curl, write -F image=@photo\.jpg/ },
      facts: { parameter: 'image' },
    },
    'a wrong field': {
      answer: api.postForm(form(['photo', 'x'], ['format', 'png'])),
      ...{
        status: 400,
        code: 'missing-image',
        sentence: /form fields: image, image_url; or its bytes as the body/,
      },
      facts: { expected: ['image', 'image_url'], found: ['format', 'photo'] },
    },
    'a wrong type': {
      answer: api.post('%PDF-1.7 and more'),
      ...{ status: 415, code: 'image-type-unsupported', sentence: /JPEG/ },
    },
    'a bad value': {
      answer: api.postForm(form(['image', blob()], ['format', 'gif'])),
      ...{
        status: 400,
        code: 'invalid-parameter',
        sentence: /"format" must be one of png, webp, jpg, avif, zip, auto/,
      },
      facts: { parameter: 'format', accepted: ['png', 'webp', 'jpg', 'avif', 'zip', 'auto'] },
    },
    'an option alone': {
      answer: api.postForm(form(['image', blob()], ['crop_margin', '5%'])),
      ...{ status: 400, code: 'invalid-parameter', sentence: /"crop_margin" requires crop=true/ },
      facts: { parameter: 'crop_margin' },
    },
    'a misspelt option': {
      answer: api.postForm(form(['image', blob()], ['colour', 'red'])),
      ...{ status: 400, code: 'unknown-parameter', sentence: /Did you mean "bg_color"\?/ },
      facts: { accepted: ['bg_color'] },
    },
    'too large a file': {
      answer: api.post(Buffer.alloc(23 * MIB)),
      ...{ status: 413, code: 'image-too-large', sentence: /limit is 22 MiB/ },
      facts: { limit: 22 * MIB, unit: 'bytes' },
    },
    'a wrong token': {
      answer: api.status({ id, token: 'A'.repeat(43) }),
      ...{ status: 404, code: 'job-not-found', sentence: /token as Authorization: Bearer/ },
    },
    'an unknown id': {
      answer: api.status({ id: 'q83vASNFZ4mrze8BI0VniQ', token }),
      ...{ status: 404, code: 'job-not-found', sentence: /Check its id/ },
    },
    'GET on POST': {
      answer: api.call('GET', '/v1/jobs'),
      ...{ status: 405, code: 'method-not-allowed', sentence: /accepts POST/ },
      facts: { accepted: ['POST'] },
    },
    'a slash at the end': {
      answer: api.call('POST', '/v1/jobs/?format=png'),
      ...{ status: 400, code: 'missing-image', sentence: /Send the image/ },
    },
    'no image': {
      answer: api.call('POST', '/v1/jobs'),
      ...{ status: 400, code: 'missing-image', sentence: /Send the image/ },
      facts: { expected: ['image', 'image_url'], found: [] },
    },
  };
  for (const [mistake, { answer, status, code, sentence, facts = {} }] of Object.entries(lessons)) {
    const { json, status: found } = await answer;
    expect([mistake, found, json['code']]).toEqual([mistake, status, code]);
    expect([mistake, `${String(json['title'])}. ${String(json['detail'])}`]).toEqual([
      mistake,
      expect.stringMatching(sentence),
    ]);
    expect(json).toMatchObject(facts);
  }
  await api.cancel({ id, token });
});

test('given options that are unknown or wrong, when they are sent, then the answer names them and never echoes their values', async () => {
  expectProblem(await api.post(image, { query: `?${ECHO}=1` }), 400, 'unknown-parameter');
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
  const head = { 'Content-Type': 'image/gif', 'Content-Length': bytes };
  const request = RawRequest.post(system.url, head, '/v1/nothing');
  expect(await request.status()).toBe(404);
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
