import { request, type IncomingHttpHeaders } from 'node:http';
import sharp from 'sharp';
import { ApiClient, type Answer } from '../harness/api-client.js';
import { truncatedJpeg } from '../harness/bad-images.js';
import { eventually } from '../harness/eventually.js';
import { whileHeld } from '../harness/engine-hold.js';
import { KeyFiles, withKey } from '../harness/key-files.js';
import { RawRequest } from '../harness/raw-request.js';
import { smallPhoto } from '../harness/small-photo.js';
import { nothingRemains } from '../harness/traces.js';
import { useLightSystem } from '../harness/use-system.js';

/** Never to be found in an answer. */
const ECHO = 'zebra7391';
const SEGMENT = '/v1/segment';
const LOCAL = '/v1/remove-background';
const JSON_TYPE = { 'Content-Type': 'application/json' };

const files = new KeyFiles();
const key = files.create('enterprise');
const { system, api } = useLightSystem({ KEYS_FILE: files.path });
const image = smallPhoto();
const base64 = image.toString('base64');
const tooLarge = Buffer.concat([image, Buffer.alloc(24 * 2 ** 20)]);

jest.setTimeout(60_000);
afterAll(() => files.remove());
afterEach(async () => {
  await nothingRemains(system);
  expect(system.output()).not.toContain('"defect"');
});

type Fields = [name: string, value: string | Buffer][];

function post(path: string, fields: Fields, headers: Record<string, string> = {}): Promise<Answer> {
  const form = new FormData();
  for (const [name, value] of fields) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)]), `${ECHO}.jpg`);
  }
  return api.call('POST', path, { body: form, headers });
}

const postJson = (path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
  api.call('POST', path, { body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } });

/** Sends a body in pieces of `size` bytes, as HTTP chunks. */
function inPieces(path: string, headers: IncomingHttpHeaders, body: Buffer, size: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${system.url}${path}`, { method: 'POST', headers, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => resolve(Buffer.concat(pieces)));
    });
    sent.on('error', reject);
    for (let at = 0; at < body.length; at += size) sent.write(body.subarray(at, at + size));
    sent.end();
  });
}

/** The form of Photoroom's Python and Node samples, which write it by hand. */
const sampleForm = (boundary: string): Buffer =>
  Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="image_file"; filename="test.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`,
    ),
    image,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);

const metadataOf = async (file: Buffer): Promise<(string | number | undefined)[]> => {
  const { format, width, height, channels } = await sharp(file).metadata();
  return [format, width, height, channels];
};

/** The cut-out and its alpha, as the service itself returns them. */
async function own(query: string): Promise<Buffer> {
  return (await api.post(image, { query, headers: { Prefer: 'wait=60', ...withKey(key) } })).body;
}

