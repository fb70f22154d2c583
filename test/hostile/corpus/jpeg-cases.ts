import { exifTiff } from '../makers/exif-maker.js';
import { exifSegment, jpeg, jpegSegment, profileSegments, type JpegOptions } from '../makers/jpeg-maker.js';
import { SHOWN } from '../makers/pattern.js';
import { good, SECRET, type ImageCase } from './image-case.js';
import { jpegSizesAndDamage } from './jpeg-damage.js';

const SIZE = { width: 128, height: 64 };
const SAMPLINGS = {
  '4:4:4': [],
  '4:2:2': [[2, 1]],
  '4:2:0': [[2, 2]],
  '4:4:0': [[1, 2]],
  '4:1:1': [[4, 1]],
  '4:1:0': [[4, 2]],
  'Cb finer than Cr': [
    [2, 2],
    [2, 1],
    [1, 1],
  ],
  'luma coarser': [
    [1, 1],
    [2, 1],
    [2, 1],
  ],
} as const;

/** Sizes as they are, turned by orientations 5 to 8. */
const turned = (orientation: number, { width, height }: { width: number; height: number }) =>
  orientation >= 5 ? { width: height, height: width } : { width, height };

function* codings(): Generator<ImageCase> {
  for (const [sampling, factors] of Object.entries(SAMPLINGS)) {
    for (const frame of [0xc0, 0xc1, 0xc2]) {
      for (const restart of [undefined, 1, 3]) {
        for (const planes of [false, true]) {
          if (planes && frame === 0xc2) continue;
          const options: JpegOptions = {
            ...SIZE,
            sampling: factors,
            frame,
            planes,
            ...(restart && { restart }),
          };
          const name = `jpeg ${sampling}, SOF${frame - 0xc0}, restart ${restart ?? 0}${planes ? ', planes' : ''}`;
          yield good(name, () => jpeg(options), { ...SIZE, tolerance: 8 });
        }
      }
    }
  }
}

function* spaces(): Generator<ImageCase> {
  for (const frame of [0xc0, 0xc2]) {
    const kind = frame === 0xc0 ? 'baseline' : 'progressive';
    yield good(`grey ${kind} jpeg`, () => jpeg({ ...SIZE, components: 1, frame }), {
      ...SIZE,
      gray: true,
      tolerance: 4,
    });
    yield good(`RGB ${kind} jpeg`, () => jpeg({ ...SIZE, adobe: 0, frame }), { ...SIZE, tolerance: 4 });
    yield good(`Adobe YCbCr ${kind} jpeg`, () => jpeg({ ...SIZE, adobe: 1, frame }), {
      ...SIZE,
      tolerance: 8,
    });
    yield good(`CMYK ${kind} jpeg`, () => jpeg({ ...SIZE, components: 4, adobe: 0, frame }), {
      ...SIZE,
      tolerance: 110,
    });
    yield good(`YCCK ${kind} jpeg`, () => jpeg({ ...SIZE, components: 4, adobe: 2, frame }), {
      ...SIZE,
      tolerance: 110,
    });
  }
}

function* orientations(): Generator<ImageCase> {
  for (let orientation = 1; orientation <= 8; orientation += 1) {
    for (const order of ['II', 'MM'] as const) {
      for (const secret of [undefined, SECRET]) {
        for (const frame of [0xc0, 0xc2]) {
          for (const jfif of [true, false]) {
            const make = (): Buffer =>
              jpeg({
                ...SIZE,
                frame,
                jfif,
                before: [
                  exifSegment(
                    exifTiff({
                      orientation,
                      order,
                      ...(secret && { secret, thumbnail: jpeg({ width: 16, height: 8 }) }),
                    }),
                  ),
                ],
              });
            const kind = `${order}${secret ? ', laden' : ''}${jfif ? ', jfif' : ''}, SOF${frame - 0xc0}`;
            const shown = { ...turned(orientation, SIZE), corners: SHOWN[orientation]!, tolerance: 8 };
            yield good(`jpeg orientation ${orientation}, ${kind}`, make, shown);
          }
        }
      }
    }
  }
}

function* metadata(): Generator<ImageCase> {
  const text = Buffer.from(SECRET);
  const many = Array.from({ length: 300 }, () => jpegSegment(0xe5, Buffer.alloc(60_000, SECRET)));
  const xmp = jpegSegment(0xe1, Buffer.concat([Buffer.from('http://ns.adobe.com/xap/1.0/\0'), text]));
  const broken: [string, Buffer][] = [
    ['empty', Buffer.alloc(0)],
    ['cut', exifTiff({ orientation: 6 }).subarray(0, 15)],
    ['no TIFF', Buffer.from('XX*\0\0\0\0\x08aaaaaaaaaaaaaaaaaaaaaaa')],
    ['directory outside', Buffer.from('4d4d002a7fffffff00000000000000000000000000000000000000000000', 'hex')],
    ['directory of itself', Buffer.from(`4d4d002a00000008000101120003000000010009000000000008`, 'hex')],
    ['65,535 entries', Buffer.concat([Buffer.from('4d4d002a00000008ffff', 'hex'), Buffer.alloc(600, 1)])],
    ['orientation 0', exifTiff({ orientation: 0 })],
    ['orientation 9', exifTiff({ orientation: 9 })],
    ['orientation 65,535', exifTiff({ orientation: 65_535 })],
  ];
  for (const [what, tiff] of broken) {
    yield good(`jpeg with EXIF: ${what}`, () => jpeg({ ...SIZE, before: [exifSegment(tiff)] }), {
      ...SIZE,
      tolerance: 8,
    });
  }
  const others: [string, Buffer[]][] = [
    ['XMP', [xmp]],
    ['a comment', [jpegSegment(0xfe, text)]],
    ['18 MB of APP5', many],
    [
      'a thumbnail in JFXX',
      [jpegSegment(0xe0, Buffer.concat([Buffer.from('JFXX\0\x10'), jpeg({ width: 16, height: 16 })]))],
    ],
    ['MPF', [jpegSegment(0xe2, Buffer.from(`MPF\0MM\0*\0\0\0\x08${SECRET}`))]],
    ['Photoshop data', [jpegSegment(0xed, Buffer.from(`Photoshop 3.0\0${SECRET}`))]],
    ['fill bytes', [Buffer.alloc(200, 0xff)]],
    ['a profile of nonsense', profileSegments(Buffer.alloc(3000, 7))],
    ['a profile of 5 MB', profileSegments(Buffer.alloc(5_000_000, 7))],
    ['a profile without its first part', profileSegments(Buffer.alloc(130_000, 7)).slice(1)],
    [
      'two EXIF segments',
      [exifSegment(exifTiff({ orientation: 1, secret: SECRET })), exifSegment(exifTiff({ orientation: 6 }))],
    ],
  ];
  for (const [what, before] of others) {
    yield good(`jpeg with ${what}`, () => jpeg({ ...SIZE, before }), { ...SIZE, tolerance: 8 });
  }
}

/** JPEG files, good and bad. */
export const jpegCases = (): ImageCase[] => [
  ...codings(),
  ...spaces(),
  ...orientations(),
  ...metadata(),
  ...jpegSizesAndDamage(),
];
