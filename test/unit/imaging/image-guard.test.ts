import fc from 'fast-check';
import sharp from 'sharp';
import { Problem } from '#contracts/problem-catalog.js';
import { checkDimensions, type ImageFacts } from '#imaging/formats/image-facts.js';
import { guardFile, ImageGuard } from '#imaging/guard/image-guard.js';
import { bmp } from '../../hostile/makers/bmp-maker.js';
import { gif } from '../../hostile/makers/gif-maker.js';
import { tiff } from '../../hostile/makers/tiff-maker.js';
import { jpeg } from '../../hostile/makers/jpeg-maker.js';

/** Marker of each scan of a JPEG. */
const SOS = Buffer.from([0xff, 0xda]);

const picture = sharp({
  create: { width: 37, height: 21, channels: 4, background: { r: 200, g: 30, b: 60, alpha: 0.5 } },
});

const LIMITS = { maxPixels: 2e9, maxProgressivePixels: 2e9, maxSidePixels: 0x7fffffff };

const problemOf = (act: () => unknown): Problem | undefined => {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  return undefined;
};

const codeOf = (act: () => unknown): string | undefined => problemOf(act)?.code;

/** What is known after these bytes. */
function factsOf(head: Uint8Array): ImageFacts | undefined {
  const guard = new ImageGuard(LIMITS);
  guard.inspect(head);
  return guard.facts;
}

/** What is known at the end of a file that arrives in chunks of `size`. */
function inPieces(file: Buffer, size: number): ImageFacts {
  const guard = new ImageGuard(LIMITS);
  for (let at = 0; at < file.length; at += size) guard.inspect(file.subarray(at, at + size));
  return guard.end();
}

/** A JPEG's markers up to the frame header of a 5 × 3 image, after `middle`. */
const jpegWith = (...middle: number[]): Buffer =>
  Buffer.from([
    0xff,
    0xd8,
    ...middle,
    0xff,
    0xc0,
    0,
    17,
    8,
    0,
    3,
    0,
    5,
    3,
    1,
    0x11,
    0,
    2,
    0x11,
    1,
    3,
    0x11,
    1,
  ]);

