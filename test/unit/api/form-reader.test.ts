import fc from 'fast-check';
import { Problem } from '#contracts/problem-catalog.js';
import {
  boundaryIn,
  HEAD_BYTES,
  startsAsBase64,
  startsAsImage,
  startsAsJson,
  startsAsUrlencoded,
} from '../../../apps/api/src/parsers/body-kind.js';
import { readMultipart } from '../../../apps/api/src/parsers/multipart-reader.js';
import { PeekedSource } from '../../../apps/api/src/parsers/byte-cursor.js';
import {
  FieldTable,
  file,
  readForm,
  text,
  type UploadTarget,
} from '../../../apps/api/src/uploads/form-reader.js';
import { allOf, arriving, sourceOf } from '../../harness/arriving.js';

const JPEG = Buffer.from('ffd8ffe000104a464946', 'hex');
const TABLE = new FieldTable(
  { image: file('input', 'any'), bg_image_file: file('background', 'any'), size: text(20) },
  true,
);

interface Part {
  name: string;
  isFile: boolean;
  value: Buffer;
}

const encoded = (parts: readonly Part[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap(({ name, isFile, value }) => [
      Buffer.from(
        `--x\r\nContent-Disposition: form-data; name="${name}"${isFile ? '; filename=a' : ''}\r\n\r\n`,
      ),
      value,
      Buffer.from('\r\n'),
    ]),
    Buffer.from('--x--'),
  ]);

/** Keeps what is written, and refuses a file that holds `bad`, as the guard of images would. */
class Target implements UploadTarget {
  readonly maxBytes = 1000;
  readonly written = new Map<string, string>();

  writeFile = async (role: string, bytes: AsyncIterable<Buffer>): Promise<void> => {
    const whole = (await allOf(bytes)).toString('latin1');
    if (whole.includes('bad')) throw new Problem('image-corrupt');
    this.written.set(role, whole);
  };
  skipFile = (role: string): void => void this.written.delete(role);
}

async function read(parts: readonly Part[], sizes: number[]): Promise<unknown> {
  const target = new Target();
  const pieces: Buffer[] = [];
  try {
    const source = sourceOf(arriving(encoded(parts), sizes, pieces));
    const form = await readForm(readMultipart(source, 'multipart/form-data; boundary=x'), TABLE, target);
    return { files: [...form.files].sort(), ignored: form.ignored, written: [...target.written].sort() };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { code: error.code, ...error.facts };
  } finally {
    expect(pieces.every((piece) => piece.every((byte) => byte === 0))).toBe(true);
  }
}

const part = (name: string, value: string, isFile = true): Part => ({
  name,
  isFile,
  value: isFile ? Buffer.concat([JPEG, Buffer.from(value)]) : Buffer.from(value),
});
const image = (value: string): string => JPEG.toString('latin1') + value;
const input = (value: string): [string, string] => ['input', image(value)];

