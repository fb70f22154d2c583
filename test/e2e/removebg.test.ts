import sharp from 'sharp';
import type { Answer } from '../harness/api-client.js';
import { factsOf, rightCutout } from '../harness/cutout-check.js';
import { photo } from '../harness/photos.js';
import { removebgClient, type RemovebgClient } from '../harness/removebg-client.js';
import { useSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const MIN_IOU = 0.97;
const KEY = { 'X-Api-Key': 'INSERT_YOUR_API_KEY_HERE' };
const JSON_BODY = { 'Content-Type': 'application/json' };

const { system, api } = useSystem();
let client: RemovebgClient;

jest.setTimeout(60_000);
beforeAll(() => {
  client = removebgClient(system.url);
});
afterEach(() => nothingRemains(system));

const call = (body: RequestInit['body'], headers: Record<string, string> = {}): Promise<Answer> =>
  api.call('POST', '/v1.0/removebg', { headers: { ...KEY, ...headers }, body: body ?? null });

function form(fields: Record<string, string>, file?: Buffer): FormData {
  const filled = new FormData();
  for (const [name, value] of Object.entries(fields)) filled.append(name, value);
  if (file !== undefined) filled.append('image_file', new Blob([new Uint8Array(file)]), 'file.jpg');
  return filled;
}

async function expectRight(result: Buffer, name: Parameters<typeof factsOf>[1]): Promise<void> {
  const { iou, ...facts } = await factsOf(result, name);
  expect(facts).toEqual(await rightCutout(name));
  expect(iou).toBeGreaterThanOrEqual(MIN_IOU);
}

interface JsonAnswer {
  data: { result_b64: string } & Record<string, number>;
}

describe('the npm client of remove.bg', () => {
  test('given a file, when it is sent, then the cut-out comes back, and how it is charged', async () => {
    const result = await client.removeBackgroundFromImageFile({
      path: 'test/photos/astronaut.jpg',
      apiKey: 'any',
      size: 'full',
    });
    await expectRight(Buffer.from(result.base64img, 'base64'), 'astronaut');
    expect(result).toMatchObject({ creditsCharged: '0', detectedType: 'other', resultWidth: '512' });
  });

  test('given base64, size, format and a color, when it is sent, then all of them are applied', async () => {
    const result = await client.removeBackgroundFromImageBase64({
      base64img: photo('coffee').toString('base64'),
      apiKey: 'any',
      size: 'preview',
      type: 'product',
      bg_color: '00ff00',
    });
    const { format, width, height, channels } = await sharp(
      Buffer.from(result.base64img, 'base64'),
    ).metadata();
    expect([format, channels]).toEqual(['jpeg', 3]);
    expect(width * height).toBeLessThanOrEqual(250_000);
    expect([result.resultWidth, result.resultHeight]).toEqual([String(width), String(height)]);
    expect(result.detectedType).toBe('product');
  });

  test('given an address, when it is sent to a server that fetches none, then the client receives that error', async () => {
    const sent = client.removeBackgroundFromImageUrl({ url: 'https://example.org/zebra.jpg', apiKey: 'any' });
    await expect(sent).rejects.toMatchObject([
      { code: 'invalid_image_url', detail: 'This service does not download images. Send the file itself.' },
    ]);
  });
});

describe('the calls of the documentation', () => {
  test('given a multipart form, when it is posted, then the answer is the file, with its headers', async () => {
    const answer = await call(form({ size: 'auto' }, photo('chelsea')));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { width, height } = await sharp(photo('chelsea')).metadata();
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-type': 'other',
      'x-width': String(width),
      'x-height': String(height),
      'x-credits-charged': '0',
    });
    const place = ['Top', 'Left', 'Width', 'Height'].map((side) =>
      answer.headers.get(`X-Foreground-${side}`),
    );
    for (const pixels of place) expect(pixels).toMatch(/^\d+$/);
    expect(Number(answer.headers.get('x-confidence'))).toBeGreaterThan(0);
    await expectRight(answer.body, 'chelsea');
  });

  test('given `Accept: application/json`, when it is posted, then the file is in the JSON, of exactly that length', async () => {
    const plain = await call(form({ size: 'full', type_level: 'none' }, photo('coffee')));
    const answer = await call(form({ size: 'full', type_level: 'none' }, photo('coffee')), {
      Accept: 'application/json',
    });
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('content-length')).toBe(String(answer.body.length));
    expect(answer.headers.get('x-type')).toBeNull();
    const { data } = answer.json as unknown as JsonAnswer;
    expect(Buffer.from(data.result_b64, 'base64')).toEqual(plain.body);
    const place = ['top', 'left', 'width', 'height'] as const;
    for (const side of place)
      expect(String(data[`foreground_${side}`])).toBe(plain.headers.get(`x-foreground-${side}`));
  });

  test('given what HTTP libraries accept by themselves, when it is posted, then the answer is the file', async () => {
    const answer = await call(form({}, photo('coffee')), { Accept: 'application/json, text/plain, */*' });
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(
      Number(answer.headers.get('x-width')) * Number(answer.headers.get('x-height')),
    ).toBeLessThanOrEqual(250_000);
  });

  test('given base64 in a urlencoded form, with `+` as it is, when it is posted, then it is the same image', async () => {
    const base64 = photo('astronaut').toString('base64');
    expect(base64).toContain('+');
    for (const body of [
      `image_file_b64=${base64}&size=full&bg_color=`,
      new URLSearchParams({ size: 'full', image_file_b64: base64 }).toString(),
    ]) {
      const answer = await call(body, { 'Content-Type': 'application/x-www-form-urlencoded' });
      await expectRight(answer.body, 'astronaut');
    }
  });

  test('given base64 in JSON, as a data URL, with what some languages escape, when it is posted, then it is the same image', async () => {
    const image_file_b64 = `data:image/jpeg;base64,${photo('astronaut').toString('base64')}`;
    const body = JSON.stringify({ crop: false, roi: null, image_file_b64, size: 'full', type: 'auto' })
      .replaceAll('/', '\\/')
      .replaceAll('+', '\\u002b');
    await expectRight((await call(body, JSON_BODY)).body, 'astronaut');
  });

  test('given base64 in a multipart field, when it is posted, then it is the same image', async () => {
    const answer = await call(form({ image_file_b64: photo('astronaut').toString('base64'), size: 'full' }));
    await expectRight(answer.body, 'astronaut');
  });

  test('given an image whose base64 is longer than any image file may be, when it is posted, then it is taken', async () => {
    const padded = Buffer.concat([photo('astronaut'), Buffer.alloc(20 * 1_048_576)]);
    const body = JSON.stringify({ image_file_b64: padded.toString('base64'), size: 'full' });
    expect(body.length).toBeGreaterThan(22 * 1_048_576);
    await expectRight((await call(body, JSON_BODY)).body, 'astronaut');
  });

  test('given zip, crop, scale, shadow and a background, when they are asked for, then they are obeyed', async () => {
    const zip = await call(form({ format: 'zip', size: 'full' }, photo('coffee')));
    expect(zip.headers.get('content-type')).toBe('application/zip');
    for (const name of ['color.jpg', 'alpha.png']) expect(zip.body.includes(name)).toBe(true);

    const scaled = await call(form({ scale: '50%', shadow_type: 'drop' }, photo('coffee')));
    expect(scaled.status).toBe(200);

    const background = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const both = form({ crop: 'true', crop_margin: '10px', bg_image_url: 'undefined' }, photo('coffee'));
    both.append('bg_image_file', new Blob([new Uint8Array(background)]), 'red.png');
    const composed = await call(both);
    expect(composed.headers.get('content-type')).toBe('image/jpeg');
  });

  test('given fields that clients leave empty, when they are posted, then they count as absent', async () => {
    const empty = [
      'image_url',
      'image_file_b64',
      'bg_color',
      'bg_image_url',
      'roi',
      'scale',
      'position',
      'channels',
    ];
    const filled = form(Object.fromEntries(empty.map((name) => [name, ''])), photo('coffee'));
    filled.append('bg_image_file', new Blob([]), '');
    filled.append('crop_margin', 'undefined');
    filled.append('type', 'null');
    filled.append('some_field_of_tomorrow', 'x');
    const answer = await call(filled);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
  });
});

