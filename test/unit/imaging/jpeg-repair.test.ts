import fc from 'fast-check';
import sharp, { type JpegOptions } from 'sharp';
import { decodeForModel, decodeFull, squareFrame } from '#imaging/decode/decode.js';
import { openImage } from '#imaging/guard/image-opening.js';
import { Problem } from '#contracts/problem-catalog.js';
import {
  ANY_BLEMISHES,
  BASELINE_BLEMISHES,
  COLOR_BLEMISHES,
  LOST_RESTARTS,
  RESTART_BLEMISHES,
  SEQUENTIAL_BLEMISHES,
} from '../../hostile/makers/jpeg-blemishes.js';
import { jpeg } from '../../hostile/makers/jpeg-maker.js';
import { photo } from '../../harness/photos.js';

const LIMITS = { maxPixels: 1e6, maxProgressivePixels: 1e6, maxSidePixels: 20_000 };
const MAX_PIXELS = LIMITS.maxPixels;

const small = sharp(photo('coffee')).resize(131, 77);
const inColor = (options: JpegOptions) =>
  small
    .clone()
    .jpeg({ quality: 88, ...options })
    .toBuffer();
const pattern = { width: 100, height: 60 };

/** Intact files: what each is, and which defects it can have. */
const INTACT: [kind: string, make: () => Promise<Buffer> | Buffer, blemishes: typeof ANY_BLEMISHES][] = [
  [
    'baseline',
    () => inColor({ optimiseCoding: false }),
    [...ANY_BLEMISHES, ...COLOR_BLEMISHES, ...SEQUENTIAL_BLEMISHES, ...BASELINE_BLEMISHES],
  ],
  [
    'baseline with tables of its own',
    () => inColor({ chromaSubsampling: '4:4:4' }),
    [...ANY_BLEMISHES, ...COLOR_BLEMISHES, ...SEQUENTIAL_BLEMISHES],
  ],
  [
    'gray',
    () => small.clone().toColourspace('b-w').jpeg().toBuffer(),
    [...ANY_BLEMISHES, ...SEQUENTIAL_BLEMISHES],
  ],
  ['progressive', () => inColor({ progressive: true }), [...ANY_BLEMISHES, ...COLOR_BLEMISHES]],
  [
    'with restart markers',
    () => jpeg({ ...pattern, restart: 2, jfif: true }),
    [...ANY_BLEMISHES, ...SEQUENTIAL_BLEMISHES, ...RESTART_BLEMISHES],
  ],
  [
    'with restart markers and coarse color',
    () => jpeg({ ...pattern, restart: 1, jfif: true, sampling: [[2, 2]] }),
    RESTART_BLEMISHES,
  ],
  [
    'of three scans',
    () => jpeg({ ...pattern, planes: true, jfif: true, sampling: [[2, 1]] }),
    // Its last blocks are zeros: with trailing zeros it could have been cut and filled.
    [...ANY_BLEMISHES, ...SEQUENTIAL_BLEMISHES.filter(([name]) => !/stale|zero/.test(name))],
  ],
];

/** All pixels of a file, by the way that every input goes. */
async function pixelsOf(file: Buffer): Promise<Buffer> {
  const opened = openImage(Buffer.from(file), LIMITS);
  const { data } = await decodeFull(opened.image, MAX_PIXELS);
  await decodeForModel(opened.image, squareFrame(32), MAX_PIXELS);
  opened.wipe();
  return data;
}

const codeOf = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'taken',
    (error: unknown) => {
      if (error instanceof Problem) return error.code;
      throw error;
    },
  );

describe.each(INTACT)('a JPEG that is %s', (_kind, make, blemishes) => {
  it.each(blemishes)(
    'given %s, when it is opened, then its pixels are those of the intact one',
    async (_name, blemish) => {
      const intact = await make();
      const expected = await sharp(intact).toColourspace('srgb').ensureAlpha().raw().toBuffer();
      expect((await pixelsOf(blemish(intact))).equals(expected)).toBe(true);
    },
  );
});

/** What a cut file may be filled up with to the length that it had. */
const FILLINGS: [name: string, fill: (bytes: number, noise: Uint8Array) => Uint8Array][] = [
  ['nothing', () => new Uint8Array(0)],
  ['zeros', (bytes) => new Uint8Array(bytes)],
  ['three times as many zeros', (bytes) => new Uint8Array(3 * bytes)],
  ['0xFF', (bytes) => new Uint8Array(bytes).fill(0xff)],
  ['0x80', (bytes) => new Uint8Array(bytes).fill(0x80)],
  ['noise', (bytes, noise) => Uint8Array.from({ length: bytes }, (_, i) => noise[i % noise.length]!)],
];

