import { createHook } from 'node:async_hooks';
import fc from 'fast-check';
import { Problem } from '#contracts/problem-catalog.js';
import { readJson } from '../../../apps/api/src/parsers/json-reader.js';
import { readMultipart } from '../../../apps/api/src/parsers/multipart-reader.js';
import { readUrlencoded } from '../../../apps/api/src/parsers/urlencoded-reader.js';
import type { ByteSource } from '../../../apps/api/src/parsers/byte-cursor.js';
import type { FormField } from '../../../apps/api/src/parsers/form-field.js';
import { FieldTable, file, text, readForm } from '../../../apps/api/src/uploads/form-reader.js';
import { arriving, sourceOf } from '../../harness/arriving.js';

const MIB = 1_048_576;
const MAX_FIELDS = 1000;
/** Promises for each field, and for each piece that arrives: generators, awaits and all. */
const STEPS_OF_FIELD = 60;
const STEPS_OF_PIECE = 60;
/** Bytes that are searched, compared, copied or wiped for each byte of the body, and for each field. */
const MAX_TOUCHES_OF_BYTE = 12;
const TOUCHES_OF_FIELD = 20_000;

const TYPE = 'multipart/form-data; boundary=boundary';
const TABLE = new FieldTable({
  a: text(64),
  size: text(128),
  photo: file('input'),
  b64: file('background', 'base64'),
});

type Reader = (source: ByteSource) => AsyncIterable<FormField>;
const READERS: Record<string, Reader> = {
  multipart: (source) => readMultipart(source, TYPE),
  json: readJson,
  urlencoded: (source) => readUrlencoded(source),
};

const TOUCHING = ['indexOf', 'lastIndexOf', 'equals', 'copy', 'fill', 'set', 'toString', 'subarray'] as const;
let touched = 0;

/** Counts the bytes that go through the methods of buffers. */
function countTouches(): void {
  for (const method of TOUCHING) {
    const original = (Buffer.prototype as Buffer)[method] as (...all: unknown[]) => unknown;
    jest.spyOn(Buffer.prototype, method).mockImplementation(function (this: Buffer, ...all: unknown[]) {
      const from = method === 'indexOf' && typeof all[1] === 'number' ? all[1] : 0;
      const result = original.apply(this, all);
      const end = method === 'indexOf' && typeof result === 'number' && result >= 0 ? result : this.length;
      touched += method === 'subarray' ? 1 : method === 'copy' ? (result as number) : end - from;
      return result as never;
    });
  }
}

interface Work {
  fields: number;
  pieces: number;
  steps: number;
  touches: number;
  code: string;
}

/** Reads a form as the routes do, and counts what that takes. */
async function workOf(kind: string, body: Buffer, sizes: number[]): Promise<Work> {
  const pieces: Buffer[] = [];
  let fields = 0;
  const counted = async function* (all: AsyncIterable<FormField>): AsyncGenerator<FormField, void> {
    for await (const field of all) {
      fields += 1;
      yield field;
    }
  };
  const writeFile = async (_role: string, bytes: AsyncIterable<Buffer>): Promise<void> => {
    for await (const piece of bytes) piece.fill(0);
  };
  const reader = READERS[kind]!(sourceOf(arriving(body, sizes, pieces)));
  let steps = 0;
  const hook = createHook({ init: (_id, type) => void (steps += type === 'PROMISE' ? 1 : 0) });
  hook.enable();
  touched = 0;
  const reading = readForm(counted(reader), TABLE, {
    maxBytes: 2 * MIB,
    writeFile,
    skipFile: () => undefined,
  });
  const code = await reading.then(
    () => 'read',
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  );
  hook.disable();
  expect(pieces.every((piece) => piece.every((byte) => byte === 0))).toBe(true);
  return { fields, pieces: pieces.length, steps, touches: touched, code };
}

function expectProportional({ fields, pieces, steps, touches, code }: Work, bytes: number): void {
  expect(code).toMatch(/^[a-z-]+$/);
  expect(fields).toBeLessThanOrEqual(MAX_FIELDS + 1);
  expect(steps).toBeLessThanOrEqual(200 + STEPS_OF_FIELD * fields + STEPS_OF_PIECE * pieces);
  expect(touches).toBeLessThanOrEqual(
    100_000 + MAX_TOUCHES_OF_BYTE * bytes + TOUCHES_OF_FIELD * fields + 500 * pieces,
  );
}

