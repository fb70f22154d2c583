import { exifTiff } from '../makers/exif-maker.js';
import { avif, codedPattern, fullBox, isoBox, u32, type AvifSpec, type Coded } from '../makers/avif-maker.js';
import { bad, good, SECRET, type ImageCase } from './image-case.js';

const SIZE = { width: 64, height: 48 };
const TURNED = { width: SIZE.height, height: SIZE.width };
const TOLERANCE = 12;

let coded: Promise<Coded> | undefined;
const pattern = (): Promise<Coded> => (coded ??= codedPattern(SIZE));

const made =
  (spec: Partial<AvifSpec> = {}) =>
  async (): Promise<Buffer> =>
    avif({ ...SIZE, coded: await pattern(), ...spec });
const shown = { ...SIZE, tolerance: TOLERANCE };
const exif = (orientation = 1): Buffer => Buffer.concat([u32(0), exifTiff({ orientation, secret: SECRET })]);
const sized = (width: number, height: number): Partial<AvifSpec> => ({ width, height });

function* kinds(): Generator<ImageCase> {
  yield good('plain avif', made(), shown);
  yield good('avif whose data comes first', made({ isDataFirst: true }), shown);
  yield good('avif by its second brand', made({ brands: ['mif1', 'avif'] }), shown);
  yield good(
    'avif of a sequence',
    made({ brands: ['avis', 'avif', 'msf1'], boxes: [isoBox('moov', Buffer.from(SECRET))] }),
    shown,
  );
  yield good(
    'avif with boxes beside',
    made({ boxes: [isoBox('uuid', Buffer.from(SECRET)), isoBox('free', Buffer.alloc(999, 1))] }),
    shown,
  );
  yield good(
    'avif with EXIF, which turns nothing',
    made({ extras: [{ type: 'Exif', data: exif(6) }] }),
    shown,
  );
  yield good('avif with XMP', made({ extras: [{ type: 'mime', data: Buffer.from(SECRET) }] }), shown);
  yield good(
    'avif with a description',
    made({ properties: [fullBox('udes', 0, Buffer.from(`en\0${SECRET}\0\0\0`))] }),
    shown,
  );
  yield good(
    'avif with a text in its meta',
    made({ metaBoxes: [isoBox('uuid', Buffer.from(SECRET)), isoBox('idat', Buffer.from(SECRET))] }),
    shown,
  );
  const rotations: [
    number,
    Partial<typeof shown> & {
      corners: readonly ['TL' | 'TR' | 'BL' | 'BR', ...('TL' | 'TR' | 'BL' | 'BR')[]];
    },
  ][] = [
    [1, { ...TURNED, corners: ['TR', 'BR', 'TL', 'BL'] }],
    [2, { corners: ['BR', 'BL', 'TR', 'TL'] }],
    [3, { ...TURNED, corners: ['BL', 'TL', 'BR', 'TR'] }],
  ];
  for (const [quarters, how] of rotations) {
    yield good(
      `avif turned by ${quarters}`,
      made({ properties: [isoBox('irot', Buffer.from([quarters]))] }),
      {
        ...shown,
        ...how,
      },
    );
  }
  yield good('avif mirrored', made({ properties: [isoBox('imir', Buffer.from([1]))] }), {
    ...shown,
    corners: ['TR', 'TL', 'BR', 'BL'],
  });
  yield good(
    'avif with trailing text',
    async () => Buffer.concat([await made()(), Buffer.from(SECRET)]),
    shown,
  );
}

function* damage(): Generator<ImageCase> {
  for (const length of [9, 20, 27, 28, 40, 100, 200, 300, 500]) {
    yield bad(`avif of ${length} bytes`, async () => (await made()()).subarray(0, length), 'image-truncated');
  }
  yield bad('avif without its last byte', async () => (await made()()).subarray(0, -1), 'image-truncated');
  for (const type of ['iden', 'iovl', 'unci', 'hvc1', 'jpeg', '\0\0\0\0']) {
    yield bad(
      `avif with an item of type ${JSON.stringify(type)}`,
      made({ extras: [{ type, data: Buffer.alloc(8) }] }),
      'image-type-unsupported',
    );
    yield bad(
      `avif that is an item of type ${JSON.stringify(type)}`,
      made({ type }),
      'image-type-unsupported',
    );
  }
  yield bad('avif that is metadata', made({ type: 'Exif' }), 'image-corrupt');
  for (const brand of ['heic', 'mif1', 'isom', 'qt  ']) {
    yield bad(`avif by no brand, ${brand}`, made({ brands: [brand] }), 'image-type-unsupported');
  }
  for (const [width, height] of [
    [0xffffffff, 0xffffffff],
    [20_001, 1],
    [5001, 5000],
  ] as const) {
    yield bad(`avif of ${width} × ${height}`, made(sized(width, height)), 'image-too-many-pixels');
  }
  yield bad('avif of no width', made(sized(0, 48)), 'image-corrupt');
  yield bad('avif of less than its data', made(sized(32, 24)), 'image-corrupt');
  yield bad('avif of more than its data', made(sized(640, 480)), 'image-corrupt');
  yield bad('avif whose image reaches beyond the file', made({ length: 999_999 }), 'image-truncated');
  yield bad('avif whose image is empty', made({ length: 0 }), 'image-corrupt');
  yield bad('avif that says a thousand items', made({ count: 1000 }), 'image-too-complex');
  yield bad(
    'avif of 100 items',
    made({ extras: Array(100).fill({ type: 'Exif', data: exif() }) }),
    'image-too-complex',
  );
  yield bad(
    'avif of 300 properties',
    made({ properties: Array.from({ length: 300 }, () => isoBox('free')) }),
    'image-too-complex',
  );
  yield bad(
    'avif of 3,000 boxes',
    made({ boxes: Array.from({ length: 3000 }, () => isoBox('free')) }),
    'image-too-complex',
  );
  yield bad(
    'avif of references without end',
    made({ metaBoxes: [fullBox('iref', 0, Buffer.alloc(200_000))] }),
    'image-too-complex',
  );
  yield bad(
    'avif of two places for its items',
    made({ metaBoxes: [fullBox('iloc', 0, Buffer.alloc(4))] }),
    'image-corrupt',
  );
  yield bad(
    'avif of two metas',
    async () => avif({ ...SIZE, coded: await pattern(), boxes: [fullBox('meta', 0)] }),
    'image-corrupt',
  );
}

/** AVIF files, good and bad. */
export const avifCases = (): ImageCase[] => [...kinds(), ...damage()];
