import sharp from 'sharp';
import { resultFactsSchema } from '#contracts/job-view.js';
import type { Answer } from '../harness/api-client.js';
import { asPng, cleared, LOGOS, painted, picture } from '../harness/drawn-logos.js';
import { photo, referenceAlpha, softIou } from '../harness/photos.js';
import { useSystem } from '../harness/use-system.js';
import { nothingRemains } from '../harness/traces.js';

const { system, api } = useSystem();

jest.setTimeout(60_000);
afterEach(() => nothingRemains(system));

const ask = (query: string): Promise<Answer> =>
  api.post(photo('coffee'), { query: `?${query}`, headers: { Prefer: 'wait=60' } });

/** Numbers of the headers that say where things are. */
function placesOf({ headers }: Answer): Record<string, number> {
  const of = (name: string): number => Number(headers.get(`x-${name}`) ?? NaN);
  return {
    width: of('width'),
    height: of('height'),
    top: of('foreground-top'),
    left: of('foreground-left'),
    across: of('foreground-width'),
    down: of('foreground-height'),
  };
}

/** What a client sees of the image: type, name, format, size, channels. */
async function factsOf(answer: Answer): Promise<unknown[]> {
  const { format, width, height, channels } = await sharp(answer.body).metadata();
  const name = answer.headers.get('content-disposition');
  return [answer.status, answer.headers.get('content-type'), name, format, width, height, channels];
}

