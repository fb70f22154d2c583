import { EOI, jpeg, jpegSegment, scanHeader, SOI } from '../makers/jpeg-maker.js';
import {
  ANY_BLEMISHES,
  COLOR_BLEMISHES,
  LOST_RESTARTS,
  RESTART_BLEMISHES,
  SEQUENTIAL_BLEMISHES,
} from '../makers/jpeg-blemishes.js';
import { bad, good, type ImageCase } from './image-case.js';

const SIZE = { width: 128, height: 64 };

function* sizes(): Generator<ImageCase> {
  const all = [
    [1, 1],
    [2, 2],
    [1, 20_000],
    [20_000, 1],
    [7, 3],
    [17, 33],
    [8, 8],
    [9, 500],
    [1000, 2],
    [3, 4000],
  ] as const;
  for (const [width, height] of all) {
    for (const frame of [0xc0, 0xc2]) {
      const make = (): Buffer => jpeg({ width, height, frame });
      yield { name: `jpeg ${width} × ${height}, SOF${frame - 0xc0}`, make, outcome: { width, height } };
    }
  }
  for (const [width, height] of [
    [20_001, 1],
    [1, 20_001],
    [65_535, 65_535],
    [8000, 7000],
  ] as const) {
    yield bad(
      `jpeg header ${width} × ${height}`,
      () => resized(jpeg(SIZE), width, height),
      'image-too-many-pixels',
    );
  }
  for (const [width, height] of [
    [0, 64],
    [0, 0],
  ] as const) {
    yield bad(`jpeg header ${width} × ${height}`, () => resized(jpeg(SIZE), width, height), 'image-corrupt');
  }
  yield bad('jpeg header 128 × 0', () => resized(jpeg(SIZE), 128, 0), 'image-type-unsupported');
  for (const [width, height] of [
    [128, 640],
    [1280, 64],
    [512, 512],
  ] as const) {
    yield bad(
      `jpeg that claims ${width} × ${height}`,
      () => resized(jpeg(SIZE), width, height),
      'image-truncated',
    );
  }
}

/** The same file with another size in its frame header. */
function resized(file: Buffer, width: number, height: number): Buffer {
  const frame = file.indexOf(Buffer.from([0xff, 0xc0]));
  const changed = Buffer.from(file);
  changed.writeUInt16BE(height, frame + 5);
  changed.writeUInt16BE(width, frame + 7);
  return changed;
}

function* damage(): Generator<ImageCase> {
  for (const [kind, file] of [
    ['baseline', jpeg(SIZE)],
    ['progressive', jpeg({ ...SIZE, frame: 0xc2 })],
    ['restarting', jpeg({ ...SIZE, restart: 2 })],
  ] as const) {
    const marks = [...file.keys()].filter((i) => file[i] === 0xff && file[i + 1] !== 0);
    const cuts = new Set(
      marks.flatMap((at) => [at, at + 1, at + 2, at + 3, at + 5]).filter((at) => at > 0 && at < file.length),
    );
    const pixels = file.indexOf(Buffer.from([0xff, 0xda]));
    for (const cut of cuts) {
      // All is there but the end marker.
      if (cut >= file.length - 2) {
        yield good(`${kind} jpeg cut at byte ${cut} of ${file.length}`, () => file.subarray(0, cut), {
          ...SIZE,
          tolerance: 8,
        });
        continue;
      }
      yield bad(
        `${kind} jpeg cut at byte ${cut} of ${file.length}`,
        () => file.subarray(0, cut),
        'image-truncated',
      );
    }
    for (const cut of marks.slice(1).filter((at) => at < pixels)) {
      yield bad(
        `${kind} jpeg cut at byte ${cut} and closed`,
        () => Buffer.concat([file.subarray(0, cut), EOI]),
        'image-corrupt',
      );
    }
  }
  const file = jpeg(SIZE);
  const scan = file.indexOf(Buffer.from([0xff, 0xda]));
  const head = jpegSegment(0xc0, Buffer.from([8, 0, 16, 0, 16, 1, 1, 0x11, 0]));
  yield bad('jpeg of a start and an end', () => Buffer.concat([SOI, EOI]), 'image-corrupt');
  yield bad(
    'jpeg without tables',
    () => Buffer.concat([SOI, head, scanHeader([0], [0, 63, 0]), Buffer.alloc(50), EOI]),
    'image-corrupt',
  );
  yield bad(
    'jpeg without a frame',
    () => Buffer.concat([SOI, scanHeader([0], [0, 63, 0]), Buffer.alloc(50), EOI]),
    'image-corrupt',
  );
  yield bad(
    'jpeg with two frames',
    () => Buffer.concat([file.subarray(0, scan), head, file.subarray(scan)]),
    'image-corrupt',
  );
  yield bad(
    'jpeg with noise for pixels',
    () =>
      Buffer.concat([
        file.subarray(0, scan + 14),
        Buffer.from(Array.from({ length: 900 }, (_, i) => (i * 73) % 251)),
        EOI,
      ]),
    'image-corrupt',
  );
  yield bad(
    'jpeg with 5 components',
    () =>
      Buffer.concat([
        SOI,
        jpegSegment(0xc0, Buffer.from([8, 0, 8, 0, 8, 5, ...Array<number>(15).fill(0x11)])),
        EOI,
      ]),
    'image-corrupt',
  );
  yield bad(
    'jpeg with a sampling of 0',
    () => Buffer.concat([SOI, jpegSegment(0xc0, Buffer.from([8, 0, 8, 0, 8, 1, 1, 0x01, 0])), EOI]),
    'image-corrupt',
  );
  yield bad('12-bit jpeg', () => jpeg({ ...SIZE, precision: 12, frame: 0xc1 }), 'image-type-unsupported');
  for (const frame of [0xc3, 0xc5, 0xc6, 0xc7, 0xcb, 0xcd, 0xce, 0xcf]) {
    yield bad(`jpeg of SOF${frame - 0xc0}`, () => jpeg({ ...SIZE, frame }), 'image-type-unsupported');
  }
  yield bad('arithmetic jpeg with Huffman data', () => jpeg({ ...SIZE, frame: 0xca }), 'image-corrupt');
  for (const scans of [64, 100, 883]) {
    yield bad(
      `jpeg of ${scans + 1} scans`,
      () => jpeg({ ...SIZE, frame: 0xc2, emptyScans: scans }),
      'image-too-complex',
    );
  }
  yield good('jpeg of 40 scans', () => jpeg({ ...SIZE, frame: 0xc2, emptyScans: 39 }), {
    ...SIZE,
    tolerance: 8,
  });
}

