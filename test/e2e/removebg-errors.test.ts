import sharp from 'sharp';
import { ApiClient, type Answer } from '../harness/api-client.js';
import { pngHeader, truncatedJpeg } from '../harness/bad-images.js';
import { eventually } from '../harness/eventually.js';
import { KeyFiles, withKey } from '../harness/key-files.js';
import { RawRequest } from '../harness/raw-request.js';
import { smallPhoto } from '../harness/small-photo.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const MIB = 1_048_576;
/** Never to be found in an answer. */
const ECHO = 'zebra7391';
const PATH = '/v1.0/removebg';
const URLENCODED = 'application/x-www-form-urlencoded';

const files = new KeyFiles();
const key = files.create('enterprise');
const { system, api } = useLightSystem({ KEYS_FILE: files.path });
const image = smallPhoto();

jest.setTimeout(60_000);
afterAll(() => files.remove());
afterEach(async () => {
  await nothingRemains(system);
  expect(system.output()).not.toContain('"defect"');
});

type Fields = [name: string, value: string | Buffer][];

async function post(fields: Fields, headers: Record<string, string> = {}): Promise<Answer> {
  const form = new FormData();
  for (const [name, value] of fields) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)]), `${ECHO}.jpg`);
  }
  return api.call('POST', PATH, { body: form, headers });
}

const postText = (body: string, type: string): Promise<Answer> =>
  api.call('POST', PATH, { body, headers: { 'Content-Type': type } });

function expectError(answer: Answer, status: number, code: string): void {
  expect([answer.status, String(answer.body)]).toEqual([status, expect.stringContaining(`"code":"${code}"`)]);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.json).toEqual({ errors: [expect.objectContaining({ code })] });
  expect(String(answer.body)).not.toContain(ECHO);
}

test('given sources that are missing or too many, when they are posted, then it is said which', async () => {
  const base64 = image.toString('base64');
  expectError(await post([]), 400, 'missing_source');
  expectError(await post([['image_file', '']]), 400, 'missing_source');
  expectError(await post([[`${ECHO} `, image]]), 400, 'missing_source');
  const named = await post([['photo', image]]);
  expectError(named, 400, 'missing_source');
  expect(String(named.body)).toMatch(/image_file, image_file_b64, image_url.*Fields that were sent: photo/);
  const text = await post([['image_file', `${ECHO}.jpg`]]);
  expectError(text, 400, 'invalid_file_type');
  expect(String(text.body)).toContain('write -F image_file=@photo.jpg');
  expectError(await postText('size=full', URLENCODED), 400, 'missing_source');
  expectError(await postText('{"image_file_b64":null}', 'application/json'), 400, 'missing_source');
  expectError(await api.call('POST', PATH), 400, 'missing_source');
  const file: Fields = [['image_file', image]];
  expectError(await post([...file, ['image_file_b64', base64]]), 400, 'multiple_sources');
  expectError(await post([...file, ['image_url', `https://${ECHO}/`]]), 400, 'multiple_sources');
  expectError(await post([...file, ...file]), 400, 'multiple_sources');
  expectError(
    await postText(`{"image_url":"https://${ECHO}/","image_file_b64":"${base64}"}`, 'application/json'),
    400,
    'multiple_sources',
  );
  expectError(
    await post([...file, ['bg_image_file', image], ['bg_color', 'red']]),
    400,
    'multiple_bg_sources',
  );
  expectError(
    await post([...file, ['bg_image_file', image], ['bg_image_url', `https://${ECHO}/`]]),
    400,
    'multiple_bg_sources',
  );
});

test('given a parameter that is wrong, when it is posted, then the code names it', async () => {
  const wrong = { bg_color: '#12', channels: ECHO, crop_margin: '51%', format: 'tiff', position: '1 2 3' };
  const more = { roi: '1 2', scale: '9%', semitransparency: ECHO, size: ECHO, type: ECHO, type_level: '7' };
  for (const [name, value] of Object.entries({ ...wrong, ...more, crop: ECHO, model: 'no-such' })) {
    expectError(
      await post([
        ['image_file', image],
        [name, value],
      ]),
      400,
      `invalid_${name}`,
    );
  }
  expectError(await post([['image_url', `https://${ECHO}/a.jpg`]]), 400, 'invalid_image_url');
  expectError(
    await post([
      ['image_file', image],
      ['bg_image_url', `https://${ECHO}/a.jpg`],
    ]),
    400,
    'invalid_bg_image_url',
  );
});

test('given images that cannot be worked on, when they are posted, then the code says why', async () => {
  const empty = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#000' } })
    .jpeg()
    .toBuffer();
  const tries: [file: Buffer, code: string, ...fields: Fields][] = [
    [Buffer.from('this is no image at all'), 'invalid_file_type'],
    [pngHeader(30_000, 10), 'resolution_too_high'],
    [pngHeader(0, 10), 'failed_to_read_image'],
    [truncatedJpeg(), 'failed_to_read_image'],
    [image, 'roi_exceeds_bounds', ['roi', '0px 0px 5000px 5000px']],
    [image, 'roi_region_empty', ['roi', '10px 10px 10px 10px']],
    [empty, 'unknown_foreground', ['crop', 'true'], ['roi', '0px 0px 1px 1px']],
    [image, 'failed_to_read_bg_image', ['bg_image_file', truncatedJpeg()]],
  ];
  for (const [file, code, ...fields] of tries)
    expectError(await post([['image_file', file], ...fields]), 400, code);
  expectError(await post([['image_file_b64', `${ECHO}*`]]), 400, 'failed_to_read_image');
});

