import fc from 'fast-check';
import sharp from 'sharp';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { fillInterior } from '#imaging/matting/mask-filters.js';
import { isOpaque, type Mask, type Raster } from '#imaging/raster/raster.js';
import { composeResult, compositeOver } from '#imaging/compose/result-compose.js';
import { layoutOf } from '#imaging/compose/result-geometry.js';
import { shadowOf } from '#imaging/compose/result-shadow.js';
import { shownBox } from '../../harness/shown-box.js';

const LIMITS = { maxPixels: 1_000_000, maxProgressivePixels: 1_000_000, maxSidePixels: 5000 };
const RED = [200, 30, 20, 255];

/** A red block on nothing. */
function block(width: number, height: number, at: { left: number; top: number; side: number }): Raster {
  const data = new Uint8Array(width * height * 4);
  for (let y = at.top; y < at.top + at.side; y += 1) {
    for (let x = at.left; x < at.left + at.side; x += 1) data.set(RED, 4 * (y * width + x));
  }
  return { data, width, height };
}

const pixel = ({ data, width }: Raster, x: number, y: number): number[] => [
  ...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4),
];

function compose(
  image: Raster,
  asked: object,
  background?: Buffer,
  original: Buffer = Buffer.alloc(0),
): Promise<Raster> {
  const options = jobOptionsSchema.parse(asked);
  const layout = layoutOf({ image, box: shownBox(image) }, options, LIMITS);
  return composeResult(image, layout, { options, background, original, limits: LIMITS });
}

const plain = (width: number, height: number, color: string): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: color } })
    .png()
    .toBuffer();