describe('readForm', () => {
  test.each<[string, Part[], unknown]>([
    ['one of any name', [part('photo', 'a')], { files: ['input'], ignored: [], written: [input('a')] }],
    [
      'an unknown one before the image',
      [part('photo', 'a'), part('image', 'b')],
      { files: ['input'], ignored: ['photo'], written: [input('b')] },
    ],
    [
      'a damaged one before the image',
      [part('photo', 'bad'), part('image', 'b'), part('more', 'c')],
      { files: ['input'], ignored: ['photo', 'more'], written: [input('b')] },
    ],
    ['a damaged one alone', [part('photo', 'bad')], { code: 'image-corrupt' }],
    ['two unknown ones', [part('a', '1'), part('b', '2')], { files: [], ignored: ['a', 'b'], written: [] }],
    [
      'an unknown one beside a background',
      [part('bg_image_file', 'a'), part('photo', 'b')],
      { files: ['background', 'input'], ignored: [], written: [['background', image('a')], input('b')] },
    ],
    [
      'base64 in a text of any name',
      [part('data', JPEG.toString('base64'), false), part('user_id', '7', false)],
      { files: ['input'], ignored: ['user_id'], written: [input('')] },
    ],
    ['two images', [part('image', '1'), part('image', '2')], { code: 'multiple-images' }],
    [
      'a name in the place of a file',
      [part('image', 'photo.jpg', false)],
      {
        code: 'image-type-unsupported',
        parameter: 'image',
        detail: expect.stringContaining('write -F image=@photo.jpg') as string,
      },
    ],
    [
      'a URL in the place of a file',
      [part('image', 'https://example.com/a.jpg', false)],
      {
        code: 'image-type-unsupported',
        parameter: 'image',
        detail: expect.stringContaining('the URL as "image_url"') as string,
      },
    ],
  ])(
    'given %s, when the form arrives in any pieces, then the result is the same',
    async (_, parts, outcome) => {
      for (const sizes of [[1], [7, 40], [4096]]) expect(await read(parts, sizes)).toEqual(outcome);
    },
  );

  test('given any fields in any order, when `image` is one of them, then it is the image', async () => {
    const other = fc.record({
      name: fc.constantFrom('a', 'photo', 'image_file', 'size', 'x y'),
      isFile: fc.boolean(),
      value: fc.constantFrom('', 'text', 'bad'),
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(other, { maxLength: 4 }), fc.nat(4), sizes, async (others, at, pieces) => {
        const parts = others.map(({ name, isFile, value }) => part(name, value, isFile && name !== 'size'));
        parts.splice(at, 0, part('image', 'right'));
        expect(await read(parts, pieces)).toMatchObject({ files: ['input'], written: [input('right')] });
      }),
      { numRuns: 100 },
    );
  });
});

describe('kind of a body', () => {
  test('given any bytes in any pieces, when they are peeked first, then they are read completely', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        sizes,
        fc.nat(200),
        async (bytes, pieces, count) => {
          const source = new PeekedSource(sourceOf(arriving(Buffer.from(bytes), pieces)));
          expect(Buffer.from(await source.peek(count))).toEqual(Buffer.from(bytes.subarray(0, count)));
          expect(await allOf(source.pieces())).toEqual(Buffer.from(bytes));
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each<[string, string | Buffer]>([
    ['image', JPEG],
    ['image', Buffer.from('89504e470d0a1a0a', 'hex')],
    ['image', 'RIFF1234WEBP'],
    ['image', 'GIF89a'],
    ['image', Buffer.from('0000001c66747970617669660000', 'hex')],
    ['image', Buffer.from('424d3600000000000000', 'hex')],
    ['base64', JPEG.toString('base64')],
    ['base64', 'data:image/png;base64,iVBO'],
    ['base64', Buffer.from('0000001c6674797061766966', 'hex').toString('base64')],
    ['json', ' \r\n{"image": 1}'],
    ['json', '\ufeff{}'],
    ['urlencoded', 'image_url=http%3A%2F%2Fa'],
    ['boundary', '--a b\r\nContent-Disposition: form-data'],
    ['boundary', '\r\n----WebKitFormBoundaryAaBb \ncontent-type: a/b'],
    ['none', 'photo.jpg'],
    ['none', '--x--'],
    ['none', '--\r\nContent-Disposition: a'],
    ['none', 'BM, not a bitmap'],
    ['none', `${'a'.repeat(101)}=b`],
    ['none', ''],
    ['none', Buffer.from([0xff, 0xfe, 0x00])],
  ])('given %s, when its first bytes are looked at, then it is told from the others', (kind, body) => {
    const head = Buffer.from(body).subarray(0, HEAD_BYTES);
    const kinds = {
      image: startsAsImage(head),
      base64: startsAsBase64(head),
      json: startsAsJson(head),
      urlencoded: startsAsUrlencoded(head),
      boundary: boundaryIn(head) !== undefined,
    };
    expect(Object.entries(kinds).flatMap(([name, is]) => (is ? [name] : []))).toEqual(
      kind === 'none' ? [] : [kind],
    );
  });
});
