import { exifTiff } from '../makers/exif-maker.js';
import { canvasChunk, riffChunk, webp, webpChunksOf, webpOf } from '../makers/webp-maker.js';
import { bad, SECRET, type ImageCase } from './image-case.js';

/** Size of the pattern in WebP files. */
export const SIZE = { width: 48, height: 32 };
const EXIF = 0x08;

/** The chunk of pixels of a simple file. */
export const imageOf = async (lossless = true, size = SIZE): Promise<Buffer> =>
  webpChunksOf(await webp(size, lossless)).find(({ type }) => type.startsWith('VP8'))!.chunk;

/** What a file is called. */
export const kindOf = (lossless: boolean): string => (lossless ? 'lossless webp' : 'lossy webp');
/** By how much its colors may be off. */
export const toleranceOf = (lossless: boolean): number => (lossless ? 0 : 16);

function* sizes(): Generator<ImageCase> {
  for (const lossless of [true, false]) {
    for (const [width, height] of [
      [1, 1],
      [2, 2],
      [1, 16_383],
      [16_383, 1],
      [3, 7],
      [5000, 2],
    ] as const) {
      yield {
        name: `${kindOf(lossless)} ${width} × ${height}`,
        make: () => webp({ width, height }, lossless),
        outcome: { width, height },
      };
    }
  }
  const claims = (size: typeof SIZE) => async (): Promise<Buffer> =>
    webpOf([canvasChunk(size, 0), await imageOf()]);
  for (const size of [
    { width: 20_001, height: 1 },
    { width: 1, height: 20_001 },
    { width: 8000, height: 7000 },
  ]) {
    yield bad(`webp canvas ${size.width} × ${size.height}`, claims(size), 'image-too-many-pixels');
  }
  for (const size of [
    { width: 96, height: 32 },
    { width: 24, height: 32 },
    { width: 1, height: 1 },
  ]) {
    yield bad(
      `webp canvas ${size.width} × ${size.height} around another image`,
      claims(size),
      'image-corrupt',
    );
  }
}

function* damage(): Generator<ImageCase> {
  for (const lossless of [true, false]) {
    const kind = kindOf(lossless);
    for (const within of [12, 13, 16, 19, 20, 25, 30, 40]) {
      yield bad(
        `${kind} cut at byte ${within}`,
        async () => (await webp(SIZE, lossless)).subarray(0, within),
        'image-truncated',
      );
    }
    for (const part of [0.3, 0.5, 0.7, 0.9]) {
      yield bad(
        `${kind} cut at ${part}`,
        async () => cutAt(await webp(SIZE, lossless), part),
        'image-truncated',
      );
      yield bad(
        `${kind} cut at ${part}, with lengths to match`,
        async () => {
          const image = await imageOf(lossless);
          return webpOf([riffChunk(image.toString('latin1', 0, 4), cutAt(image.subarray(8), part))]);
        },
        'image-corrupt',
      );
    }
    const exif = riffChunk('EXIF', exifTiff({ orientation: 6, secret: SECRET }));
    const whole = async (): Promise<Buffer> =>
      webpOf([canvasChunk(SIZE, EXIF), await imageOf(lossless), exif]);
    for (const back of [1, 10, exif.length - 4, exif.length]) {
      yield bad(
        `${kind} with metadata, ${back} bytes short`,
        async () => (await whole()).subarray(0, -back),
        'image-truncated',
      );
    }
    yield bad(
      `${kind} that announces less than it has`,
      async () => webpOf([await imageOf(lossless)], 30),
      'image-corrupt',
    );
    yield bad(
      `${kind} that announces 4 GB`,
      async () => webpOf([await imageOf(lossless)], 0xfffffffe),
      'image-truncated',
    );
    yield bad(
      `two ${kind} in one`,
      async () => webpOf([canvasChunk(SIZE, 0), await imageOf(lossless), await imageOf(lossless)]),
      'image-corrupt',
    );
    yield bad(
      `${kind} with its magic changed`,
      async () => {
        const file = Buffer.from(await webp(SIZE, lossless));
        file[lossless ? 20 : 23]! ^= 0xff;
        return file;
      },
      'image-corrupt',
    );
  }
  yield bad('webp of a canvas alone', () => webpOf([canvasChunk(SIZE, 0)]), 'image-corrupt');
  yield bad('webp of an unknown chunk', () => webpOf([riffChunk('abcd', Buffer.alloc(40))]), 'image-corrupt');
  yield bad(
    'webp of alpha alone',
    () => webpOf([canvasChunk(SIZE, 0x10), riffChunk('ALPH', Buffer.alloc(40))]),
    'image-corrupt',
  );
  yield bad('webp of nothing', () => webpOf([]), 'image-corrupt');
}

const cutAt = (file: Buffer, part: number): Buffer => file.subarray(0, Math.floor(file.length * part));

/** WebP files of odd sizes, cut short, or against the rules. */
export const webpSizesAndDamage = (): ImageCase[] => [...sizes(), ...damage()];