describe('result composition', () => {
  test('given no options, when composed, then the same raster is returned unchanged', async () => {
    const image = block(20, 10, { left: 3, top: 2, side: 5 });
    const before = Buffer.from(image.data);
    expect(await compose(image, {})).toBe(image);
    expect(before.equals(image.data)).toBe(true);
  });

  test('given a crop with margins, when composed, then the subject is copied unchanged', async () => {
    const found = await compose(block(20, 10, { left: 3, top: 2, side: 5 }), {
      crop: '1',
      crop_margin: '1px 2px 3px 4px',
    });
    expect([found.width, found.height]).toEqual([4 + 5 + 2, 1 + 5 + 3]);
    expect(found.data).toEqual(block(11, 9, { left: 4, top: 1, side: 5 }).data);
  });

  test('given a position, when composed, then the subject is there', async () => {
    const found = await compose(block(20, 10, { left: 3, top: 2, side: 4 }), { position: '100% 0%' });
    expect(found.data).toEqual(block(20, 10, { left: 16, top: 0, side: 4 }).data);
  });

  test('given a scale, when composed, then the subject is resampled without dark edges', async () => {
    const found = await compose(block(60, 40, { left: 3, top: 2, side: 10 }), { scale: '50%' });
    expect([found.width, found.height]).toEqual([60, 40]);
    expect(shownBox(found)).toEqual({ left: 20, top: 10, width: 20, height: 20 });
    for (let i = 0; i < found.data.length; i += 4) {
      const [red, green, blue, alpha] = [...found.data.subarray(i, i + 4)] as [
        number,
        number,
        number,
        number,
      ];
      expect([red, green, blue]).toEqual(alpha === 0 ? [0, 0, 0] : RED.slice(0, 3));
    }
  });

  test('given a color, when composed, then it fills transparent pixels and blends by alpha', async () => {
    const image = block(4, 4, { left: 0, top: 0, side: 2 });
    image.data.set([200, 100, 0, 51], 4 * 5);
    const found = await compose(image, { bg_color: '#0000ff' });
    expect(found).toBe(image);
    expect(isOpaque(found)).toBe(true);
    expect([pixel(found, 3, 3), pixel(found, 0, 0)]).toEqual([[0, 0, 255, 255], RED]);
    expect(pixel(found, 1, 1)).toEqual([40, 20, 204, 255]);
  });

  test('given a translucent color, when composed, then the result is translucent there', async () => {
    const found = await compose(block(4, 4, { left: 0, top: 0, side: 2 }), { bg_color: '0f08' });
    expect(pixel(found, 3, 3)).toEqual([0, 255, 0, 136]);
  });

  test('given any pixel and color, when composited, then the result is Porter and Duff\'s "over"', () => {
    const byte = fc.nat(255);
    fc.assert(
      fc.property(
        fc.tuple(byte, byte),
        fc.tuple(byte, byte),
        fc.tuple(byte, byte),
        ([c, a], [bc, ba], [sc, shade]) => {
          const image = { data: Uint8Array.from([c, c, c, a]), width: 1, height: 1 };
          compositeOver(image, {
            color: { red: bc, green: bc, blue: bc, alpha: ba },
            picture: undefined,
            shadow: {
              ...{ data: Buffer.from([shade]), width: 1, height: 1 },
              color: { red: sc, green: sc, blue: sc, alpha: 255 },
            },
          });
          const [top, back, dark] = [a / 255, ba / 255, shade / 255];
          const under = dark + back * (1 - dark);
          const alpha = top + under * (1 - top);
          const color = c * top + (sc * dark + bc * back * (1 - dark)) * (1 - top);
          expect(Math.abs(image.data[3]! - 255 * alpha)).toBeLessThanOrEqual(0.51);
          if (image.data[3]! > 0) expect(Math.abs(image.data[0]! - color / alpha)).toBeLessThanOrEqual(0.51);
        },
      ),
    );
  });

  test('given a background picture, when composed, then it covers the canvas, cut and not stretched', async () => {
    const halves = await sharp(await plain(40, 40, '#00f'))
      .composite([{ input: await plain(40, 20, '#0f0'), left: 0, top: 0 }])
      .png()
      .toBuffer();
    const found = await compose(block(40, 10, { left: 0, top: 0, side: 2 }), {}, halves);
    expect(isOpaque(found)).toBe(true);
    expect([pixel(found, 0, 0), pixel(found, 20, 1), pixel(found, 20, 8)]).toEqual([
      RED,
      [0, 255, 0, 255],
      [0, 0, 255, 255],
    ]);
  });

  test('given a background that is damaged or too large, when composed, then that is the problem', async () => {
    const image = block(40, 10, { left: 0, top: 0, side: 2 });
    const damaged = (await plain(40, 40, '#00f')).subarray(0, 60);
    await expect(compose(image, {}, damaged)).rejects.toMatchObject({ code: 'background-corrupt' });
    await expect(compose(image, {}, await plain(1001, 1000, '#00f'))).rejects.toMatchObject({
      code: 'image-too-many-pixels',
    });
    await expect(compose(image, {}, Buffer.from('nothing known'))).rejects.toMatchObject({
      code: 'image-type-unsupported',
    });
  });

  test('given a shadow, when composed, then it is black, soft, below the subject and not on it', async () => {
    const found = await compose(block(200, 200, { left: 60, top: 60, side: 80 }), { add_shadow: true });
    expect(pixel(found, 100, 139)).toEqual(RED);
    const below = [140, 142, 145, 150].map((y) => pixel(found, 100, y));
    expect(below.every(([red, green, blue]) => red === 0 && green === 0 && blue === 0)).toBe(true);
    const alphas = below.map((each) => each[3]!);
    expect(alphas).toEqual([...alphas].sort((a, b) => b - a));
    expect(alphas[0]).toBeGreaterThan(40);
    expect(alphas[0]).toBeLessThanOrEqual(102);
    expect(pixel(found, 100, 59)[3]).toBeLessThan(alphas[0]!);
    expect(pixel(found, 10, 10)[3]).toBe(0);
  });

  test('given an almost transparent subject, when its shadow is made, then it is empty', async () => {
    const haze = { data: new Uint8Array(64 * 64 * 4).fill(30), width: 64, height: 64 };
    const options = jobOptionsSchema.parse({ shadow: 'soft' });
    const shadow = await shadowOf(haze, { left: 0, top: 0, width: 64, height: 64 }, options);
    expect(shadow?.data.every((alpha) => alpha === 0)).toBe(true);
  });

  test('given a gradient, when composed, then corners and middle are as CSS has them', async () => {
    const corners = async (asked: string): Promise<number[][]> => {
      const found = await compose(block(200, 100, { left: 90, top: 40, side: 10 }), { bg_gradient: asked });
      return [pixel(found, 0, 0), pixel(found, 199, 99), pixel(found, 50, 49), pixel(found, 150, 49)];
    };
    expect(await corners('000 fff 90deg')).toEqual([
      [1, 1, 1, 255],
      [254, 254, 254, 255],
      [64, 64, 64, 255],
      [192, 192, 192, 255],
    ]);
    const [top, bottom] = await corners('f00 0f0 00f');
    expect([top, bottom]).toEqual([
      [252, 3, 0, 255],
      [0, 3, 252, 255],
    ]);
    const [clear, solid] = await corners('transparent 0000ff 90deg');
    expect([clear?.[3], solid?.[3], solid?.[2]]).toEqual([1, 254, 255]);
  });

  test.each(['gaussian', 'bokeh'])(
    'given a %s blur of the image, when composed, then its subject does not bleed into the background',
    async (mode) => {
      // A green image with a red subject.
      const image = block(200, 200, { left: 60, top: 60, side: 80 });
      const original = await sharp({
        create: { width: 200, height: 200, channels: 3, background: '#00ff00' },
      })
        .composite([{ input: await plain(80, 80, '#c81e14'), left: 60, top: 60 }])
        .png()
        .toBuffer();
      const asked = { background_blur: 40, background_blur_mode: mode };
      const found = await compose(image, asked, undefined, original);
      expect(pixel(found, 100, 100)).toEqual(RED);
      for (const [x, y] of [
        [57, 100],
        [100, 143],
        [58, 58],
        [5, 5],
      ] as const) {
        const [red, green, blue, alpha] = pixel(found, x, y);
        expect(Math.max(red!, blue!)).toBeLessThan(6);
        expect(green).toBeGreaterThan(249);
        expect(alpha).toBe(255);
      }
    },
  );

  test('given offset, opacity and color of a shadow, when composed, then it is there, so dark, in that color', async () => {
    const asked = { shadow: 'drop', shadow_offset: '-30px 10px', shadow_blur: '0', shadow_opacity: '50' };
    const found = await compose(block(200, 200, { left: 60, top: 60, side: 80 }), {
      ...asked,
      shadow_color: '0000ff80',
    });
    // The block moved by (-30, 10) without blur: left of it and below it.
    expect(pixel(found, 45, 100)).toEqual([0, 0, 255, 64]);
    expect(pixel(found, 80, 145)).toEqual([0, 0, 255, 64]);
    for (const [x, y] of [
      [27, 100],
      [145, 100],
      [80, 153],
      [45, 65],
    ] as const)
      expect(pixel(found, x, y)[3]).toBe(0);
    expect(pixel(found, 60, 60)).toEqual(RED);
    expect(
      await compose(block(200, 200, { left: 60, top: 60, side: 80 }), { ...asked, shadow_opacity: 0 }),
    ).toEqual(block(200, 200, { left: 60, top: 60, side: 80 }));
  });

  test('given a contact shadow, when composed, then it lies at the feet, and nowhere above', async () => {
    const found = await compose(block(400, 400, { left: 120, top: 100, side: 160 }), { shadow: 'contact' });
    const alphas = [261, 264, 268, 274, 290].map((y) => pixel(found, 200, y)[3]!);
    expect(alphas).toEqual(alphas.toSorted((one, other) => other - one));
    expect(alphas[0]).toBeGreaterThan(90);
    expect(alphas.at(-1)).toBeLessThan(5);
    for (const [x, y] of [
      [110, 180],
      [290, 180],
      [200, 90],
    ] as const)
      expect(pixel(found, x, y)[3]).toBe(0);
  });

  test('given a round subject, when its contact shadow is composed, then it thins out to both sides', async () => {
    const image = block(400, 400, { left: 0, top: 0, side: 0 });
    for (let y = 0; y < 400; y += 1)
      for (let x = 0; x < 400; x += 1)
        if (Math.hypot(x - 200, y - 200) < 100) image.data.set(RED, 4 * (y * 400 + x));
    const found = await compose(image, { shadow: 'contact' });
    for (const side of [-1, 1]) {
      const alphas = [0, 20, 40, 60, 90].map((x) => pixel(found, 200 + side * x, 302)[3]!);
      expect(alphas).toEqual(alphas.toSorted((one, other) => other - one));
      expect(alphas[0]).toBeGreaterThan(80);
      expect(alphas.at(-1)).toBeLessThan(8);
    }
  });

  test('given a shadow on a color, when composed, then the color is darker there', async () => {
    const image = block(200, 200, { left: 60, top: 60, side: 80 });
    const found = await compose(image, { add_shadow: true, bg_color: 'fff' });
    const [red] = pixel(found, 100, 141);
    expect(red).toBeGreaterThan(150);
    expect(red).toBeLessThan(240);
    expect(pixel(found, 5, 5)).toEqual([255, 255, 255, 255]);
  });
});

