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

/** An image of 1000 × 800: a rectangle of 400 × 200 on white, at 300 from the left. */
const rectangle = (top: number): Promise<Buffer> =>
  sharp({ create: { width: 1000, height: 800, channels: 3, background: '#fff' } })
    .composite([
      { input: { create: { width: 400, height: 200, channels: 3, background: '#1040c0' } }, left: 300, top },
    ])
    .png()
    .toBuffer();

type Box = [left: number, top: number, width: number, height: number];

/** Request, size of the result and box of the rectangle in it, computed by hand. It is at 250 from the top unless another is named. */
const CANVASES: readonly [query: string, size: [number, number], box: Box, top?: number][] = [
  ['output_size=1200x1200', [1200, 1200], [0, 300, 1200, 600]],
  ['output_size=600x900&align=top', [600, 900], [0, 0, 600, 300]],
  ['output_size=900x600&align=right', [900, 600], [0, 75, 900, 450]],
  ['output_size=800x200&align=right', [800, 200], [400, 0, 400, 200]],
  ['output_size=800x200&align=left', [800, 200], [0, 0, 400, 200]],
  ['output_size=1000x1000&padding=5%', [1000, 1000], [50, 275, 900, 450]],
  ['output_size=1000x500&padding=10% 20%', [1000, 500], [200, 100, 600, 300]],
  ['output_size=1000x1000&padding=100px 50px 300px 150px', [1000, 1000], [150, 200, 800, 400]],
  ['output_size=1000x1000&padding=10%&margin=100px', [1000, 1000], [200, 350, 600, 300]],
  ['output_size=1000x1000&padding=10%&align=bottom', [1000, 1000], [100, 500, 800, 400]],
  ['output_size=1080xauto', [1080, 540], [0, 0, 1080, 540]],
  ['output_size=autox300', [600, 300], [0, 0, 600, 300]],
  ['output_size=1000xauto&padding=50px', [1000, 550], [50, 50, 900, 450]],
  ['output_size=subject', [400, 200], [0, 0, 400, 200]],
  ['output_size=subject&margin=30px 10px', [420, 260], [10, 30, 400, 200]],
  ['output_size=original&padding=100px', [1000, 800], [100, 200, 800, 400]],
  ['output_size=500x500&fit=cover', [500, 500], [0, 0, 500, 500]],
  ['output_size=400x800&fit=cover&padding=50px', [400, 800], [50, 50, 300, 700]],
  ['preset=ebay', [1600, 1600], [80, 440, 1440, 720]],
  ['preset=shopify&output_size=1000x1000', [1000, 1000], [80, 290, 840, 420]],
  // Space from 33 to 300; 133.5 is rounded to 134; 66.5 above it to 67.
  ['output_size=333x333&padding=10%', [333, 333], [33, 100, 267, 134]],
  // Cut off at the bottom, and exactly not.
  ['output_size=1000x1000&padding=10%', [1000, 1000], [100, 600, 800, 400], 600],
  ['output_size=1000x1000&padding=10%', [1000, 1000], [100, 300, 800, 400], 599],
  // As in remove.bg.
  ['crop=true&crop_margin=10% 20px', [440, 240], [20, 20, 400, 200]],
  ['scale=50%&position=0% 100%', [1000, 800], [0, 550, 500, 250]],
];

/** Pixels that show the rectangle outside of the box, or something else in it. */
async function wrongPixels(result: Buffer, [left, top, width, height]: Box): Promise<number> {
  const { data, info } = await sharp(result)
    .flatten({ background: '#fff' })
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return data.reduce((wrong, red, i) => {
    const [x, y] = [i % info.width, Math.floor(i / info.width)];
    const isInside = x >= left && x < left + width && y >= top && y < top + height;
    return wrong + Number(red < 128 !== isInside);
  }, 0);
}

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

describe('canvas', () => {
  test.each(CANVASES)(
    'given %s, when a rectangle is cut out, then it is where it was computed by hand',
    async (...one) => {
      const [query, [width, height], box, top = 250] = one;
      const answer = await api.post(await rectangle(top), {
        query: `?graphics=on&${new URLSearchParams(query).toString()}`,
        headers: { Prefer: 'wait=60' },
      });
      expect(placesOf(answer)).toEqual({
        ...{ width, height, left: box[0], top: box[1], across: box[2], down: box[3] },
      });
      expect((await factsOf(answer)).slice(4, 6)).toEqual([width, height]);
      expect(await wrongPixels(answer.body, box)).toBe(0);
    },
  );
});

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