test('given bodies that cannot be read, when they are posted, then the request is called invalid', async () => {
  expectError(await postText(`{"image_file_b64":{"${ECHO}":1}}`, 'application/json'), 400, 'invalid_request');
  expectError(await postText('image_file_b64=%zz', URLENCODED), 400, 'invalid_request');
  expectError(await postText(ECHO, 'multipart/form-data; boundary=x'), 400, 'invalid_request');
  expectError(await postText(ECHO, 'text/plain'), 400, 'invalid_file_type');
  expectError(await post([['image_url', ECHO.repeat(10_000)]]), 400, 'invalid_request');
});

test('given a file beyond the limit, announced or not, when it comes, then it is called too large', async () => {
  const type = { 'Content-Type': 'application/json' };
  const announced = RawRequest.post(system.url, { ...type, 'Content-Length': 40 * MIB }, PATH);
  expect(await announced.status()).toBe(400);
  expect(announced.answer).toContain('"code":"file_too_large"');
  announced.break();
  const body = `{"image_file_b64":"${Buffer.concat([image, Buffer.alloc(22 * MIB)]).toString('base64')}"}`;
  expectError(await postText(body, 'application/json'), 400, 'file_too_large');

  const endless = RawRequest.post(system.url, { ...type, 'Transfer-Encoding': 'chunked' }, PATH);
  const space = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MIB, ' '), Buffer.from('\r\n')]);
  for (let sent = 0; sent < 40 && endless.answer === ''; sent++) await endless.send(space);
  expect(await endless.status()).toBe(400);
  expect(endless.answer).toContain('"code":"file_too_large"');
  endless.break();
});

test('given keys, when one is shown, then it is taken, and another is refused', async () => {
  const wrong = withKey(`rb_${ECHO}`);
  expectError(await post([['image_file', image]], wrong), 403, 'auth_failed');
  expectError(await api.call('GET', '/v1.0/account', { headers: wrong }), 403, 'auth_failed');
  const account = await api.call('GET', '/v1.0/account', { headers: withKey(key) });
  expect(account.json).toEqual({
    data: {
      attributes: {
        credits: { total: 0, subscription: 0, payg: 0, enterprise: 0 },
        api: { free_calls: 1_000_000, sizes: 'all' },
      },
    },
  });
  const lines = (): number => system.output().split('"event":"metered"').length - 1;
  const answer = await post([['image_file', image]], withKey(key));
  expect(answer.status).toBe(200);
  await eventually(() => lines() === 1);
});

test('given limits, when they are reported or exceeded, then they are in megapixels, with the time of day', async () => {
  const limited = await system.startApi({ RATE_LIMIT: '2', KEYS_FILE: '' });
  const client = new ApiClient(limited.url);
  const send = (): Promise<Answer> => {
    const form = new FormData();
    form.append('image_file', new Blob([new Uint8Array(image)]), 'a.jpg');
    return client.call('POST', PATH, { body: form });
  };
  const rateOf = ({ headers }: Answer): (string | null)[] =>
    ['limit', 'remaining'].map((name) => headers.get(`x-ratelimit-${name}`));
  const soon = Date.now() / 1000;
  const first = await send();
  expect([first.status, ...rateOf(first)]).toEqual([200, '500', '499']);
  expect(Number(first.headers.get('x-ratelimit-reset'))).toBeGreaterThanOrEqual(Math.floor(soon));
  await send();
  const refused = await send();
  expectError(refused, 429, 'rate_limit_exceeded');
  expect(rateOf(refused)).toEqual(['2', '0']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(refused.headers.get('x-ratelimit-reset'))).toBeGreaterThan(soon);
});

test('given a wrong call of rembg, when it is answered, then `detail` says what FastAPI would say there', async () => {
  const none = await api.call('POST', '/api/remove', { body: new FormData() });
  expect([none.status, none.json['code'], typeof none.json['detail']]).toEqual([
    400,
    'missing-image',
    'string',
  ]);
  const url = await api.call('GET', `/api/remove?url=https://${ECHO}/a.jpg`);
  expect([url.status, url.json['parameter']]).toEqual([400, 'url']);
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(image)]), 'a.jpg');
  form.append('model', 'u2net_cloth_seg');
  const model = await api.call('POST', '/api/remove', { body: form });
  expect([model.status, model.json['code'], typeof model.json['detail']]).toEqual([
    422,
    'model-unknown',
    'string',
  ]);
  expect(String(url.body)).not.toContain(ECHO);
});