describe('Photoroom', () => {
  test('given the form of its samples, when it is sent, then the PNG comes back, with its uncertainty', async () => {
    const answer = await post(SEGMENT, [['image_file', image]], withKey(key));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(answer.headers.get('x-uncertainty-score')).toMatch(/^(0\.\d\d|1\.00)$/);
    const sum = ['x-uncertainty-score', 'x-confidence'].map((name) => Number(answer.headers.get(name)));
    expect(sum[0]! + sum[1]!).toBeCloseTo(1);
    expect(answer.body.equals(await own(''))).toBe(true);

    const boundary = '--------------------------19a';
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, 'x-api-key': key };
    const pieces = await inPieces(SEGMENT, headers, sampleForm(boundary), 256);
    expect(pieces.equals(answer.body)).toBe(true);
  });

  test('given base64 in JSON, when JSON is accepted, then the result is in it', async () => {
    const asked = { image_file_b64: base64, crop: true, format: 'png' };
    const json = await postJson(SEGMENT, asked, { Accept: 'application/json' });
    expect(Object.keys(json.json)).toEqual(['result_b64']);
    expect(json.headers.get('content-length')).toBe(String(json.body.length));
    const result = Buffer.from(String(json.json['result_b64']), 'base64');
    expect(result.equals(await own('?crop=true'))).toBe(true);
    const file = await postJson(SEGMENT, asked, { Accept: 'image/png, application/json' });
    expect(file.body.equals(result)).toBe(true);
    const axios = await postJson(SEGMENT, asked, { Accept: 'application/json, text/plain, */*' });
    expect(axios.headers.get('content-type')).toBe('image/png');
    const urlencoded = await api.call('POST', SEGMENT, {
      body: new URLSearchParams({ image_file_b64: base64, crop: 'true' }),
    });
    expect(urlencoded.body.equals(result)).toBe(true);
  });

  test('given its parameters, when they are sent, then they have their meaning', async () => {
    const alpha = await post(SEGMENT, [
      ['image_file', image],
      ['channels', 'alpha'],
    ]);
    expect(alpha.body.equals(await own('?only=alpha'))).toBe(true);
    const red = await post(SEGMENT, [
      ['image_file', image],
      ['bg_color', '#FF0000'],
      ['format', 'jpg'],
      ['size', 'full'],
    ]);
    expect((await metadataOf(red.body))[0]).toBe('jpeg');
    const unused = await post(SEGMENT, [
      ['image_file', image],
      ['despill', 'true'],
      ['image_url', ECHO],
    ]);
    expect([unused.status, unused.headers.get('x-ignored-fields')]).toEqual([200, 'image_url, despill']);
    const last = await post(SEGMENT, [
      ['image_file', image],
      ['channels', 'rgba'],
      ['channels', 'alpha'],
      ['format', ''],
    ]);
    expect(last.body.equals(alpha.body)).toBe(true);
  });

  test('given a wrong request, when it is sent, then the error has the members of Photoroom', async () => {
    const file: Fields = [['image_file', image]];
    const tries: [answer: Answer, status: number, type: string][] = [
      [await post(SEGMENT, []), 400, 'missing_image'],
      [await post(SEGMENT, [['image_file', '']]), 400, 'missing_image'],
      [await post(SEGMENT, [['photo', image]]), 400, 'missing_image'],
      [await api.call('POST', SEGMENT), 400, 'missing_image'],
      [await postJson(SEGMENT, { image_url: `https://${ECHO}/` }), 400, 'missing_image'],
      [await post(SEGMENT, [...file, ...file]), 400, 'multiple_images'],
      [await post(SEGMENT, [...file, ['image_file_b64', base64]]), 400, 'multiple_images'],
      [await postJson(SEGMENT, { image_file_b64: `${ECHO}*` }), 400, 'image_corrupt'],
      [await postJson(SEGMENT, { image_file_b64: { a: 1 } }), 400, 'invalid_request'],
      [await post(SEGMENT, [...file, ['bg_color', ECHO]]), 400, 'invalid_parameter'],
      [await post(SEGMENT, [...file, ['size', 'auto']]), 400, 'invalid_parameter'],
      [await post(SEGMENT, [...file, ['size', ECHO.repeat(99)]]), 400, 'invalid_request'],
      [
        await post(SEGMENT, [['image_file', Buffer.from(`${ECHO} is no image`)]]),
        400,
        'image_type_unsupported',
      ],
      [await post(SEGMENT, [['image_file', truncatedJpeg()]]), 400, 'image_truncated'],
      [await post(SEGMENT, [['image_file', tooLarge]]), 400, 'image_too_large'],
      [await post(SEGMENT, file, withKey(`rb_${ECHO}`)), 403, 'key_invalid'],
      [
        await api.call('POST', SEGMENT, { body: ECHO, headers: { 'Content-Type': 'text/plain' } }),
        400,
        'image_type_unsupported',
      ],
      [await api.call('POST', SEGMENT, { body: ECHO, headers: JSON_TYPE }), 400, 'invalid_request'],
      [await api.call('GET', SEGMENT), 405, 'method_not_allowed'],
    ];
    for (const [answer, status, type] of tries) {
      expect([type, answer.status, answer.headers.get('content-type')]).toEqual([
        type,
        status,
        'application/json; charset=utf-8',
      ]);
      expect(answer.json).toMatchObject({ detail: expect.any(String) as string, status_code: status, type });
      expect(String(answer.body)).not.toContain(ECHO);
    }
    const unauthorized = await post(SEGMENT, file, withKey('rb_nobody'));
    expect(unauthorized.json['error']).toEqual({ message: 'Unauthorized' });
    const head = await api.call('HEAD', SEGMENT);
    expect([head.status, head.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });

  test('given a limit, when it is reached, then the error says when to try again', async () => {
    const limited = new ApiClient((await system.startApi({ RATE_LIMIT: '1', KEYS_FILE: '' })).url);
    const send = (path: string): Promise<Answer> => limited.call('POST', path, { body: image });
    expect((await send(SEGMENT)).status).toBe(200);
    const photoroom = await send(SEGMENT);
    expect([photoroom.status, photoroom.json['type']]).toEqual([429, 'rate_limited']);
    const withoutbg = await send(LOCAL);
    expect([withoutbg.status, typeof withoutbg.json['error']]).toEqual([429, 'string']);
    for (const { headers } of [photoroom, withoutbg])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('withoutBG', () => {
  test('given its GIMP plug-in, when it asks and sends a layer, then it gets the matte', async () => {
    const health = await api.call('GET', '/health');
    expect(health.json).toEqual({ status: 'ok', model: 'isnet', version: expect.any(String) as string });
    expect((await api.call('GET', '/ready')).json).toEqual({ status: 'ready' });
    const layer = await sharp(image).png().toBuffer();
    const answer = await api.call('POST', `${LOCAL}?output=matte`, {
      body: new Uint8Array(layer),
      headers: { 'Content-Type': 'image/png' },
    });
    const [, width, height] = await metadataOf(layer);
    expect(await metadataOf(answer.body)).toEqual(['png', width, height, 1]);
    expect(answer.headers.get('x-latency-ms')).toMatch(/^\d+$/);
    const wrong = await api.call('POST', `${LOCAL}?output=matte`, { body: ECHO });
    expect([wrong.status, typeof wrong.json['error']]).toEqual([400, 'string']);
  });

  test('given its web page, when it sends a data URL, then both images come back', async () => {
    const answer = await postJson(LOCAL, { image: `data:image/jpeg;base64,${base64}` });
    expect(Object.keys(answer.json)).toEqual(['processed', 'alphaMatte', 'latencyMs']);
    const imageIn = (name: string): Buffer => {
      const [head, data] = String(answer.json[name]).split(',');
      expect(head).toBe('data:image/png;base64');
      return Buffer.from(data ?? '', 'base64');
    };
    expect(imageIn('processed').equals(await own(''))).toBe(true);
    expect(imageIn('alphaMatte').equals(await own('?only=alpha'))).toBe(true);
    const body = Buffer.from(JSON.stringify({ image: base64 }));
    const pieces = await inPieces(LOCAL, { 'content-type': 'application/json' }, body, 256);
    expect(JSON.parse(String(pieces))).toMatchObject({ processed: answer.json['processed'] });
    expect((await post(LOCAL, [['image', image]])).body.equals(imageIn('processed'))).toBe(true);
  });

  test('given its Python package, when it sends base64, then the alpha comes back, and its balance', async () => {
    const answer = await postJson('/v1.0/alpha-channel-base64', { image_base64: base64 }, withKey(key));
    const alpha = Buffer.from(String(answer.json['alpha_base64']), 'base64');
    expect(alpha.equals(await own('?only=alpha'))).toBe(true);
    const cutout = await postJson('/v1.0/image-without-background-base64', { image_base64: base64 });
    const inJson = Buffer.from(String(cutout.json['img_without_background_base64']), 'base64');
    const file = await post('/v1.0/image-without-background', [['file', image]]);
    expect(file.body.equals(inJson)).toBe(true);
    expect((await post('/v1.0/alpha-channel', [['photo', image]])).body.equals(alpha)).toBe(true);
    const credit = await api.call('GET', '/available-credit', { headers: withKey(key) });
    expect(credit.json).toEqual({ credit: 1_000_000, expiration_date: '9999-12-31 23:59:59' });
  });

  test('given the web app of 2025, when it sends its form, then quality and format are obeyed', async () => {
    const fields = (format: string): Fields => [
      ...([
        ['file', image],
        ['format', format],
        ['quality', '95'],
        ['api_key', ECHO],
      ] as Fields),
    ];
    for (const [format, type] of [
      ['png', 'image/png'],
      ['jpg', 'image/jpeg'],
      ['webp', 'image/webp'],
    ] as const) {
      const answer = await post('/api/remove-background', fields(format));
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
      expect(answer.headers.get('x-ignored-fields')).toBe('api_key');
    }
  });

  test('given a wrong request, when it is sent, then local clients read `error` and cloud clients `detail`', async () => {
    const local: [answer: Answer, status: number][] = [
      [await post(LOCAL, [['photo', image]]), 400],
      [await postJson(LOCAL, { photo: base64 }), 400],
      [await postJson(LOCAL, { image: `${ECHO}*` }), 400],
      [await postJson(LOCAL, { image: { a: ECHO } }), 400],
      [await post(`${LOCAL}?output=${ECHO}`, [['image', image]]), 400],
      [await post(LOCAL, [['image', truncatedJpeg()]]), 400],
      [await post(LOCAL, [['image', tooLarge]]), 413],
      [await post(LOCAL, [['image', image]], withKey(`rb_${ECHO}`)), 401],
      [await api.call('GET', LOCAL), 405],
    ];
    for (const [answer, status] of local) {
      expect([answer.status, answer.json['error']]).toEqual([status, answer.json['detail']]);
      expect(String(answer.body)).not.toContain(ECHO);
    }
    const path = '/v1.0/alpha-channel-base64';
    const cloud: [answer: Answer, status: number][] = [
      [await postJson(path, {}), 422],
      [await postJson(path, { image_base64: `${ECHO}*` }), 422],
      [await postJson(path, { image_base64: base64 }, withKey(`rb_${ECHO}`)), 401],
      [await postJson(path, { image_base64: tooLarge.toString('base64') }), 413],
      [await post('/v1.0/alpha-channel', [['file', Buffer.from(`${ECHO}, no image`)]]), 415],
    ];
    for (const [answer, status] of cloud) {
      expect([answer.status, typeof answer.json['error']]).toEqual([status, 'string']);
      expect(answer.json).toHaveProperty('detail');
      expect(String(answer.body)).not.toContain(ECHO);
    }
    expect(cloud[0]?.[0].json['detail']).toEqual([
      expect.objectContaining({ loc: ['body', 'image_base64'], type: 'value_error.missing' }),
    ]);
  });
});

/** States of all jobs. */
async function states(): Promise<(string | null)[]> {
  const redis = system.inspector();
  const found = await Promise.all((await redis.keys('rb:{*}:job')).map((job) => redis.hget(job, 'state')));
  redis.disconnect();
  return found;
}

test('given clients that leave while they wait, when they are gone, then their images are cancelled', async () => {
  const sends: [path: string, body: Buffer, type: string][] = [
    [SEGMENT, image, 'image/jpeg'],
    [LOCAL, Buffer.from(JSON.stringify({ image: base64 })), 'application/json'],
  ];
  for (const [path, body, type] of sends) {
    const cancelled = (await states()).filter((state) => state === 'cancelled').length;
    await whileHeld(system.workers[0]!, async () => {
      const left = RawRequest.post(system.url, { 'Content-Type': type, 'Content-Length': body.length }, path);
      await left.send(body);
      await eventually(async () => (await states()).includes('running'));
      left.break();
      await eventually(
        async () => (await states()).filter((state) => state === 'cancelled').length === cancelled + 1,
      );
    });
  }
});
