import { otherContainers, pngHeader, truncatedJpeg } from '../harness/bad-images.js';
import { useLightSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const { system, api } = useLightSystem();

afterEach(async () => {
  await nothingRemains(system);
  expect(system.output()).not.toContain('"defect"');
});

test('given another container under an image type, when it is posted, then the answer is 415', async () => {
  for (const [name, bytes] of otherContainers()) {
    for (const type of ['image/jpeg', 'image/png', 'image/webp', 'application/octet-stream']) {
      const answer = await api.post(bytes, { headers: { 'Content-Type': type } });
      expect([name, type, answer.status, answer.json['code']]).toEqual([
        name,
        type,
        415,
        'image-type-unsupported',
      ]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    }
  }
});

test('given an image of more pixels than allowed, when its header has been read, then the answer is 422', async () => {
  for (const [width, height] of [
    [8500, 6000],
    [20_001, 10],
    [0x7fffffff, 0x7fffffff],
  ] as const) {
    const answer = await api.post(pngHeader(width, height));
    expect([answer.status, answer.json['code']]).toEqual([422, 'image-too-many-pixels']);
  }
});

test('given a header that contradicts itself, when it is posted, then the answer is 422', async () => {
  const endless = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(9000)]);
  for (const bytes of [pngHeader(0, 10), endless]) {
    const answer = await api.post(bytes);
    expect([answer.status, answer.json['code']]).toEqual([422, 'image-corrupt']);
  }
});

test('given a photo cut short, when it is decoded, then the job fails on every way of delivery', async () => {
  const job = await api.submit(truncatedJpeg());
  const events = await api.events(job);
  expect((await events.received('failed')).data['problem']).toMatchObject({
    code: 'image-truncated',
    status: 422,
  });
  await events.ended();
  expect(events.completed).toBe(true);
  const result = await api.result(job);
  expect([result.status, result.json['code']]).toEqual([422, 'image-truncated']);
  expect((await api.status(job)).json).toMatchObject({
    status: 'failed',
    problem: { code: 'image-truncated' },
  });
  const waited = await api.post(truncatedJpeg(), { headers: { Prefer: 'wait=30' } });
  expect([waited.status, waited.json['code']]).toEqual([422, 'image-truncated']);
  const streamed = await (await api.postForEvents(truncatedJpeg())).ended();
  expect(streamed.names.at(-1)).toBe('failed');
});

test('given an image that is only a header, when it is worked on, then that job alone fails', async () => {
  const waited = await api.post(pngHeader(100, 100), { headers: { Prefer: 'wait=30' } });
  expect([waited.status, waited.json['code']]).toEqual([422, 'image-corrupt']);
  expect((await api.call('GET', '/readyz')).status).toBe(200);
});
