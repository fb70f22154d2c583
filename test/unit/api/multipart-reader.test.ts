import fc from 'fast-check';
import { Problem } from '#contracts/problem-catalog.js';
import { readMultipart } from '../../../apps/api/src/parsers/multipart-reader.js';
import { arriving, breaking, sourceOf } from '../../harness/arriving.js';

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

async function read(whole: Buffer, sizes = [65_536], type = TYPE): Promise<Sent[]> {
  const found: Sent[] = [];
  for await (const { name, isFile, body } of readMultipart(sourceOf(arriving(whole, sizes)), type)) {
    const field = String(name);
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(Buffer.from(piece));
    found.push({ name: field, file: isFile ? 'some' : undefined, body: Buffer.concat(pieces) });
  }
  return found;
}

const codeOf = (error: unknown): string => (error instanceof Problem ? error.code : String(error));

describe('readMultipart', () => {
  it('given any parts arriving in any pieces, when they are read, then names and bodies are complete', async () => {
    const part = fc.record({
      name: fc.stringMatching(/^[a-z_]{1,20}$/),
      file: fc.option(fc.stringMatching(/^[a-z; =.]{0,12}$/), { nil: undefined }),
      body: fc
        .array(fc.oneof(fc.constantFrom('\r\n', '--', '\r\n----', '-', '\r', '\r\n------'), fc.string()))
        .map((texts) => Buffer.from(texts.join(''))),
    });
    const around = fc.tuple(
      fc.constantFrom('', '\r\n', 'a preamble\r\n', '--\r\n\r\n------\r\n'),
      fc.constantFrom('', ' ', '\t  '),
      fc.constantFrom('', 'an epilogue', '\r\n------x\r\n'.repeat(9)),
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        around,
        sizes,
        async (parts, [before, blanks, after], pieces) => {
          fc.pre(parts.every(({ body }) => !body.includes('\r\n------x')) && !before.includes('------x'));
          const form = encode(parts)
            .toString('latin1')
            .replaceAll(/(------x)(?=\r\ncontent)/g, `$1${blanks}`);
          const found = await read(Buffer.from(before + form + after, 'latin1'), pieces);
          expect(found.map(({ name }) => name)).toEqual(parts.map(({ name }) => name));
          expect(found.map(({ file }) => file !== undefined)).toEqual(
            parts.map(({ file }) => file !== undefined),
          );
          expect(found.every(({ body }, i) => body.equals(parts[i]?.body ?? Buffer.alloc(0)))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('given a form that is truncated anywhere, when it is read, then it is malformed and nothing hangs', async () => {
    const whole = encode([{ name: 'image', file: 'a.jpg', body: Buffer.from('bytes\r\n--of an image') }]);
    for (let end = 0; end < whole.length - 4; end++) {
      await expect(read(whole.subarray(0, end)).catch(codeOf)).resolves.toBe('malformed-multipart');
    }
  });

  it.each([
    ['no boundary in the type', 'multipart/form-data', '--x--'],
    ['two boundaries in the type', 'multipart/form-data; boundary=x; boundary=y', '--x--'],
    ['nothing but a preamble', 'multipart/form-data; boundary=x', 'hello\r\n--y--'],
    [
      'line ends of two kinds',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x\n',
    ],
    [
      'an empty head',
      'multipart/form-data; boundary=x',
      '--x\r\n\r\nContent-Disposition: form-data; name=a\r\n\r\nz\r\n--x--',
    ],
    [
      'a part without a name',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Type: a/b\r\n\r\nz\r\n--x--',
    ],
    ['rubbish behind a delimiter', 'multipart/form-data; boundary=x', '--xyz\r\n'],
    ['a head without end', 'multipart/form-data; boundary=x', `--x\r\n${'a: b\r\n'.repeat(3000)}`],
  ])('given %s, when it is read, then it is malformed', async (_what, type, text) => {
    await expect(read(Buffer.from(text), [4096], type).catch(codeOf)).resolves.toBe('malformed-multipart');
  });

  it('given bare line feeds, when it is read, then they end lines, and a carriage return is part of a value', async () => {
    const head = 'content-disposition: form-data; name';
    const text = `hello\n--x \n${head}=a\n\nb\r\n--x\nA: b\n${head}="c"; filename=d\n\ne\n\n--x--\n`;
    for (const size of [1, 7, 4096]) {
      const found = await read(Buffer.from(text), [size], 'multipart/form-data; boundary = "x"');
      expect(found.map(({ name, file, body }) => [name, file, body.toString()])).toEqual([
        ['a', undefined, 'b\r'],
        ['c', 'some', 'e\n'],
      ]);
    }
  });

  it('given a Content-Type without a boundary, or with two, when it is read, then the error names the parameter', async () => {
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=a; boundary=b']) {
      const reading = readMultipart(sourceOf(arriving(Buffer.from('--a--'), [9])), type).next();
      await expect(reading).rejects.toMatchObject({
        facts: { detail: expect.stringContaining('boundary parameter') as unknown },
      });
    }
  });

  it('given a name of any length, when it is longer than all known names, then it is not copied', async () => {
    const part = (name: string): Sent => ({ name, file: undefined, body: Buffer.from('z') });
    const found = await read(
      encode([part('a'.repeat(100)), part('a'.repeat(101)), part('b'.repeat(7000))]),
      [64],
    );
    expect(found.map(({ name }) => name.length)).toEqual([100, 0, 0]);
  });

  it('given a connection that closes, when the form is read, then the upload is interrupted', async () => {
    const reading = readMultipart(sourceOf(breaking('------x\r\n')), TYPE).next();
    await expect(reading.catch(codeOf)).resolves.toBe('upload-interrupted');
  });

  it('given a form, when it has been read, then all received bytes are wiped', async () => {
    const arrived: Buffer[] = [];
    const form = encode([{ name: 'a', file: 'secret.jpg', body: Buffer.alloc(999, 7) }]);
    for await (const { body } of readMultipart(sourceOf(arriving(form, [50], arrived)), TYPE))
      for await (const piece of body) expect(piece.length).toBeGreaterThan(0);
    expect(arrived.length).toBeGreaterThan(20);
    expect(arrived.every((piece) => piece.every((byte) => byte === 0))).toBe(true);
  });
});