describe('interior filling', () => {
  const SIDE = 200;
  /** A disc of `inside` opacity with an edge 2 cells soft. */
  const disc = (inside: number): Mask => ({
    data: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
      const radius = Math.hypot((i % SIDE) - 100, Math.floor(i / SIDE) - 100);
      return Math.round(inside * Math.min(Math.max((72 - radius) / 2, 0), 1));
    }),
    width: SIDE,
    height: SIDE,
  });

  test('given glass, when its interior is filled, then the inside is opaque and the outside is unchanged', () => {
    const mask = disc(140);
    const before = disc(140).data;
    fillInterior(mask);
    expect(mask.data[100 * SIDE + 100]).toBe(255);
    expect(mask.data[100 * SIDE + 40]).toBe(255);
    expect(mask.data.every((value, i) => value >= before[i]!)).toBe(true);
    expect(mask.data.every((value, i) => before[i]! >= 51 || value === before[i])).toBe(true);
  });

  test('given an opaque subject with a soft edge, when its interior is filled, then the edge keeps its softness', () => {
    const mask = disc(255);
    fillInterior(mask);
    const row = [...mask.data.subarray(100 * SIDE, 101 * SIDE)].slice(25, 35);
    expect(row.filter((value) => value > 0 && value < 255)).toHaveLength(1);
    expect(row).toEqual([...row].sort((a, b) => a - b));
  });

  test('given no background or only background, when the interior is filled, then all is opaque or unchanged', () => {
    const full: Mask = { data: new Uint8Array(64).fill(100), width: 8, height: 8 };
    fillInterior(full);
    expect(new Set(full.data)).toEqual(new Set([255]));
    const empty: Mask = { data: new Uint8Array(64).fill(20), width: 8, height: 8 };
    fillInterior(empty);
    expect(new Set(empty.data)).toEqual(new Set([20]));
  });

  test('given an outline, when composed, then it lies over shadow and background and under the subject', async () => {
    const found = await compose(block(60, 60, { left: 20, top: 20, side: 20 }), {
      outline: '4px',
      outline_color: '00f',
      shadow: 'drop',
      shadow_offset: '12px 0',
      shadow_blur: '0',
      shadow_opacity: 100,
      bg_color: 'fff',
    });
    expect(pixel(found, 30, 30)).toEqual(RED);
    // To the right: four pixels of outline, and the shadow of subject and outline up to 40 + 4 + 12.
    expect([40, 43].map((x) => pixel(found, x, 30))).toEqual([
      [0, 0, 255, 255],
      [0, 0, 255, 255],
    ]);
    expect(pixel(found, 50, 30)[0]).toBeLessThan(10);
    expect(pixel(found, 58, 30)).toEqual([255, 255, 255, 255]);
    expect(pixel(found, 10, 30)).toEqual([255, 255, 255, 255]);
  });

  test('given a reflection of a 16-bit image, when composed, then it has the colors of the subject and fades', async () => {
    const { data, width, height } = block(20, 40, { left: 5, top: 5, side: 10 });
    const deep = { data: Uint16Array.from(data, (value) => 257 * value), width, height };
    const options = jobOptionsSchema.parse({ reflection: 50, reflection_length: '10px' });
    const layout = layoutOf(
      { image: deep, box: { left: 5, top: 5, width: 10, height: 10 } },
      options,
      LIMITS,
    );
    const found = await composeResult(deep, layout, {
      options,
      background: undefined,
      original: Buffer.alloc(0),
      limits: LIMITS,
    });
    const at = (y: number): number[] => [...found.data.subarray(4 * (y * 20 + 10), 4 * (y * 20 + 10) + 4)];
    expect(at(15)).toEqual([200 * 257, 30 * 257, 20 * 257, Math.round(65_535 * 0.5 * 0.95)]);
    expect(at(24)[3]).toBe(Math.round(65_535 * 0.5 * 0.05));
    expect(at(25)).toEqual([0, 0, 0, 0]);
  });
});
