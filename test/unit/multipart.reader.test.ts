import fc from 'fast-check';
import { Problem } from '#contracts/problem.catalogue.js';
import { MultipartReader } from '../../apps/api/src/parsers/multipart-reader.js';

const TYPE = 'multipart/form-data; boundary=----x';

interface Sent {
  name: string;
  file: string | undefined;
  body: Buffer;
}

const encode = (parts: Sent[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap(({ name, file, body }) => [
      Buffer.from(
        `------x\r\ncontent-disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"`}\r\n` +
          'Content-Type: application/octet-stream\r\n\r\n',
      ),
      body,
      Buffer.from('\r\n'),
    ]),
    Buffer.from('------x--\r\n'),
  ]);

async function* arriving(whole: Buffer, sizes: number[]): AsyncGenerator<Buffer, void> {
  for (let at = 0, i = 0; at < whole.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? 1);
    yield await Promise.resolve(Buffer.from(whole.subarray(at, at + size)));
    at += size;
  }
}

async function read(whole: Buffer, sizes = [65_536], type = TYPE): Promise<Sent[]> {
  const found: Sent[] = [];
  for await (const { name, isFile, body } of new MultipartReader(arriving(whole, sizes), type).parts()) {
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(Buffer.from(piece));
    found.push({ name, file: isFile ? 'some' : undefined, body: Buffer.concat(pieces) });
  }
  return found;
}

const codeOf = (error: unknown): string => (error instanceof Problem ? error.code : String(error));

describe('reading a form', () => {
  it('given any parts arriving in any pieces, when they are read, then names and bodies come back whole', async () => {
    const part = fc.record({
      name: fc.stringMatching(/^[a-z_]{1,20}$/),
      file: fc.option(fc.stringMatching(/^[a-z; =.]{0,12}$/), { nil: undefined }),
      body: fc
        .array(fc.oneof(fc.constantFrom('\r\n', '--', '\r\n----', '-', '\r', '\r\n------'), fc.string()))
        .map((texts) => Buffer.from(texts.join(''))),
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), sizes, async (parts, pieces) => {
        fc.pre(parts.every(({ body }) => !body.includes('\r\n------x')));
        const found = await read(encode(parts), pieces);
        expect(found.map(({ name }) => name)).toEqual(parts.map(({ name }) => name));
        expect(found.map(({ file }) => file !== undefined)).toEqual(
          parts.map(({ file }) => file !== undefined),
        );
        expect(found.every(({ body }, i) => body.equals(parts[i]?.body ?? Buffer.alloc(0)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('given a form cut anywhere, when it is read, then it is malformed and nothing hangs', async () => {
    const whole = encode([{ name: 'image', file: 'a.jpg', body: Buffer.from('bytes\r\n--of an image') }]);
    for (let end = 0; end < whole.length - 4; end++) {
      await expect(read(whole.subarray(0, end)).catch(codeOf)).resolves.toBe('malformed-multipart');
    }
  });

  it.each([
    ['no boundary in the type', 'multipart/form-data', '--x--'],
    ['text before the first part', 'multipart/form-data; boundary=x', 'hello\r\n--x--'],
    [
      'a part without a name',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Type: a/b\r\n\r\nz\r\n--x--',
    ],
    ['rubbish behind a delimiter', 'multipart/form-data; boundary=x', '--xyz\r\n'],
    ['a head without end', 'multipart/form-data; boundary=x', `--x\r\n${'a: b\r\n'.repeat(3000)}`],
    ['an epilogue without end', 'multipart/form-data; boundary=x', `--x--${'z'.repeat(200_000)}`],
  ])('given %s, when it is read, then it is malformed', async (_what, type, text) => {
    await expect(read(Buffer.from(text), [4096], type).catch(codeOf)).resolves.toBe('malformed-multipart');
  });

  it('given a connection that breaks, when the form is read, then the upload was interrupted', async () => {
    async function* breaking(): AsyncGenerator<Buffer, void> {
      yield await Promise.resolve(Buffer.from('------x\r\n'));
      throw new Error('aborted');
    }
    const reading = new MultipartReader(breaking(), TYPE).parts().next();
    await expect(reading.catch(codeOf)).resolves.toBe('upload-interrupted');
  });

  it('given everything that arrived, when the form has been read, then it was wiped', async () => {
    const arrived: Buffer[] = [];
    async function* kept(): AsyncGenerator<Buffer, void> {
      for await (const piece of arriving(
        encode([{ name: 'a', file: 'secret.jpg', body: Buffer.alloc(999, 7) }]),
        [50],
      )) {
        arrived.push(piece);
        yield piece;
      }
    }
    for await (const { body } of new MultipartReader(kept(), TYPE).parts())
      for await (const piece of body) expect(piece.length).toBeGreaterThan(0);
    expect(arrived.length).toBeGreaterThan(20);
    expect(arrived.every((piece) => piece.every((byte) => byte === 0))).toBe(true);
  });
});