describe('image guard', () => {
  const files: [string, boolean, () => Promise<Buffer>][] = [
    ['jpeg', false, () => picture.clone().jpeg().toBuffer()],
    [
      'jpeg',
      true,
      () => picture.clone().jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
    ],
    ['png', true, () => picture.clone().png({ progressive: true }).toBuffer()],
    ['png', false, () => picture.clone().png().toBuffer()],
    ['webp', false, () => picture.clone().removeAlpha().webp().toBuffer()],
    ['webp', false, () => picture.clone().webp({ lossless: true }).toBuffer()],
    ['webp', false, () => picture.clone().webp().withMetadata().toBuffer()],
  ];

  test.each(files)(
    'given a %s file, progressive %s, when it arrives in any chunks, with anything after it, then it is the same image',
    async (format, progressive, make) => {
      const file = await make();
      const facts = { format, width: 37, height: 21, progressive, bytes: file.length };
      for (const size of [1, 2, 3, 7, 64, 1000, file.length]) expect(inPieces(file, size)).toEqual(facts);
      const polyglot = Buffer.concat([file, Buffer.from('PK\x03\x04 <script>'), file]);
      for (const size of [1, 5, polyglot.length]) expect(inPieces(polyglot, size)).toEqual(facts);
    },
  );

  test.each(files)(
    'given a %s file, progressive %s, when it is cut anywhere, then it is truncated',
    async (format, _progressive, make) => {
      const file = await make();
      // Whether the last scan of a JPEG is whole is found out where the file is whole in memory.
      const end = format === 'jpeg' ? file.lastIndexOf(SOS) + 2 : file.length;
      for (let length = 1; length < end; length += 1) {
        expect(codeOf(() => guardFile(file.subarray(0, length), LIMITS))).toBe('image-truncated');
      }
    },
  );

  test('given a JPEG without its end marker, when its scans are complete, then it passes with all of its bytes', async () => {
    for (const progressive of [false, true]) {
      const file = (await picture.clone().jpeg({ progressive }).toBuffer()).subarray(0, -2);
      for (const size of [1, 3, 64, file.length]) {
        expect(inPieces(file, size)).toMatchObject({ width: 37, progressive, bytes: file.length });
      }
    }
  });

  test('given a JPEG without its end marker, when it is arithmetic-coded, then it counts as truncated', () => {
    for (const frame of [0xc9, 0xca]) {
      const file = jpeg({ width: 16, height: 8, frame });
      expect(guardFile(file, LIMITS)).toMatchObject({ width: 16, height: 8, bytes: file.length });
      expect(codeOf(() => guardFile(file.subarray(0, -2), LIMITS))).toBe('image-truncated');
    }
  });

  test('given kinds of JPEG that no browser shows, when probed, then the error names the kind', () => {
    const kinds: [Buffer, RegExp][] = [
      [jpeg({ width: 16, height: 8, precision: 12, frame: 0xc1 }), /12 bits/],
      [jpeg({ width: 16, height: 8, frame: 0xc3 }), /lossless/],
      [jpeg({ width: 16, height: 0 }), /DNL/],
    ];
    for (const [file, name] of kinds) {
      const problem = problemOf(() => guardFile(file, LIMITS));
      expect(problem?.code).toBe('image-type-unsupported');
      expect(problem?.facts.detail).toMatch(name);
    }
  });

  test('given other formats, when they have arrived, then the type is unsupported', () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    for (const file of [svg, Buffer.from('RIFF0000WAVEfmt 00000000000000000000')]) {
      expect(codeOf(() => guardFile(file, LIMITS))).toBe('image-type-unsupported');
    }
  });

  test('given formats that end with their file, when bytes follow, then it is the same image', async () => {
    const pixels = await picture.clone().removeAlpha().raw().toBuffer();
    const size = { width: 37, height: 21 };
    const files = {
      gif: gif(size),
      bmp: bmp(size),
      tiff: tiff(size),
      avif: await sharp(pixels, { raw: { ...size, channels: 3 } })
        .avif({ effort: 0 })
        .toBuffer(),
    };
    for (const [format, file] of Object.entries(files)) {
      const known = { format, ...size, progressive: format === 'avif' };
      for (const piece of [1, 7, 64, file.length]) {
        expect(inPieces(file, piece)).toMatchObject(known);
        expect(inPieces(Buffer.concat([file, Buffer.from('PK\x03\x04')]), piece)).toMatchObject(known);
      }
      const header = guardFile(file, LIMITS).bytes;
      expect(header).toBeLessThanOrEqual(file.length);
      for (let length = 1; length < (format === 'tiff' ? 2300 : 40); length += 7) {
        expect(codeOf(() => guardFile(file.subarray(0, length), LIMITS))).toBe('image-truncated');
      }
    }
  });

  test('given formats that are not enabled, when their files arrive, then they are rejected at once', () => {
    const guard = new ImageGuard({ ...LIMITS, formats: ['jpeg'] });
    expect(codeOf(() => guard.inspect(bmp({ width: 37, height: 21 })))).toBe('image-type-unsupported');
  });

  test('given an AVIF beyond 25 megapixels, when it is probed, then its own limit is named', () => {
    const facts = { format: 'avif', width: 6000, height: 5000, progressive: true } as const;
    expect(codeOf(() => checkDimensions(facts, LIMITS))).toBe('image-too-many-pixels');
    try {
      checkDimensions(facts, LIMITS);
    } catch (error) {
      expect(error).toMatchObject({ facts: { limit: 25_000_000, unit: 'pixels' } });
    }
  });

  test('given a JPEG with stray bytes and fill before its frame, when probed, then they are skipped', () => {
    expect(factsOf(jpegWith(0xff, 0xff, 0xfe, 0, 4, 1, 2, 0x00, 0x17, 0xff))).toMatchObject({
      width: 5,
      height: 3,
    });
  });

  test('given a JPEG whose scan comes before any frame, or endless fill, when probed, then it is corrupt', () => {
    expect(codeOf(() => factsOf(jpegWith(0xff, 0xda, 0, 4, 1, 2)))).toBe('image-corrupt');
    expect(codeOf(() => factsOf(jpegWith(0xff, 0xe0, 0, 1)))).toBe('image-corrupt');
    expect(codeOf(() => factsOf(jpegWith(...Array<number>(10_000).fill(0xff))))).toBe('image-corrupt');
    const tiny = Array.from({ length: 5000 }, () => [0xff, 0xe0, 0, 2]).flat();
    expect(codeOf(() => factsOf(jpegWith(...tiny)))).toBe('image-corrupt');
  });

  test('given a PNG with a side of 0 or of more than 31 bits, when probed, then it is corrupt', async () => {
    const png = await picture.clone().png().toBuffer();
    for (const width of [0, 0x80000000]) {
      const broken = Buffer.from(png);
      broken.writeUInt32BE(width, 16);
      expect(codeOf(() => factsOf(broken))).toBe('image-corrupt');
    }
  });

  test('given a complete file that ends inside its header, when probed as a file, then it is truncated', async () => {
    const png = await picture.clone().png().toBuffer();
    expect(codeOf(() => guardFile(png.subarray(0, 20), LIMITS))).toBe('image-truncated');
    expect(codeOf(() => guardFile(Buffer.alloc(0), LIMITS))).toBe('image-truncated');
  });

  test('given any bytes after any signature, when probed, then it returns facts or throws a problem, and nothing else', () => {
    const magic = fc.constantFrom(
      [],
      [0xff, 0xd8, 0xff],
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
      [...Buffer.from('RIFF0000WEBPVP8X')],
      [...Buffer.from('RIFF0000WEBPVP8L')],
      [...Buffer.from('RIFF0000WEBPVP8 ')],
      [...Buffer.from('GIF89a\x08\0\x08\0\0\0\0', 'latin1')],
      [...Buffer.from('BM000000000000\x28\0\0\0', 'latin1')],
      [...Buffer.from('II*\0\x08\0\0\0', 'latin1')],
      [...Buffer.from('\0\0\0\x18ftypavif\0\0\0\0avifmif1', 'latin1')],
    );
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: 300 }), (head, tail) => {
        let answer;
        try {
          answer = factsOf(Buffer.from([...head, ...tail]));
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
          return;
        }
        if (answer !== undefined) expect(Math.min(answer.width, answer.height)).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });

  test('given more JPEG bytes, when a prefix was already corrupt or known, then the outcome is unchanged', () => {
    const marker = fc.constantFrom(0xffe0, 0xffc0, 0xffc4, 0xffda, 0xffff, 0xffd0, 0x1234);
    const body = fc
      .array(fc.tuple(marker, fc.integer({ min: 0, max: 12 })), { maxLength: 8 })
      .map((segments) =>
        Buffer.from([
          0xff,
          0xd8,
          ...segments.flatMap(([m, n]) => [m >> 8, m & 255, 0, n, ...Array<number>(n).fill(7)]),
        ]),
      );
    const outcome = (bytes: Buffer): unknown => {
      try {
        return factsOf(bytes);
      } catch (error) {
        return (error as Problem).code;
      }
    };
    fc.assert(
      fc.property(body, fc.nat(), (bytes, cut) => {
        const early = outcome(bytes.subarray(0, 3 + (cut % bytes.length)));
        if (typeof early === 'string') expect(outcome(bytes)).toBe(early);
      }),
    );
  });

  test('given limits, when images are at them or beyond, then only those beyond are rejected', () => {
    const limits = { maxPixels: 1000, maxProgressivePixels: 100, maxSidePixels: 100 };
    const outcome = (width: number, height: number, progressive = false): string | undefined =>
      codeOf(() => checkDimensions({ format: 'png', width, height, progressive }, limits));
    expect(outcome(100, 10)).toBeUndefined();
    expect(outcome(10, 10, true)).toBeUndefined();
    for (const beyond of [outcome(101, 1), outcome(91, 11), outcome(11, 10, true)]) {
      expect(beyond).toBe('image-too-many-pixels');
    }
  });
});
