import sharp from 'sharp';
import type { JobKey } from '../harness/api-client.js';
import { factsOf, rightCutout } from '../harness/cutout-check.js';
import { photo } from '../harness/photos.js';
import { useSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const MIN_IOU = 0.97;

const { system, api } = useSystem();

jest.setTimeout(60_000);
afterEach(() => nothingRemains(system));

async function expectRight(result: Buffer, name: Parameters<typeof factsOf>[1]): Promise<void> {
  const { iou, ...facts } = await factsOf(result, name);
  expect(facts).toEqual(await rightCutout(name));
  expect(iou).toBeGreaterThanOrEqual(MIN_IOU);
}

async function expectDelivered(job: JobKey): Promise<void> {
  const again = await api.result(job);
  expect([again.status, again.json['code']]).toEqual([410, 'result-delivered']);
  expect((await api.status(job)).json).toMatchObject({ id: job.id, status: 'delivered' });
}

describe('each way to the image', () => {
  test('given a raw upload with EXIF, when its result is long-polled, then it is the cut-out, once', async () => {
    const upload = await sharp(photo('astronaut'))
      .jpeg({ quality: 95 })
      .withExif({ IFD0: { Copyright: 'somebody' } })
      .toBuffer();
    const answer = await api.post(upload);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/v1/jobs/${String(answer.json['id'])}`);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const job = answer.json as unknown as JobKey;
    const result = await api.result(job);
    expect(result.status).toBe(200);
    expect(result.headers.get('content-type')).toBe('image/png');
    expect(result.headers.get('cache-control')).toBe('no-store');
    await expectRight(result.body, 'astronaut');
    await expectDelivered(job);
  });

  test('given `Prefer: wait`, when a photo is posted, then the answer is the cut-out', async () => {
    const answer = await api.post(photo('chelsea'), { headers: { Prefer: 'wait=60' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('preference-applied')).toBe('wait=60');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    await expectRight(answer.body, 'chelsea');
  });

  test('given a multipart form with fields, when it is posted, then the fields are obeyed', async () => {
    const form = new FormData();
    form.append('format', 'webp');
    form.append('image', new Blob([new Uint8Array(photo('coffee'))], { type: 'image/jpeg' }), 'coffee.jpg');
    form.append('channels', '');
    const answer = await api.postForm(form, { headers: { Prefer: 'wait=60' } });
    expect(answer.headers.get('content-type')).toBe('image/webp');
    const { iou, ...facts } = await factsOf(answer.body, 'coffee');
    expect(facts).toEqual({ ...(await rightCutout('coffee')), format: 'webp', colorType: -1 });
    expect(iou).toBeGreaterThanOrEqual(MIN_IOU);
  });

  test('given a job that asks for alpha alone, when `done` is received, then its link returns the matte', async () => {
    const job = await api.submit(photo('coffee'), { query: '?channels=alpha' });
    const events = await api.events(job);
    const done = await events.received('done', 45_000);
    const result = await api.result(job, { query: '' });
    const { iou, ...facts } = await factsOf(result.body, 'coffee');
    expect(facts).toEqual({ ...(await rightCutout('coffee')), channels: 1, colorType: 0 });
    expect(iou).toBeGreaterThanOrEqual(MIN_IOU);
    expect(done.data).toMatchObject({
      bytes: result.body.length,
      width: facts.width,
      height: facts.height,
      format: 'png',
      link: `/v1/jobs/${job.id}/result`,
    });
    await expectDelivered(job);
  });

  test('given `?deliver=inline`, when the job is done, then the stream carries the cut-out', async () => {
    const job = await api.submit(photo('chelsea'));
    const events = await api.events(job, { query: '?deliver=inline' });
    await events.received('purged', 45_000);
    await events.ended();
    expect(events.completed).toBe(true);
    expect(events.image().length).toBe(events.all('done')[0]?.data['bytes']);
    await expectRight(events.image(), 'chelsea');
    await expectDelivered(job);
  });

  test('given `Accept: text/event-stream`, when a photo is posted, then one stream carries all events', async () => {
    const events = await api.postForEvents(photo('astronaut'));
    await events.received('purged', 45_000);
    await events.ended();
    expect(events.names[0]).toBe('accepted');
    expect(events.all('purged')[0]?.data).toMatchObject({ reason: 'delivered' });
    await expectRight(events.image(), 'astronaut');
    await expectDelivered(events.all('accepted')[0]?.data as unknown as JobKey);
  });
});