const part = (head: string, body = ''): string =>
  `--boundary\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
const repeated = (unit: string, bytes = MIB): string => unit.repeat(Math.ceil(bytes / unit.length));

/** Bodies of 1 MiB that cost most where work is not proportional to bytes. */
const EXPENSIVE: [kind: string, name: string, body: string][] = [
  ['urlencoded', '&', repeated('&')],
  ['urlencoded', '=&', repeated('=&')],
  ['urlencoded', 'tiny fields', repeated('a&')],
  ['urlencoded', 'escapes', `a1=${repeated('%41')}`],
  ['urlencoded', 'an escape that is cut', `b64=${repeated('%4')}`],
  ['urlencoded', 'a long name', repeated('n')],
  ['json', 'white space', `{${repeated(' \r\n\t')}}`],
  ['json', 'tiny members', `{${repeated('"":1,')}"":1}`],
  ['json', 'escapes', `{"x":"${repeated('\\u0041')}"}`],
  ['json', 'short escapes', `{"b64":"${repeated('\\n')}"}`],
  ['json', 'brackets', `{"x":[${repeated('[],')}1]}`],
  ['json', 'a long name', `{"${repeated('n')}":1}`],
  ['multipart', 'empty file parts', `${repeated(part('name="x"; filename=""'))}--boundary--`],
  ['multipart', 'line ends', `${part('name="photo"', repeated('\r\n'))}--boundary--`],
  ['multipart', 'carriage returns', `${part('name="photo"', repeated('\r'))}--boundary--`],
  ['multipart', 'almost a boundary', `${part('name="photo"', repeated('\r\n--bounda'))}--boundary--`],
  [
    'multipart',
    'a preamble of it',
    `${repeated('\r\n--bounda')}\r\n${part('name="photo"', 'z')}--boundary--`,
  ],
  ['multipart', 'blanks after a boundary', `--boundary${repeated(' ')}\r\n`],
  ['multipart', 'an epilogue', `--boundary--${repeated('\r\n--boundary')}`],
  ['multipart', 'base64 of line ends', `${part('name="b64"', repeated('A\r\n'))}--boundary--`],
  ['multipart', 'long heads', repeated(part(`name="x"; y="${';'.repeat(8000)}"`))],
];

beforeAll(countTouches);
afterAll(() => jest.restoreAllMocks());

test.each(EXPENSIVE)(
  'given 1 MiB of %s: %s, when it is read, then the work is proportional to its bytes',
  async (kind, _name, body) => {
    const bytes = Buffer.from(body, 'latin1');
    for (const sizes of [[65_536], [4096], [997, 61]]) {
      expectProportional(await workOf(kind, bytes, sizes), bytes.length);
    }
  },
);

test.each(EXPENSIVE)(
  'given %s: %s in single bytes, when it is read, then the work is proportional to its pieces',
  async (kind, _name, body) => {
    const bytes = Buffer.from(body.slice(0, 20_000), 'latin1');
    expectProportional(await workOf(kind, bytes, [1]), bytes.length);
  },
);

test('given any structure, when it is read in any pieces, then the work is proportional to its bytes', async () => {
  const unit = fc.oneof(
    fc.constantFrom(
      ...[
        '&',
        '=',
        '%4',
        '%41',
        '+',
        'a=',
        'photo=',
        'b64=',
        '{',
        '}',
        '"',
        '":"',
        ',',
        ' ',
        '\\u00',
        '\\u0041',
        '[',
        ']',
      ],
      ...[
        '\r\n',
        '\r',
        '\r\n--bounda',
        '\r\n--boundary',
        '--',
        part('name="photo"'),
        part('name="a"; filename="b"'),
      ],
      ...['null', '1', 'data:;base64,', ';', '\\"', 'Content-Disposition: form-data; name="'],
    ),
    fc.string({ maxLength: 6 }),
  );
  const run = fc.tuple(fc.array(unit, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 4000 }));
  const start = fc.constantFrom('', '{', '{"b64":"', 'b64=', part('name="photo"'), part('name="b64"'));
  const body = fc
    .tuple(start, fc.array(run, { minLength: 1, maxLength: 4 }))
    .map(([first, runs]) => first + runs.map(([units, times]) => units.join('').repeat(times)).join(''))
    .map((all) => Buffer.from(all.slice(0, 200_000), 'latin1'));
  const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(body, sizes, fc.constantFrom(...Object.keys(READERS)), async (bytes, pieces, kind) => {
      fc.pre(bytes.length / Math.max(...pieces) < 3000);
      expectProportional(await workOf(kind, bytes, pieces), bytes.length);
    }),
    { numRuns: 150 },
  );
});
