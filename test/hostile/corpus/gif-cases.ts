import { gif, gifExtension } from '../makers/gif-maker.js';
import { bad, good, SECRET, type ImageCase } from './image-case.js';

const SIZE = { width: 48, height: 32 };
const COMMENT = 0xfe;
const APPLICATION = 0xff;

function* kinds(): Generator<ImageCase> {
  yield good('plain gif', () => gif(SIZE), SIZE);
  yield good('interlaced gif', () => gif(SIZE, [{ ...SIZE, isInterlaced: true }]), SIZE);
  yield good('gif of version 87', () => Buffer.concat([Buffer.from('GIF87a'), gif(SIZE).subarray(6)]), SIZE);
  yield good('gif without its trailer', () => gif(SIZE).subarray(0, -1), SIZE);
  yield good(
    'gif with data after its first frame',
    () => Buffer.concat([gif(SIZE).subarray(0, -1), Buffer.from(SECRET)]),
    SIZE,
  );
  yield good('gif without an end of its codes', () => gif(SIZE, [{ ...SIZE, isOpen: true }]), SIZE);
  yield good('gif with a screen of nothing', () => gif({ width: 0, height: 0 }, [SIZE]), SIZE);
  for (const count of [2, 1000, 100_000]) {
    yield good(
      `gif of ${count} frames`,
      () => gif(SIZE, Array(count).fill({ width: 1, height: 1 }).toSpliced(0, 1, SIZE)),
      SIZE,
    );
  }
  yield good(
    'gif with texts',
    () =>
      gif(
        SIZE,
        [SIZE],
        [gifExtension(COMMENT, SECRET.repeat(40)), gifExtension(APPLICATION, `XMP DataXMP${SECRET}`)],
      ),
    SIZE,
  );
  const screen = { width: 96, height: 64 };
  yield {
    name: 'gif whose frame is a part of its screen',
    make: () => gif(screen, [{ ...SIZE, left: 10, top: 8 }]),
    outcome: screen,
  };
  yield {
    name: 'gif whose frame reaches beyond its screen',
    make: () => gif({ width: 20, height: 20 }, [{ ...SIZE, left: 10, top: 8 }]),
    outcome: { width: 58, height: 40 },
  };
}

/** A GIF whose frame says that it is larger than it is. */
function hugeFrame(width: number, height: number): Buffer {
  const file = gif(SIZE);
  file.writeUInt16LE(width, 38);
  file.writeUInt16LE(height, 40);
  return file;
}

function* damage(): Generator<ImageCase> {
  for (const length of [6, 10, 13, 20, 25, 30, 36, 45, 100, 400]) {
    yield bad(`gif of ${length} bytes`, () => gif(SIZE).subarray(0, length), 'image-truncated');
  }
  yield bad(
    'gif with fewer pixels than its size',
    () => gif(SIZE, [{ ...SIZE, pixels: 1535 }]),
    'image-truncated',
  );
  yield bad(
    'gif with fewer pixels and no end',
    () => gif(SIZE, [{ ...SIZE, pixels: 1500, isOpen: true }]),
    'image-truncated',
  );
  yield bad('gif without a frame', () => gif(SIZE, []), 'image-corrupt');
  yield bad(
    'gif without a palette',
    () => Buffer.concat([Buffer.from('GIF89a\x30\0\x20\0\0\0\0', 'latin1'), gif(SIZE).subarray(25)]),
    'image-corrupt',
  );
  const changed = (at: number, byte: number) => (): Buffer => {
    const file = gif(SIZE);
    file[at] = byte;
    return file;
  };
  // The graphic control takes 8 bytes from 25 on, the image's head 10, and then comes the code size.
  yield bad('gif of codes of 9 bits', changed(43, 9), 'image-corrupt');
  yield bad('gif of codes of no bits', changed(43, 0), 'image-corrupt');
  yield bad('gif with a block of another kind', changed(33, 0x2d), 'image-corrupt');
  yield bad('gif whose first code is not known', changed(45, 0xff), 'image-corrupt', 'image-truncated');
  for (const [width, height] of [
    [65_535, 65_535],
    [20_001, 2],
    [8000, 7000],
  ] as const) {
    yield bad(
      `gif screen of ${width} × ${height}`,
      () => gif({ width, height }, [SIZE]),
      'image-too-many-pixels',
    );
    yield bad(`gif frame of ${width} × ${height}`, () => hugeFrame(width, height), 'image-too-many-pixels');
  }
  const small = Buffer.alloc(2, 1);
  yield bad(
    'gif of a million sub-blocks',
    () =>
      gif(
        SIZE,
        [SIZE],
        [Buffer.concat([Buffer.from([0x21, COMMENT]), Buffer.alloc(2_000_000, small), Buffer.alloc(1)])],
      ),
    'image-too-complex',
  );
  yield bad(
    'gif of 6,000 extensions',
    () => gif(SIZE, [SIZE], Array<Buffer>(6000).fill(gifExtension(COMMENT, 'x'))),
    'image-too-complex',
  );
}

/** GIF files, good and bad. */
export const gifCases = (): ImageCase[] => [...kinds(), ...damage()];
