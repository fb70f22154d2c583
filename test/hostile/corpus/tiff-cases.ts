import { deflateSync } from 'node:zlib';
import { SHOWN } from '../makers/pattern.js';
import { tiff, type TiffSpec, type TiffValue } from '../makers/tiff-maker.js';
import { bad, good, SECRET, type ImageCase } from './image-case.js';

const SIZE = { width: 48, height: 32 };
const TAG = {
  subfile: 254,
  width: 256,
  bits: 258,
  compression: 259,
  photometric: 262,
  description: 270,
  offsets: 273,
  orientation: 274,
  samples: 277,
  bytes: 279,
  planar: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileBytes: 325,
  subDirectories: 330,
  format: 339,
  xmp: 700,
  exif: 34_665,
  dng: 50_706,
  private: 65_000,
} as const;

function* kinds(): Generator<ImageCase> {
  yield good('plain tiff', () => tiff(SIZE), SIZE);
  for (const order of ['II', 'MM'] as const) {
    for (const compression of [1, 8]) {
      for (const rowsPerStrip of [1, 7, 32, 999]) {
        const spec = { ...SIZE, order, compression, rowsPerStrip };
        yield good(
          `tiff ${order}, compression ${compression}, ${rowsPerStrip} rows a strip`,
          () => tiff(spec),
          SIZE,
        );
      }
    }
    yield good(
      `tiff ${order} whose directory comes first`,
      () => tiff({ ...SIZE, order, isFirst: true, rowsPerStrip: 5 }),
      SIZE,
    );
    for (let orientation = 1; orientation <= 8; orientation += 1) {
      const fields = { [TAG.orientation]: [orientation] };
      const size = orientation >= 5 ? { width: SIZE.height, height: SIZE.width } : SIZE;
      yield good(`tiff ${order} orientation ${orientation}`, () => tiff({ ...SIZE, order, fields }), {
        ...size,
        corners: SHOWN[orientation]!,
      });
    }
  }
  const laden: [string, Record<number, TiffValue>][] = [
    ['texts', { [TAG.description]: SECRET, 271: SECRET, 305: SECRET, 315: SECRET, 33_432: SECRET }],
    ['XMP and EXIF', { [TAG.xmp]: Buffer.from(SECRET), [TAG.exif]: [8], 34_853: [8] }],
    ['private tags', { [TAG.private]: Buffer.from(SECRET), 65_001: [1, 2, 3] }],
    ['a profile of nonsense', { 34_675: Buffer.from(SECRET) }],
    ['an orientation of 9', { [TAG.orientation]: [9] }],
  ];
  for (const [name, fields] of laden) yield good(`tiff with ${name}`, () => tiff({ ...SIZE, fields }), SIZE);
  yield good('tiff whose pages are a loop', () => tiff({ ...SIZE, isFirst: true, next: 8 }), SIZE);
  yield good('tiff whose next page lies outside', () => tiff({ ...SIZE, next: 0xfffffff0 }), SIZE);
}

function* damage(): Generator<ImageCase> {
  for (const length of [4, 7, 8, 100, 4000, 4616, 4700]) {
    yield bad(`tiff of ${length} bytes`, () => tiff(SIZE).subarray(0, length), 'image-truncated');
  }
  yield bad(
    'tiff of a directory and half the pixels',
    () => tiff({ ...SIZE, isFirst: true }).subarray(0, 2500),
    'image-truncated',
  );
  const broken: [string, TiffSpec][] = [
    ['no width', { ...SIZE, fields: { [TAG.width]: undefined } }],
    ['no strips', { ...SIZE, fields: { [TAG.offsets]: undefined } }],
    ['no lengths', { ...SIZE, fields: { [TAG.bytes]: undefined } }],
    ['too few strips', { ...SIZE, rowsPerStrip: 4, fields: { [TAG.offsets]: [8, 9], [TAG.bytes]: [1, 1] } }],
    ['strips that hold too little', { ...SIZE, fields: { [TAG.bytes]: [100] } }],
    ['Deflate that is none', { ...SIZE, compression: 8, strips: [Buffer.alloc(500, 7)] }],
    ['Deflate that holds too little', { ...SIZE, compression: 8, strips: [deflateSync(Buffer.alloc(100))] }],
    [
      'Deflate that holds too much',
      { ...SIZE, compression: 8, strips: [deflateSync(Buffer.alloc(20_000_000))] },
    ],
    ['LZW that is none', { ...SIZE, compression: 5, strips: [Buffer.alloc(500, 0xff)] }],
    ['PackBits that end early', { ...SIZE, compression: 32_773, strips: [Buffer.from([127, 1, 2])] }],
    ['tiles of odd sides', { ...SIZE, fields: tiles(17) }],
    ['tiles of 16,384 pixels', { ...SIZE, fields: tiles(16_384) }],
    ['fewer samples than colors', { ...SIZE, fields: { [TAG.samples]: [2] } }],
  ];
  for (const [name, spec] of broken) yield bad(`tiff of ${name}`, () => tiff(spec), 'image-corrupt');
  const untaken: [string, Record<number, TiffValue>][] = [
    ['JPEG', { [TAG.compression]: [7] }],
    ['old JPEG', { [TAG.compression]: [6] }],
    ['fax', { [TAG.compression]: [4] }],
    ['CMYK', { [TAG.photometric]: [5] }],
    ['YCbCr', { [TAG.photometric]: [6] }],
    ['floats', { [TAG.format]: [3, 3, 3], [TAG.bits]: [32, 32, 32] }],
    ['12 bits', { [TAG.bits]: [12, 12, 12] }],
    ['mixed bits', { [TAG.bits]: [8, 8, 16] }],
    ['a predictor of floats', { [TAG.predictor]: [3] }],
    ['a raw file', { [TAG.dng]: [1, 4, 0, 0] }],
    ['a preview', { [TAG.subfile]: [1], [TAG.subDirectories]: [8] }],
  ];
  for (const [name, fields] of untaken)
    yield bad(`tiff of ${name}`, () => tiff({ ...SIZE, fields }), 'image-type-unsupported');
  for (const [width, height] of [
    [100_000, 100_000],
    [20_001, 1],
    [8000, 7000],
  ] as const) {
    yield bad(
      `tiff of ${width} × ${height}`,
      () => tiff({ width, height, strips: [Buffer.alloc(8)] }),
      'image-too-many-pixels',
    );
  }
  const many = Array<number>(70_000).fill(8);
  yield bad(
    'tiff of 70,000 strips',
    () =>
      tiff({
        width: 1,
        height: 20_000,
        rowsPerStrip: 1,
        strips: [Buffer.alloc(8)],
        fields: { [TAG.offsets]: many, [TAG.bytes]: many },
      }),
    'image-too-complex',
  );
  yield bad(
    'tiff of 3,000 fields',
    () =>
      tiff({
        ...SIZE,
        fields: Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [60_000 + i, [1]])),
      }),
    'image-too-complex',
  );
  yield bad(
    'tiff of a million tiles',
    () => tiff({ width: 16_000, height: 3000, strips: [Buffer.alloc(8)], fields: tiles(16) }),
    'image-too-complex',
  );
}

const tiles = (side: number): Record<number, TiffValue> => ({
  [TAG.tileWidth]: [side],
  [TAG.tileHeight]: [side],
  [TAG.tileOffsets]: [8],
  [TAG.tileBytes]: [100],
});

/** TIFF files, good and bad. */
export const tiffCases = (): ImageCase[] => [...kinds(), ...damage()];