describe.each([
  ['baseline', { optimiseCoding: false }],
  ['baseline with tables of its own', {}],
  ['best baseline', { quality: 100, chromaSubsampling: '4:4:4' }],
  ['progressive', { progressive: true }],
] as [string, JpegOptions][])('a %s JPEG that is cut', (_kind, options) => {
  it.each(FILLINGS)(
    'given %s after the cut, with or without an end marker, when it is opened, then it is rejected',
    async (_name, fill) => {
      const intact = await inColor(options);
      const scans = intact.indexOf(Buffer.from([0xff, 0xda]));
      await fc.assert(
        fc.asyncProperty(
          fc.double({ min: 0.5, max: 0.99, noNaN: true }),
          fc.uint8Array({ minLength: 997, maxLength: 997 }),
          fc.boolean(),
          async (part, noise, isClosed) => {
            const cut = scans + Math.floor(part * (intact.length - scans));
            const filling = fill(intact.length - cut, noise);
            const file = Buffer.concat([
              intact.subarray(0, cut),
              filling,
              Buffer.from(isClosed ? [0xff, 0xd9] : []),
            ]);
            expect(await codeOf(pixelsOf(file))).toMatch(/^image-(truncated|corrupt)$/);
          },
        ),
        { numRuns: 25, seed: 7 },
      );
    },
  );
});

describe('a damaged JPEG', () => {
  it.each([
    ['baseline', {}],
    ['progressive', { progressive: true }],
  ] as [string, JpegOptions][])(
    'given a %s one that is cut at any byte, when it is opened, then it is truncated, or no pixel is missing',
    async (_kind, options) => {
      const intact = await small.clone().resize(24, 16).jpeg(options).toBuffer();
      const expected = await pixelsOf(intact);
      for (let length = 3; length < intact.length; length += 1) {
        const found = pixelsOf(intact.subarray(0, length));
        const code = await codeOf(found);
        if (code === 'taken') expect((await found).equals(expected)).toBe(true);
        else expect(code).toBe('image-truncated');
      }
      expect(await codeOf(pixelsOf(intact.subarray(0, -2)))).toBe('taken');
    },
  );

  it.each(LOST_RESTARTS)('given %s, when it is opened, then it is rejected', async (_name, blemish) => {
    const intact = jpeg({ ...pattern, restart: 2 });
    expect(await codeOf(pixelsOf(blemish(intact)))).toMatch(/^image-(truncated|corrupt)$/);
  });

  it.each([1, 3, 255])(
    'given four components and an Adobe transform of %i, when it is opened, then it is YCCK, as decoders assume',
    async (transform) => {
      const intact = jpeg({ ...pattern, components: 4, adobe: 2 });
      const odd = Buffer.from(intact);
      odd[odd.indexOf('Adobe') + 11] = transform;
      expect((await pixelsOf(odd)).equals(await pixelsOf(intact))).toBe(true);
    },
  );

  it('given a progressive one that ends between two scans, when it has no end marker, then it is truncated; otherwise it is decoded', async () => {
    const intact = await inColor({ progressive: true });
    const between = intact.subarray(0, intact.lastIndexOf(Buffer.from([0xff, 0xda])));
    const tables = between.lastIndexOf(Buffer.from([0xff, 0xc4]));
    expect(await codeOf(pixelsOf(between.subarray(0, tables)))).toBe('image-truncated');
    const closed = Buffer.concat([between.subarray(0, tables), Buffer.from([0xff, 0xd9])]);
    expect(await codeOf(pixelsOf(closed))).toBe('taken');
    // Tables for a scan that does not come.
    const cut = Buffer.concat([between, Buffer.from([0xff, 0xd9])]);
    expect(await codeOf(pixelsOf(cut))).toBe('image-truncated');
  });
});

describe('the memory of a repaired JPEG', () => {
  it('given metadata, when an end marker is missing, then all of it is done in place and the rest is wiped', async () => {
    const intact = await inColor({});
    const comment = Buffer.from([0xff, 0xfe, 0, 8, 1, 2, 3, 4, 5, 6]);
    const file = Buffer.concat([intact.subarray(0, 2), comment, intact.subarray(2, -2)]);
    const { image } = openImage(file, LIMITS);
    expect(image.buffer).toBe(file.buffer);
    expect(image.equals(intact)).toBe(true);
    expect(file.subarray(image.length).every((byte) => byte === 0)).toBe(true);
  });

  it('given no room for an end marker, when it is missing, then a copy is made, and wiped by its owner', async () => {
    const intact = await inColor({});
    const { image, wipe } = openImage(Buffer.from(intact.subarray(0, -2)), LIMITS);
    expect(image.equals(intact)).toBe(true);
    wipe();
    expect(image.every((byte) => byte === 0)).toBe(true);
  });

  it('given any damage to coded pixels and tables, when it is opened, then it returns an image or a problem, within bounds', async () => {
    const kinds = [
      await small.clone().resize(40, 24).jpeg({ optimiseCoding: false }).toBuffer(),
      jpeg({ ...pattern, restart: 3, sampling: [[2, 2]] }),
      jpeg({ ...pattern, planes: true }),
    ];
    const spots = fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.constantFrom(...kinds), spots, fc.boolean(), (intact, damage, isOpen) => {
        const file = Buffer.from(isOpen ? intact.subarray(0, -2) : intact);
        for (const [place, value] of damage) file[Math.floor(place * file.length)] = value;
        const { length } = file;
        try {
          const { image } = openImage(file, LIMITS);
          expect(image.length).toBeLessThanOrEqual(length + 2);
          expect(image.subarray(-2)).toEqual(Buffer.from([0xff, 0xd9]));
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
        }
      }),
      { numRuns: 1500 },
    );
  });
});