/** Files that are not as the standard says, and that every browser shows. */
function* blemishes(): Generator<ImageCase> {
  const kinds = [
    ['baseline', jpeg(SIZE), [...ANY_BLEMISHES, ...COLOR_BLEMISHES, ...SEQUENTIAL_BLEMISHES]],
    ['progressive', jpeg({ ...SIZE, frame: 0xc2 }), [...ANY_BLEMISHES, ...COLOR_BLEMISHES]],
    ['restarting', jpeg({ ...SIZE, restart: 2 }), [...SEQUENTIAL_BLEMISHES, ...RESTART_BLEMISHES]],
  ] as const;
  for (const [kind, intact, all] of kinds) {
    for (const [name, blemish] of all) {
      yield good(`${kind} jpeg with ${name}`, () => blemish(intact), { ...SIZE, tolerance: 8 });
    }
  }
  const restarting = jpeg({ ...SIZE, restart: 2 });
  for (const [name, blemish] of LOST_RESTARTS) {
    yield bad(`jpeg with ${name}`, () => blemish(restarting), 'image-truncated', 'image-corrupt');
  }
}

/** Files that were cut, and filled up with something that may pass for coded pixels. */
function* filled(): Generator<ImageCase> {
  const file = jpeg({ ...SIZE, sampling: [[2, 2]] });
  const scan = file.indexOf(Buffer.from([0xff, 0xda])) + 14;
  for (const part of [0.5, 0.8, 0.95]) {
    const cut = scan + Math.floor(part * (file.length - scan));
    for (const value of [0, 0x20, 0x80, 0xff]) {
      const filling = Buffer.alloc(file.length, value);
      for (const end of [Buffer.alloc(0), EOI]) {
        yield bad(
          `jpeg cut at ${part} and filled with ${value}${end.length > 0 ? ', closed' : ''}`,
          () => Buffer.concat([file.subarray(0, cut), filling, end]),
          'image-truncated',
          'image-corrupt',
        );
      }
    }
  }
}

/** Files that are made to be much work for who walks their codes: sizes that no bytes are there for. */
function* endless(): Generator<ImageCase> {
  const frame = jpegSegment(
    0xc0,
    Buffer.from([8, 0x1b, 0x58, 0x1b, 0x58, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]),
  );
  const quantizers = jpegSegment(0xdb, Buffer.concat([Buffer.alloc(1), Buffer.alloc(64, 1)]));
  const oneBit = (place: number, symbol: number): Buffer =>
    jpegSegment(0xc4, Buffer.concat([Buffer.from([place, 1]), Buffer.alloc(15), Buffer.from([symbol])]));
  for (const [name, symbol] of [
    ['ends of blocks', 0],
    ['zeros', 0xf0],
    ['ones', 0x01],
  ] as const) {
    const head = [
      SOI,
      quantizers,
      frame,
      oneBit(0, 0),
      oneBit(0x10, symbol),
      scanHeader([0, 1, 2], [0, 63, 0]),
    ];
    for (const end of [Buffer.alloc(0), EOI]) {
      yield bad(
        `jpeg of 49 million pixels, ${name} in a bit each${end.length > 0 ? ', closed' : ''}`,
        () => Buffer.concat([...head, Buffer.alloc(400_000), end]),
        'image-truncated',
      );
    }
  }
}

/** JPEG files of odd sizes, cut short, or against the rules. */
export const jpegSizesAndDamage = (): ImageCase[] => [
  ...sizes(),
  ...damage(),
  ...blemishes(),
  ...filled(),
  ...endless(),
];
