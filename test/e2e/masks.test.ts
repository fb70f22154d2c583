import sharp from 'sharp';
import { RemoveBg } from '#sdk/removebg-client.js';
import { photo, referenceAlpha, softIou } from '../harness/photos.js';
import { nothingRemains } from '../harness/traces.js';
import { useSystem } from '../harness/use-system.js';

const { system, api } = useSystem();
const [WIDTH, HEIGHT] = [600, 400];
const WAIT = { headers: { Prefer: 'wait=60' } };

jest.setTimeout(60_000);
afterEach(() => nothingRemains(system));

/** A matte of a soft disc. The model would not find it. */
const DISC = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
  const distance = 120 - Math.hypot((i % WIDTH) - 200, Math.floor(i / WIDTH) - 180);
  return Math.round(255 * Math.min(Math.max(distance / 20 + 0.5, 0), 1));
});

const pngOf = (data: Uint8Array): Promise<Buffer> =>
  sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();

const file = (bytes: Uint8Array): Blob => new Blob([new Uint8Array(bytes)]);

function formOf(files: Record<string, Uint8Array>, options: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(options)) form.append(name, value);
  for (const [name, bytes] of Object.entries(files)) form.append(name, file(bytes), name);
  return form;
}

const alphaOf = (result: Buffer): Promise<Buffer> => sharp(result).extractChannel(3).raw().toBuffer();

test.each(['before', 'after'])(
  'given a mask %s the image, when the form is posted, then alpha is the mask and no model was used',
  async (order) => {
    const [image, mask] = [photo('coffee'), await pngOf(DISC)];
    const files = order === 'before' ? { mask, image } : { image, mask };
    const answer = await api.postForm(formOf(files, { refine: 'none' }), WAIT);
    expect(answer.status).toBe(200);
    expect((await alphaOf(answer.body)).equals(DISC)).toBe(true);
    expect(answer.headers.get('server-timing')).toContain('desc="mask on cpu"');
  },
);

test('given the mask of the model, when it is sent back, then the result is that of the model', async () => {
  const mask = await api.post(photo('coffee'), { ...WAIT, query: '?only=mask' });
  expect(await sharp(mask.body).metadata()).toMatchObject({ width: WIDTH, height: HEIGHT, channels: 1 });
  const answer = await api.postForm(formOf({ image: photo('coffee'), mask: mask.body }), WAIT);
  expect(softIou(await alphaOf(answer.body), await referenceAlpha('coffee'))).toBeGreaterThan(0.97);
});

test('given only=foreground, when cut out, then the result is opaque', async () => {
  const answer = await api.post(photo('coffee'), { ...WAIT, query: '?only=foreground' });
  expect(await sharp(answer.body).metadata()).toMatchObject({ format: 'png', channels: 3, width: WIDTH });
});

test('given a mask for the routes of remove.bg and for plain requests, when posted, then it is used', async () => {
  const mask = await pngOf(DISC);
  for (const [path, name] of [
    ['/v1.0/removebg', 'image_file'],
    ['/api/remove-bg', 'image'],
  ] as const) {
    const form = formOf({ [name]: photo('coffee'), mask }, { refine: 'none', size: 'full' });
    const answer = await fetch(`${system.url}${path}`, { method: 'POST', body: form });
    const result = Buffer.from(await answer.arrayBuffer());
    expect([answer.status, (await alphaOf(result)).equals(DISC)]).toEqual([200, true]);
  }
});

test('given masks in the SDK and for an image of a batch, when results are received, then each mask is used', async () => {
  const mask = await pngOf(DISC);
  const client = new RemoveBg({ baseUrl: system.url });
  const options = { refine: 'none', only: 'alpha' } as const;
  const one = await client.remove(photo('coffee'), options, { mask });
  const images = [{ name: 'masked', image: photo('coffee'), mask: () => mask }];
  const results = [Buffer.from(await one.image.arrayBuffer())];
  for await (const outcome of client.batch(images, { options })) {
    if (outcome.ok) results.push(Buffer.from(await outcome.image.arrayBuffer()));
  }
  const alphas = await Promise.all(results.map((each) => sharp(each).extractChannel(0).raw().toBuffer()));
  expect(alphas.map((alpha) => alpha.equals(DISC))).toEqual([true, true]);
});

test('given two masks, a mask beside a model, a damaged one, or other proportions, when posted, then that is said', async () => {
  const [image, mask] = [photo('coffee'), await pngOf(DISC)];
  const twice = formOf({ image, mask });
  twice.append('mask', file(mask), 'second');
  const wide = await sharp(mask).resize(600, 300, { fit: 'fill' }).png().toBuffer();
  for (const [form, status, code] of [
    [twice, 400, 'multiple-masks'],
    [formOf({ image, mask }, { model: 'isnet' }), 400, 'invalid-parameter'],
    [formOf({ image, mask: mask.subarray(0, 300) }), 422, 'mask-corrupt'],
    [formOf({ image, mask: wide }), 422, 'mask-mismatch'],
    [formOf({ mask }), 400, 'missing-image'],
  ] as const) {
    const answer = await api.postForm(form, WAIT);
    expect([answer.status, answer.json['code']]).toEqual([status, code]);
  }
});
