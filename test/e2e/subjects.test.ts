import sharp from 'sharp';
import type { JobView } from '#contracts/job-view.js';
import { RemoveBg } from '#sdk/removebg-client.js';
import type { Answer } from '../harness/api-client.js';
import { BatchClient } from '../harness/batch-client.js';
import { twoSubjects, TWO_SUBJECTS_SIZE } from '../harness/two-subjects.js';
import { useSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const { system, api } = useSystem();
const WAIT = { Prefer: 'wait=60' };
let image: Buffer;

jest.setTimeout(120_000);
beforeAll(async () => {
  image = await twoSubjects();
});
afterEach(() => nothingRemains(system));

/** Which halves of a result, in the size of the image, are visible somewhere. */
async function halvesOf(result: Buffer): Promise<string> {
  const { width, height } = TWO_SUBJECTS_SIZE;
  const alpha = await sharp(result)
    .resize(width, height, { fit: 'fill' })
    .extractChannel('alpha')
    .raw()
    .toBuffer();
  const isVisible = (from: number, to: number): boolean =>
    alpha.some((value, i) => value > 127 && i % width >= from && i % width < to);
  return [isVisible(0, 600) && 'left', isVisible(600, width) && 'right'].filter(Boolean).join(' and ');
}

const formOf = (name: string, fields: Record<string, string>): FormData => {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append(name, new Blob([new Uint8Array(image)], { type: 'image/jpeg' }), 'photo.jpg');
  return form;
};

const shown = async ({ status, body }: Answer): Promise<string> => {
  expect([status, status === 200 ? '' : String(body)]).toEqual([200, '']);
  return halvesOf(body);
};

describe('given a photo of two subjects', () => {
  it('when subjects are asked for in a query, then the result shows these', async () => {
    const ask = (subject: string): Promise<Answer> =>
      api.post(image, { query: `?subject=${encodeURIComponent(subject)}`, headers: WAIT });
    expect(await shown(await ask('all'))).toBe('left and right');
    expect(await shown(await ask('largest'))).toBe('left');
    expect(await shown(await ask('2'))).toBe('right');
    expect(await shown(await ask('900px 560px'))).toBe('right');
  });

  it('when its subjects are listed, then the larger one is first', async () => {
    const job = await api.submit(image);
    const view = (await api.status(job, { query: '?wait=60' })).json as unknown as JobView;
    expect(
      view.result?.subjects.map(({ box, share }) => [box.left, box.top, box.width, box.height, share]),
    ).toEqual([
      [170, 180, 340, 480, 0.787].map((value) => expect.closeTo(value, value < 1 ? 1 : -0.8) as number),
      [795, 455, 210, 210, 0.213].map((value) => expect.closeTo(value, value < 1 ? 1 : -0.8) as number),
    ]);
    expect((await api.result(job)).status).toBe(200);
  });

  it('when it goes through the other endpoints, then they know the option', async () => {
    const removebg = formOf('image_file', { subject: '40px,10px 1' });
    const refused = await api.call('POST', '/v1.0/removebg', { body: removebg });
    expect([refused.status, String(refused.body)]).toEqual([
      400,
      expect.stringContaining('invalid_subject') as string,
    ]);
    const cut = await api.call('POST', '/v1.0/removebg', {
      body: formOf('image_file', { subject: '75%,70%', format: 'png' }),
    });
    expect(await shown(cut)).toBe('right');
    expect(
      await shown(await api.call('POST', '/api/remove', { body: formOf('file', { subject: '2' }) })),
    ).toBe('right');
    const plain = formOf('image', { subject: 'largest' });
    expect(await shown(await api.call('POST', '/api/remove-bg', { body: plain }))).toBe('left');
  });

  it('when it is in a batch, and when it is sent with the SDK, then each image has its own choice', async () => {
    const batch = await BatchClient.open(system.url);
    await batch.add(image, 'one', '&subject=largest');
    await batch.add(image, 'two', '&subject=2');
    await batch.close();
    const results = await batch.receive();
    expect([await halvesOf(results.get('one')!), await halvesOf(results.get('two')!)]).toEqual([
      'left',
      'right',
    ]);
    const client = new RemoveBg({ origin: system.url });
    const photo = new Blob([new Uint8Array(image)], { type: 'image/jpeg' });
    const { image: cut } = await client.remove(photo, { subject: '2', scraps: 'keep' });
    expect(await halvesOf(Buffer.from(await cut.arrayBuffer()))).toBe('right');
  });

  it('when a subject is asked for that is not there, then the job fails and says how to find out', async () => {
    for (const subject of ['3', '50%,20%']) {
      const answer = await api.post(image, {
        query: `?subject=${encodeURIComponent(subject)}`,
        headers: WAIT,
      });
      expect([answer.status, answer.json['code']]).toEqual([422, 'subject-not-found']);
    }
    const answer = await api.post(image, { query: '?subject=400,300' });
    expect(answer.json).toMatchObject({ status: 400, code: 'invalid-parameter', parameter: 'subject' });
    expect(answer.json['detail']).toContain('"400px,300px"');
  });
});

describe('given an image without a subject', () => {
  const empty = (): Promise<Buffer> =>
    sharp({ create: { width: 400, height: 300, channels: 3, background: '#9ab' } })
      .jpeg()
      .toBuffer();

  it('when it is cut out, then it is delivered with a hint', async () => {
    const answer = await api.post(await empty(), { headers: WAIT });
    expect([answer.status, answer.headers.get('x-hints')]).toEqual([
      200,
      expect.stringContaining('no-subject'),
    ]);
  });

  it('when it is sent to the endpoint of remove.bg, then that answers as remove.bg does', async () => {
    const form = new FormData();
    form.append('image_file', new Blob([new Uint8Array(await empty())]), 'sky.jpg');
    const answer = await api.call('POST', '/v1.0/removebg', { body: form });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ errors: [{ code: 'unknown_foreground' }] });
  });
});