describe('other calls in one', () => {
  test('given a form with `image`, when it is posted to /api/remove-bg, then the answer is the PNG', async () => {
    const filled = new FormData();
    filled.append('image', new Blob([new Uint8Array(photo('chelsea'))]), 'cat.jpg');
    const answer = await api.call('POST', '/api/remove-bg', {
      body: filled,
      headers: { Authorization: 'Bearer any' },
    });
    await expectRight(answer.body, 'chelsea');
    const refused = await api.call('POST', '/api/remove-bg', {
      body: form({ crop: 'perhaps' }, photo('chelsea')),
    });
    expect([refused.status, refused.json['parameter']]).toEqual([400, 'crop']);
  });

  const rembg = (fields: Record<string, string>, query = ''): Promise<Answer> => {
    const filled = new FormData();
    filled.append('file', new Blob([new Uint8Array(photo('astronaut'))]), 'file.jpg');
    for (const [name, value] of Object.entries(fields)) filled.append(name, value);
    return api.call('POST', `/api/remove${query}`, { body: filled });
  };

  test('given a client of rembg, when it posts its file, then the answer is the PNG, at full size', async () => {
    const answer = await rembg({ model: 'u2net', a: 'true', af: '240', ab: '10', ae: '10', ppm: 'True' });
    expect(answer.headers.get('content-type')).toBe('image/png');
    await expectRight(answer.body, 'astronaut');
  });

  test('given `om`, when it is posted, then the answer is the mask, without a background', async () => {
    const answer = await rembg({ om: 'true', model: 'isnet-general-use' }, '?bgc=255,0,0,255');
    const { iou, ...facts } = await factsOf(answer.body, 'astronaut');
    expect(facts).toEqual({ ...(await rightCutout('astronaut')), channels: 1, colorType: 0 });
    expect(iou).toBeGreaterThanOrEqual(MIN_IOU);
  });

  test('given `bgc`, when it is posted, then it is the background of the subject', async () => {
    const answer = await rembg({}, '?bgc=255,0,0,255');
    const [red, green, blue] = await sharp(answer.body)
      .removeAlpha()
      .extract({ left: 0, top: 0, width: 1, height: 1 })
      .raw()
      .toBuffer();
    expect([red, green, blue]).toEqual([255, 0, 0]);
  });
});