describe('image options', () => {
  test('given crop with margins, when a photo is cut out, then the headers say where the subject is', async () => {
    const answer = await ask('crop=true&crop_margin=10px%2020px%2030px%2040px');
    const { width, height, top, left, across, down } = placesOf(answer);
    expect([top, left]).toEqual([10, 40]);
    expect([width, height]).toEqual([40 + across! + 20, 10 + down! + 30]);
    expect(await factsOf(answer)).toEqual([
      200,
      'image/png',
      'attachment; filename="cutout.png"',
      'png',
      width,
      height,
      4,
    ]);
    const box = await sharp(answer.body).extractChannel(3).raw().toBuffer();
    expect(box.subarray(0, 10 * width!).every((alpha) => alpha === 0)).toBe(true);
  });

  test('given a background and no format, when a photo is cut out, then it is an opaque JPEG', async () => {
    const answer = await ask(
      'format=auto&bg_color=%2300ff00&add_shadow=1&scale=50%25&position=0%25%20100%25',
    );
    const { width, height, top, left, across, down } = placesOf(answer);
    expect([left, top! + down!, width, height]).toEqual([0, 400, 600, 400]);
    expect(Math.max(across! / 600, down! / 400)).toBeCloseTo(0.5, 2);
    expect(await factsOf(answer)).toEqual([
      200,
      'image/jpeg',
      'attachment; filename="cutout.jpg"',
      'jpeg',
      600,
      400,
      3,
    ]);
    const [red, green, blue] = await sharp(answer.body).raw().toBuffer();
    expect([red! < 5, green! > 250, blue! < 5]).toEqual([true, true, true]);
  });

  test('given a ZIP, when a photo is cut out, then the job reports the format and the archive holds color and alpha', async () => {
    const job = await api.submit(photo('coffee'), { query: '?format=zip' });
    const events = await api.events(job);
    const done = await events.received('done', 45_000);
    events.close();
    expect(done.data).toMatchObject({ format: 'zip', width: 600, height: 400 });
    const { foreground, confidence, subjects, hints, looks } = resultFactsSchema.parse(done.data);
    expect(confidence).toBeGreaterThan(0.8);
    const view = (await api.status(job)).json;
    expect(view['result']).toMatchObject({ format: 'zip', foreground, confidence, subjects, hints, looks });
    const answer = await api.result(job);
    expect(answer.headers.get('x-confidence')).toBe(confidence?.toFixed(2));
    expect(answer.headers.get('x-hints') ?? '').toBe(hints.join(', '));
    expect(answer.headers.get('content-type')).toBe('application/zip');
    expect(placesOf(answer)).toMatchObject({ left: foreground.left, across: foreground.width });
    expect(answer.body.toString('latin1', 0, 4)).toBe('PK\u0003\u0004');
    expect(answer.body.includes('color.jpg') && answer.body.includes('alpha.png')).toBe(true);
  });

  test('given a preview of a large photo as a form, when it is cut out, then it is a quarter megapixel', async () => {
    const large = await sharp(photo('coffee')).resize(1800).jpeg().toBuffer();
    const form = new FormData();
    for (const [name, value] of Object.entries({ size: 'preview', semitransparency: 'False', crop: '' })) {
      form.append(name, value);
    }
    form.append('image', new Blob([new Uint8Array(large)]), 'large.jpg');
    const answer = await api.postForm(form, { headers: { Prefer: 'wait=60' } });
    expect(placesOf(answer)).toMatchObject({ width: 612, height: 408 });
    expect((await factsOf(answer)).slice(3)).toEqual(['png', 612, 408, 4]);
  });

  test.each([
    ['before', true],
    ['after', false],
  ])(
    'given a background picture %s the image, when it is cut out, then it fills what is behind',
    async (_where, first) => {
      const side = { width: 90, height: 30, channels: 3 as const };
      const backdrop = await sharp({ create: { ...side, background: '#00ff00' } })
        .png()
        .toBuffer();
      const form = new FormData();
      const file = (bytes: Buffer): Blob => new Blob([new Uint8Array(bytes)]);
      // A file that means nothing, and that could be the image as long as no other has come.
      if (first) form.append('preview', file(photo('chelsea')), 'other.jpg');
      if (first) form.append('bg_image_file', file(backdrop), 'green.png');
      form.append('image', file(photo('coffee')), 'coffee.jpg');
      if (!first) form.append('bg_image_file', file(backdrop), 'green.png');
      const answer = await api.postForm(form, { headers: { Prefer: 'wait=60' } });
      expect((await factsOf(answer)).slice(3)).toEqual(['png', 600, 400, 3]);
      const [red, green, blue] = await sharp(answer.body).raw().toBuffer();
      expect([red! < 5, green! > 250, blue! < 5]).toEqual([true, true, true]);
      expect(answer.headers.get('server-timing')).toMatch(
        /^decode;dur=[\d.]+, infer;desc="isnet on cpu";dur=[\d.]+, refine;.*compose;.*encode;dur=[\d.]+$/,
      );
    },
  );

  test('given two backgrounds, or one for a matte, when a form is posted, then that is said', async () => {
    for (const [name, value, code] of [
      ['bg_color', 'red', 'multiple-backgrounds'],
      ['channels', 'alpha', 'invalid-parameter'],
    ] as const) {
      const form = new FormData();
      form.append(name, value);
      for (const file of ['image', 'bg_image_file']) {
        form.append(file, new Blob([new Uint8Array(photo('coffee'))]), 'coffee.jpg');
      }
      const answer = await api.postForm(form);
      expect([answer.status, answer.json['code']]).toEqual([400, code]);
    }
  });

  test('given a white logo, and a photo that was cut out, when they are cut out again, then nothing changes', async () => {
    const { data } = await picture(photo('coffee'));
    const alpha = await referenceAlpha('coffee');
    alpha.forEach((value, i) => (data[4 * i + 3] = value));
    for (const image of [painted(LOGOS['star']!, [255, 255, 255]), { data, width: 600, height: 400 }]) {
      const answer = await api.post(await asPng(image), { headers: { Prefer: 'wait=60' } });
      expect(answer.status).toBe(200);
      expect((await picture(answer.body)).data.equals(cleared(image).data)).toBe(true);
    }
  });

  test('given a region beyond the image, when it is looked at, then the job fails and says why', async () => {
    const answer = await ask('roi=0%200%20601px%20400px');
    expect([answer.status, answer.json['code']]).toEqual([422, 'roi-exceeds-bounds']);
  });

  test('given a scan of 16 bits and 300 dots per inch, when as many bits are asked for, then it keeps both', async () => {
    const scan = await sharp(photo('coffee'))
      .resize(300)
      .toColourspace('rgb16')
      .withMetadata({ density: 300 })
      .png()
      .toBuffer();
    const query = '?bit_depth=auto&size=preview';
    const answer = await api.post(scan, {
      query,
      headers: { Prefer: 'wait=60', 'Content-Type': 'image/png' },
    });
    expect(await sharp(answer.body).metadata()).toMatchObject({ depth: 'ushort', channels: 4, density: 300 });
  });

  test.each(['auto', 'best'])('given effort=%s, when a photo is cut out, then it is', async (effort) => {
    const answer = await ask(`effort=${effort}`);
    expect((await factsOf(answer)).slice(3)).toEqual(['png', 600, 400, 4]);
    const alpha = await sharp(answer.body).extractChannel(3).raw().toBuffer();
    expect(softIou(alpha, await referenceAlpha('coffee'))).toBeGreaterThan(0.97);
  });

  test('given options that cannot be, when a photo is posted, then the parameter is named at once', async () => {
    for (const [query, parameter] of [
      ['crop=1&crop_margin=51%25', 'crop_margin'],
      ['crop_margin=5%25', 'crop_margin'],
      ['crop=yes&scale=50%25', 'scale'],
      ['channels=alpha&bg_color=red', 'bg_color'],
      ['add_shadow=perhaps', 'add_shadow'],
      ['bit_depth=16&format=jpg', 'bit_depth'],
    ] as const) {
      const answer = await ask(query);
      expect([answer.status, answer.json['code'], answer.json['parameter']]).toEqual([
        400,
        'invalid-parameter',
        parameter,
      ]);
    }
  });
});
