import { exifTiff } from '../makers/exif-maker.js';
import { SHOWN } from '../makers/pattern.js';
import { animationChunk, canvasChunk, frameChunk, riffChunk, webp, webpOf } from '../makers/webp-maker.js';
import { bad, good, SECRET, type ImageCase } from './image-case.js';
import { imageOf, kindOf, SIZE, toleranceOf, webpSizesAndDamage } from './webp-damage.js';

const EXIF = 0x08;
const XMP = 0x04;
const PROFILE = 0x20;
const ANIMATED = 0x02;

function* orientations(): Generator<ImageCase> {
  for (let orientation = 1; orientation <= 8; orientation += 1) {
    for (const order of ['II', 'MM'] as const) {
      for (const lossless of [true, false]) {
        for (const secret of [undefined, SECRET]) {
          for (const head of ['', 'Exif\0\0']) {
            const exif = riffChunk(
              'EXIF',
              Buffer.concat([Buffer.from(head), exifTiff({ orientation, order, ...(secret && { secret }) })]),
            );
            const size = orientation >= 5 ? { width: SIZE.height, height: SIZE.width } : SIZE;
            const name = `${kindOf(lossless)} orientation ${orientation}, ${order}${secret ? ', laden' : ''}${head && ', with a head'}`;
            const make = async (): Promise<Buffer> =>
              webpOf([canvasChunk(SIZE, EXIF), await imageOf(lossless), exif]);
            yield good(name, make, {
              ...size,
              corners: SHOWN[orientation]!,
              tolerance: toleranceOf(lossless),
            });
          }
        }
      }
    }
  }
}

function* metadata(): Generator<ImageCase> {
  for (const lossless of [true, false]) {
    const kinds: [string, number, Buffer[], Buffer[]][] = [
      ['XMP', XMP, [], [riffChunk('XMP ', Buffer.from(SECRET))]],
      ['an unknown chunk', 0, [], [riffChunk('abcd', Buffer.from(SECRET))]],
      ['flags for what is not there', EXIF | XMP, [], []],
      ['a profile of nonsense', PROFILE, [riffChunk('ICCP', Buffer.alloc(3001, 7))], []],
      ['a profile of 5 MB', PROFILE, [riffChunk('ICCP', Buffer.alloc(5_000_000, 7))], []],
      [
        'two EXIF',
        EXIF,
        [],
        [riffChunk('EXIF', exifTiff({ secret: SECRET })), riffChunk('EXIF', exifTiff({ orientation: 6 }))],
      ],
      ['a broken EXIF', EXIF, [], [riffChunk('EXIF', Buffer.from(SECRET))]],
      ['a profile after its pixels', PROFILE, [], [riffChunk('ICCP', Buffer.alloc(300, 7))]],
      ['4,000 chunks', 0, [], Array.from({ length: 4000 }, () => riffChunk('abcd', Buffer.alloc(1)))],
    ];
    for (const [what, flags, before, after] of kinds) {
      const make = async (): Promise<Buffer> =>
        webpOf([canvasChunk(SIZE, flags), ...before, await imageOf(lossless), ...after]);
      yield good(`${kindOf(lossless)} with ${what}`, make, { ...SIZE, tolerance: toleranceOf(lossless) });
    }
    yield good(`plain ${kindOf(lossless)}`, () => webp(SIZE, lossless), {
      ...SIZE,
      tolerance: toleranceOf(lossless),
    });
    yield good(
      `${kindOf(lossless)} with a trailing chunk`,
      async () => webpOf([await imageOf(lossless), riffChunk('abcd', Buffer.from(SECRET))]),
      { ...SIZE, tolerance: toleranceOf(lossless) },
    );
  }
  yield bad(
    'webp of 6,000 chunks',
    async () =>
      webpOf([
        canvasChunk(SIZE, 0),
        await imageOf(),
        ...Array.from({ length: 6000 }, () => riffChunk('abcd', Buffer.alloc(0))),
      ]),
    'image-too-complex',
  );
}

function* animations(): Generator<ImageCase> {
  for (const lossless of [true, false]) {
    for (const count of [1, 2, 50, 1000]) {
      for (const orientation of [1, 6]) {
        const make = async (): Promise<Buffer> => {
          const image = await imageOf(lossless);
          const exif = riffChunk('EXIF', exifTiff({ orientation, secret: SECRET }));
          return webpOf([
            canvasChunk(SIZE, ANIMATED | EXIF),
            animationChunk(),
            ...Array.from({ length: count }, () => frameChunk(SIZE, image)),
            exif,
          ]);
        };
        const size = orientation === 6 ? { width: SIZE.height, height: SIZE.width } : SIZE;
        yield good(`${kindOf(lossless)} of ${count} frames, orientation ${orientation}`, make, {
          ...size,
          corners: SHOWN[orientation]!,
          tolerance: toleranceOf(lossless),
        });
      }
    }
  }
  const canvas = { width: 96, height: 64 };
  yield {
    name: 'webp whose first frame is a part of the canvas',
    make: async () =>
      webpOf([
        canvasChunk(canvas, ANIMATED),
        animationChunk(),
        frameChunk(SIZE, await imageOf(), { x: 10, y: 8 }),
        frameChunk(SIZE, await imageOf()),
      ]),
    outcome: canvas,
  };
  const frames =
    (count: number, at = {}): (() => Promise<Buffer>) =>
    async () => {
      const image = await imageOf();
      return webpOf([
        canvasChunk(SIZE, ANIMATED),
        animationChunk(),
        ...Array.from({ length: count }, () => frameChunk(SIZE, image, at)),
      ]);
    };
  yield bad('webp of 1,001 frames', frames(1001), 'image-too-complex');
  yield bad('webp without a frame', frames(0), 'image-corrupt');
  yield bad('webp with a frame outside', frames(1, { x: 2 }), 'image-corrupt');
  yield bad(
    'webp with a frame of another size inside',
    async () =>
      webpOf([
        canvasChunk(SIZE, ANIMATED),
        animationChunk(),
        frameChunk(SIZE, await imageOf(true, { width: 8, height: 8 })),
      ]),
    'image-corrupt',
  );
}

/** WebP files, good and bad. */
export const webpCases = (): ImageCase[] => [
  ...orientations(),
  ...metadata(),
  ...animations(),
  ...webpSizesAndDamage(),
];
