import { deflateSync } from 'node:zlib';
import { exifTiff } from '../makers/exif-maker.js';
import { SHOWN } from '../makers/pattern.js';
import { PATTERN_PALETTE, png, pngChunk, type PngOptions } from '../makers/png-maker.js';
import { bad, good, SECRET, type ImageCase } from './image-case.js';
import { pngSizesAndDamage } from './png-damage.js';

const SIZE = { width: 46, height: 30 };
const KINDS: readonly [color: number, depths: readonly number[]][] = [
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
];

/** Colors that a gray image of few levels cannot show are not looked at. */
function shownAs({ color = 2, depth = 8 }: Partial<PngOptions>): object {
  if (color !== 0 && color !== 4) return { tolerance: 1 };
  return { gray: true, tolerance: depth < 8 ? Math.ceil(128 / (2 ** depth - 1)) : 1 };
}

function* codings(): Generator<ImageCase> {
  for (const [color, depths] of KINDS) {
    for (const depth of depths) {
      for (const interlaced of [false, true]) {
        for (const pieces of [1, 2, 7]) {
          const options = { ...SIZE, color, depth, interlaced, pieces };
          const name = `png color ${color}, ${depth} bits${interlaced ? ', interlaced' : ''}, ${pieces} IDAT`;
          yield good(name, () => png(options), { ...SIZE, ...shownAs(options) });
        }
      }
    }
  }
  yield { name: 'png palette, 1 bit', make: () => png({ ...SIZE, color: 3, depth: 1 }), outcome: SIZE };
}

function* orientations(): Generator<ImageCase> {
  for (let orientation = 1; orientation <= 8; orientation += 1) {
    for (const order of ['II', 'MM'] as const) {
      for (const secret of [undefined, SECRET]) {
        for (const place of ['before', 'after'] as const) {
          for (const [color, depth] of [
            [2, 8],
            [6, 8],
            [2, 16],
            [3, 8],
            [0, 8],
          ] as const) {
            const exif = pngChunk('eXIf', exifTiff({ orientation, order, ...(secret && { secret }) }));
            const { width, height } = SIZE;
            const size = orientation >= 5 ? { width: height, height: width } : SIZE;
            const name = `png orientation ${orientation}, ${order}, ${place}${secret ? ', laden' : ''}, color ${color}, ${depth} bits`;
            const make = (): Buffer => png({ ...SIZE, color, depth, [place]: [exif] });
            yield good(name, make, { ...size, corners: SHOWN[orientation]!, ...shownAs({ color, depth }) });
          }
        }
      }
    }
  }
}

const zeros = (bytes: number): Buffer => deflateSync(Buffer.alloc(bytes));

