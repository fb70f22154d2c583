import { deflateSync } from 'node:zlib';
import {
  PATTERN_PALETTE,
  png,
  pngChunk,
  pngChunksOf,
  pngHead,
  pngPixels,
  PNG_SIGNATURE,
} from '../makers/png-maker.js';
import { bad, good, type ImageCase } from './image-case.js';

const SIZE = { width: 46, height: 30 };
const IEND = pngChunk('IEND');

function* sizes(): Generator<ImageCase> {
  for (const [width, height] of [
    [1, 1],
    [2, 2],
    [1, 20_000],
    [20_000, 1],
    [3, 7],
    [5000, 2],
    [2, 5000],
  ] as const) {
    for (const [color, depth] of [
      [0, 1],
      [2, 8],
      [3, 8],
      [6, 16],
    ] as const) {
      for (const interlaced of [false, true]) {
        const make = (): Buffer => png({ width, height, color, depth, interlaced });
        const name = `png ${width} × ${height}, color ${color}, ${depth} bits${interlaced ? ', interlaced' : ''}`;
        yield { name, make, outcome: { width, height } };
      }
    }
  }
  const claims = (width: number, height: number): Buffer =>
    Buffer.concat([PNG_SIGNATURE, pngHead({ width, height }), pngChunk('IDAT', pngPixels(SIZE)), IEND]);
  for (const [width, height] of [
    [20_001, 1],
    [1, 20_001],
    [8000, 7000],
    [0x7fffffff, 0x7fffffff],
  ] as const) {
    yield bad(`png header ${width} × ${height}`, () => claims(width, height), 'image-too-many-pixels');
  }
  for (const [width, height] of [
    [0, 30],
    [46, 0],
    [0, 0],
    [0xffffffff, 1],
    [47, 30],
    [46, 31],
    [460, 300],
    [7000, 7000],
  ] as const) {
    yield bad(`png that claims ${width} × ${height}`, () => claims(width, height), 'image-corrupt');
  }
}

function* damage(): Generator<ImageCase> {
  for (const [kind, options] of [
    ['RGB', {}],
    ['palette', { color: 3 }],
    ['interlaced', { interlaced: true }],
    ['16-bit', { depth: 16 }],
  ] as const) {
    const file = png({
      ...SIZE,
      ...options,
      pieces: 2,
      before: [pngChunk('gAMA', Buffer.from([0, 0, 177, 143]))],
    });
    for (const { from, chunk, type } of pngChunksOf(file)) {
      for (const within of new Set([0, 3, 4, 7, 8, 9, chunk.length - 4, chunk.length - 1])) {
        const cut = from + within;
        yield bad(
          `${kind} png cut ${within} bytes into ${type} at ${from}`,
          () => file.subarray(0, cut),
          'image-truncated',
        );
      }
      if (type === 'gAMA' || type === 'IEND') continue;
      yield bad(
        `${kind} png with a wrong checksum of ${type} at ${from}`,
        () => flipped(file, from + chunk.length - 2),
        'image-corrupt',
      );
      yield bad(
        `${kind} png without ${type} at ${from}`,
        () => Buffer.concat([file.subarray(0, from), file.subarray(from + chunk.length)]),
        'image-corrupt',
      );
      yield bad(
        `${kind} png with a flipped bit in ${type} at ${from}`,
        () => flipped(file, from + 8 + Math.floor((chunk.length - 12) / 2)),
        'image-corrupt',
        'image-too-many-pixels',
      );
    }
    yield bad(`${kind} png without IEND`, () => file.subarray(0, -12), 'image-truncated');
  }
  const head = [PNG_SIGNATURE, pngHead(SIZE)];
  const pixels = pngPixels(SIZE);
  const data = pngChunk('IDAT', pixels);
  const broken: [string, Buffer[]][] = [
    ['IHDR not first', [PNG_SIGNATURE, pngChunk('gAMA', Buffer.alloc(4)), pngHead(SIZE), data, IEND]],
    ['two IHDR', [...head, pngHead(SIZE), data, IEND]],
    ['no IDAT', [...head, IEND]],
    [
      'text between IDAT',
      [
        ...head,
        pngChunk('IDAT', pixels.subarray(0, 20)),
        pngChunk('tEXt', Buffer.from('a\0b')),
        pngChunk('IDAT', pixels.subarray(20)),
        IEND,
      ],
    ],
    ['an unknown critical chunk', [...head, pngChunk('ABCD'), data, IEND]],
    ['a chunk type of digits', [...head, pngChunk('12x4'), data, IEND]],
    ['a chunk length of 4 GB', [...head, Buffer.from('ffffffff49444154', 'hex'), data, IEND]],
    ['too few rows', [...head, pngChunk('IDAT', pngPixels({ ...SIZE, height: 20 })), IEND]],
    ['no zlib header', [...head, pngChunk('IDAT', pixels.subarray(2)), IEND]],
    ['no zlib checksum', [...head, pngChunk('IDAT', pixels.subarray(0, -4)), IEND]],
    [
      'a wrong zlib checksum',
      [...head, pngChunk('IDAT', Buffer.concat([pixels.subarray(0, -4), Buffer.alloc(4)])), IEND],
    ],
    ['only empty IDAT', [...head, pngChunk('IDAT'), IEND]],
    [
      'a palette after its pixels',
      [
        PNG_SIGNATURE,
        pngHead({ ...SIZE, color: 3 }),
        pngChunk('IDAT', pngPixels({ ...SIZE, color: 3 })),
        PATTERN_PALETTE,
        IEND,
      ],
    ],
    [
      'no palette',
      [
        PNG_SIGNATURE,
        pngHead({ ...SIZE, color: 3 }),
        pngChunk('IDAT', pngPixels({ ...SIZE, color: 3 })),
        IEND,
      ],
    ],
    ['a palette of 257', [...head, pngChunk('PLTE', Buffer.alloc(771)), data, IEND]],
    [
      'a filter that is none',
      [...head, pngChunk('IDAT', deflateSync(Buffer.alloc((1 + 3 * 46) * 30, 9))), IEND],
    ],
  ];
  for (const [what, parts] of broken)
    yield bad(`png with ${what}`, () => Buffer.concat(parts), 'image-corrupt');
  for (const [depth, color] of [
    [3, 0],
    [16, 3],
    [4, 2],
    [1, 4],
    [8, 1],
    [8, 5],
    [8, 7],
    [0, 0],
    [32, 2],
  ] as const) {
    yield bad(
      `png of ${depth} bits and color ${color}`,
      () => Buffer.concat([PNG_SIGNATURE, pngHead({ ...SIZE, depth, color }), data, IEND]),
      'image-corrupt',
    );
  }
  yield good(
    'png with empty IDAT between',
    () =>
      Buffer.concat([
        ...head,
        pngChunk('IDAT'),
        pngChunk('IDAT', pixels.subarray(0, 9)),
        pngChunk('IDAT'),
        pngChunk('IDAT', pixels.subarray(9)),
        IEND,
      ]),
    { ...SIZE, tolerance: 1 },
  );
  yield good('png of one-byte IDAT', () => png({ ...SIZE, pieces: pixels.length }), {
    ...SIZE,
    tolerance: 1,
  });
}

function flipped(file: Buffer, at: number): Buffer {
  const changed = Buffer.from(file);
  changed[at]! ^= 0x10;
  return changed;
}

/** PNG files of odd sizes, cut short, or against the rules. */
export const pngSizesAndDamage = (): ImageCase[] => [...sizes(), ...damage()];
