import { bmp, runLengthPixels, type BmpSpec } from '../makers/bmp-maker.js';
import { bad, good, SECRET, type ImageCase } from './image-case.js';

const SIZE = { width: 50, height: 30 };
/** Five bits have steps of 8, four bits steps of 17. */
const TOLERANCES: Record<number, number> = { 16: 9, 32: 0 };

function* kinds(): Generator<ImageCase> {
  yield good('plain bmp', () => bmp(SIZE), SIZE);
  for (const header of [12, 40, 52, 56, 64, 108, 124]) {
    for (const bits of [4, 8, 24]) {
      yield good(`bmp of ${bits} bits, header ${header}`, () => bmp({ ...SIZE, bits, header }), SIZE);
    }
  }
  for (const bits of [2, 4, 8, 16, 24, 32]) {
    yield good(`bmp of ${bits} bits from the top`, () => bmp({ ...SIZE, bits, isTopDown: true }), {
      ...SIZE,
      tolerance: TOLERANCES[bits] ?? 0,
    });
  }
  yield { name: 'bmp of 1 bit', make: () => bmp({ ...SIZE, bits: 1 }), outcome: SIZE };
  const masks: [string, BmpSpec, number][] = [
    ['565', { ...SIZE, bits: 16, method: 3, masks: [0xf800, 0x07e0, 0x001f] }, 9],
    ['4444', { ...SIZE, bits: 16, method: 6, masks: [0x0f00, 0x00f0, 0x000f, 0xf000], opacity: 255 }, 9],
    [
      'bgra',
      {
        ...SIZE,
        bits: 32,
        method: 3,
        header: 124,
        masks: [0xff00, 0xff0000, 0xff000000, 0xff],
        opacity: 255,
      },
      0,
    ],
    [
      'alpha that is 0 everywhere',
      { ...SIZE, bits: 32, method: 3, header: 108, masks: [0xff0000, 0xff00, 0xff, 0xff000000] },
      0,
    ],
    ['10 bits', { ...SIZE, bits: 32, method: 3, masks: [0x3ff00000, 0xffc00, 0x3ff] }, 1],
  ];
  for (const [name, spec, tolerance] of masks) {
    yield good(`bmp with masks of ${name}`, () => bmp(spec), { ...SIZE, tolerance });
  }
  for (const isNibbles of [false, true]) {
    const spec = { ...SIZE, bits: isNibbles ? 4 : 8, method: isNibbles ? 2 : 1 };
    const make = (): Buffer => bmp({ ...spec, pixels: runLengthPixels(SIZE, isNibbles) });
    yield good(`bmp of runs, ${spec.bits} bits`, make, SIZE);
    yield bad(
      `bmp of runs, ${spec.bits} bits, cut`,
      () => make().subarray(0, -SIZE.height),
      'image-truncated',
    );
  }
  yield good(
    'bmp with a profile of nonsense',
    () => bmp({ ...SIZE, header: 124, profile: Buffer.from(SECRET) }),
    SIZE,
  );
  yield good('bmp with trailing text', () => Buffer.concat([bmp(SIZE), Buffer.from(SECRET)]), SIZE);
  yield good('bmp without the padding of its last row', () => bmp(SIZE).subarray(0, -2), SIZE);
}

function* damage(): Generator<ImageCase> {
  for (const length of [2, 10, 17, 18, 30, 53, 54, 400, 4600]) {
    yield bad(`bmp of ${length} bytes`, () => bmp(SIZE).subarray(0, length), 'image-truncated');
  }
  for (const [width, height] of [
    [65_535, 65_535],
    [20_001, 1],
    [10_000, 6_000],
    [0x7fffffff, 0x7fffffff],
    [1, -0x80000000],
  ] as const) {
    for (const method of [0, 1]) {
      yield bad(
        `bmp of ${width} × ${height}, method ${method}`,
        () => bmp({ width, height, bits: 8, method, pixels: Buffer.from([0, 1]) }),
        ...(method === 1 && height < 0 ? (['image-corrupt'] as const) : (['image-too-many-pixels'] as const)),
      );
    }
  }
  for (const [width, height] of [
    [0, 5],
    [5, 0],
  ] as const) {
    yield bad(
      `bmp of ${width} × ${height}`,
      () => bmp({ width, height, pixels: Buffer.alloc(99) }),
      'image-corrupt',
    );
  }
  const broken: [string, Partial<BmpSpec>][] = [
    ['3 bits', { bits: 3, pixels: Buffer.alloc(9999) }],
    ['runs of 24 bits', { bits: 24, method: 1 }],
    ['runs from the top', { bits: 8, method: 1, isTopDown: true, pixels: runLengthPixels(SIZE) }],
    ['pixels within its header', { pixelsFrom: 20 }],
    ['masks with holes', { bits: 16, method: 3, masks: [0xf0f0, 0x0f00, 0x000f] }],
    ['a jump out of the picture', { bits: 8, method: 1, pixels: Buffer.from([0, 2, 255, 255, 0, 1]) }],
  ];
  for (const [name, spec] of broken) {
    yield bad(`bmp of ${name}`, () => bmp({ ...SIZE, ...spec }), 'image-corrupt');
  }
  yield bad(
    'bmp whose pixels lie after its end',
    () => bmp({ ...SIZE, pixelsFrom: 0xfffffff0 }),
    'image-truncated',
  );
  for (const method of [4, 5, 99]) {
    yield bad(`bmp of method ${method}`, () => bmp({ ...SIZE, method }), 'image-type-unsupported');
  }
  yield bad('bmp with a header of 41 bytes', () => bmp({ ...SIZE, header: 41 }), 'image-type-unsupported');
}

/** BMP files, good and bad. */
export const bmpCases = (): ImageCase[] => [...kinds(), ...damage()];