function* metadata(): Generator<ImageCase> {
  const text = (type: string, data: Buffer | string): Buffer => pngChunk(type, Buffer.from(data));
  const bomb = pngChunk('zTXt', Buffer.concat([Buffer.from('a\0\0'), zeros(49_000_000)]));
  const profile = (bytes: number): Buffer =>
    pngChunk('iCCP', Buffer.concat([Buffer.from('p\0\0'), zeros(bytes)]));
  const kinds: [string, Buffer[]][] = [
    ['a text', [text('tEXt', `Author\0${SECRET}`)]],
    [
      'a compressed text',
      [pngChunk('zTXt', Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.from(SECRET))]))],
    ],
    ['XMP', [text('iTXt', `XML:com.adobe.xmp\0\0\0\0\0<x>${SECRET}</x>`)]],
    ['20 texts of 49 MB', Array.from({ length: 20 }, () => bomb)],
    [
      'an EXIF text of old',
      [text('tEXt', `Raw profile type exif\0\nexif\n  8\n4d4d002a00000008\n${SECRET}`)],
    ],
    ['a profile of 3 MB of nonsense', [profile(3_000_000)]],
    ['a profile of 200 MB', [profile(200_000_000)]],
    ['a profile that is not deflated', [pngChunk('iCCP', Buffer.from(`p\0\0${SECRET}`))]],
    ['a profile without a name', [pngChunk('iCCP', Buffer.alloc(300, 65))]],
    ['a wrong checksum of gAMA', [pngChunk('gAMA', Buffer.from([0, 0, 177, 143]), 1)]],
    ['a wrong checksum of tRNS', [pngChunk('tRNS', Buffer.alloc(6), 1)]],
    ['gamma 0', [pngChunk('gAMA', Buffer.alloc(4))]],
    ['cHRM of nonsense', [pngChunk('cHRM', Buffer.alloc(32, 255))]],
    ['sBIT too long', [pngChunk('sBIT', Buffer.alloc(9, 8))]],
    ['a background', [pngChunk('bKGD', Buffer.alloc(6))]],
    ['4,000 chunks', Array.from({ length: 4000 }, () => pngChunk('teSt', Buffer.from('x')))],
    ['a chunk of 20 MB', [pngChunk('prVt', Buffer.alloc(20_000_000, SECRET))]],
    ['a suggested palette', [pngChunk('sPLT', Buffer.from(`p\0\x08${SECRET}`))]],
    ['a palette for RGB', [PATTERN_PALETTE]],
    ['a time', [pngChunk('tIME', Buffer.alloc(7))]],
  ];
  for (const [what, chunks] of kinds) {
    yield good(`png with ${what}`, () => png({ ...SIZE, before: chunks }), { ...SIZE, tolerance: 1 });
    if (what !== 'a palette for RGB' && what !== 'a chunk of 20 MB') {
      yield good(`png with ${what} at its end`, () => png({ ...SIZE, after: chunks }), {
        ...SIZE,
        tolerance: 1,
      });
    }
  }
  yield good(
    'png with transparency of a palette',
    () => png({ ...SIZE, color: 3, before: [pngChunk('tRNS', Buffer.from([255, 255, 255, 255]))] }),
    { ...SIZE, tolerance: 1 },
  );
  yield good(
    'png with a transparent color',
    () => png({ ...SIZE, before: [pngChunk('tRNS', Buffer.from([0, 1, 0, 2, 0, 3]))] }),
    { ...SIZE, tolerance: 1 },
  );
  yield bad(
    'png with 6,000 chunks',
    () => png({ ...SIZE, before: Array.from({ length: 6000 }, () => pngChunk('teSt')) }),
    'image-too-complex',
  );
}

function* animations(): Generator<ImageCase> {
  const control = (frames: number): Buffer =>
    pngChunk('acTL', Buffer.from([0, 0, frames >> 8, frames & 255, 0, 0, 0, 0]));
  const frame = (n: number): Buffer => {
    const data = Buffer.alloc(26);
    data.writeUInt32BE(n, 0);
    data.writeUInt32BE(SIZE.width, 4);
    data.writeUInt32BE(SIZE.height, 8);
    return pngChunk('fcTL', data);
  };
  const more = (n: number): Buffer[] => [
    frame(n),
    pngChunk('fdAT', Buffer.concat([Buffer.from([0, 0, 0, n & 255]), zeros(5000)])),
  ];
  for (const count of [2, 10, 900]) {
    const later = Array.from({ length: count - 1 }, (_, i) => more(i + 1)).flat();
    yield good(
      `apng of ${count} frames`,
      () => png({ ...SIZE, before: [control(count), frame(0)], after: later }),
      { ...SIZE, tolerance: 1 },
    );
    yield good(
      `apng of ${count} frames after a still one`,
      () => png({ ...SIZE, before: [control(count)], after: later }),
      { ...SIZE, tolerance: 1 },
    );
  }
  const tooMany = Array.from({ length: 1200 }, (_, i) => frame(i));
  yield bad(
    'apng of 1,200 frames',
    () => png({ ...SIZE, before: [control(1200)], after: tooMany }),
    'image-too-complex',
  );
}

/** PNG files, good and bad. */
export const pngCases = (): ImageCase[] => [
  ...codings(),
  ...orientations(),
  ...metadata(),
  ...animations(),
  ...pngSizesAndDamage(),
];
