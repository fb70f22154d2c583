import fc from 'fast-check';
import { Problem } from '#contracts/problem-catalog.js';
import { readBase64 } from '../../../apps/api/src/parsers/base64-reader.js';
import type { ByteSource } from '../../../apps/api/src/parsers/byte-cursor.js';
import type { FormField } from '../../../apps/api/src/parsers/form-field.js';
import { readJson } from '../../../apps/api/src/parsers/json-reader.js';
import { readUrlencoded } from '../../../apps/api/src/parsers/urlencoded-reader.js';
import { allOf, arriving, breaking, sourceOf } from '../../harness/arriving.js';

type Reader = (source: ByteSource) => AsyncGenerator<FormField, void>;

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const WHOLE = [65_536];

async function fieldsOf(source: AsyncIterable<Buffer>, reader: Reader): Promise<[string, string][]> {
  const fields: [string, string][] = [];
  for await (const { name, body } of reader(sourceOf(source)))
    fields.push([String(name), String(await allOf(body))]);
  return fields;
}

const codeOf = (error: unknown): string => (error instanceof Problem ? error.code : String(error));

const readOrCode = (text: string, reader: Reader, pieces = WHOLE): Promise<unknown> =>
  fieldsOf(arriving(Buffer.from(text), pieces), reader).catch(codeOf);

const text = fc.string({ unit: 'binary' });

/** JSON as some languages write it: more is escaped than needs to be. */
const escaped = (value: string): string =>
  JSON.stringify(value)
    .replaceAll('/', '\\/')
    .replaceAll('+', '\\u002B')
    .replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

describe('readJson', () => {
  test('given any members in any pieces, when they are read, then they equal the result of JSON.parse', async () => {
    const value = fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
    const name = fc.string({ unit: 'binary', maxLength: 20 });
    const members = fc.uniqueArray(fc.tuple(name, value), { selector: ([some]) => some, maxLength: 5 });
    const style = fc.constantFrom(
      (all: [string, unknown][]) => JSON.stringify(Object.fromEntries(all)),
      (all: [string, unknown][]) => JSON.stringify(Object.fromEntries(all), null, '\t'),
      (all: [string, unknown][]) =>
        `{${all.map(([key, one]) => `${escaped(key)} :\r\n${typeof one === 'string' ? escaped(one) : JSON.stringify(one)}`).join(' ,')}} `,
    );
    await fc.assert(
      fc.asyncProperty(members, style, sizes, async (all, write, pieces) => {
        const sent = write(all.filter(([key]) => key !== '__proto__'));
        const parsed = Object.entries(JSON.parse(sent) as Record<string, unknown>);
        const found = await fieldsOf(arriving(Buffer.from(sent), pieces), readJson);
        expect(found.sort()).toEqual(parsed.map(([key, one]) => [key, String(one)]).sort());
      }),
      { numRuns: 300 },
    );
  });

  test('given `null`, when it is read, then it has no bytes', async () => {
    expect(await readOrCode('{"a":null,"b":"c"}', readJson)).toEqual([
      ['a', ''],
      ['b', 'c'],
    ]);
    expect(await readOrCode(' {} ', readJson)).toEqual([]);
  });

  test('given objects, arrays and long names, when they are read, then they are skipped', async () => {
    const sent = `{"a":{"b":[1,"}\\"]"]},"${'c'.repeat(9000)}":"d","e":[],"f":true}`;
    for (const pieces of [WHOLE, [1], [3]]) {
      expect(await readOrCode(sent, readJson, pieces)).toEqual([
        ['a', ''],
        ['', 'd'],
        ['e', ''],
        ['f', 'true'],
      ]);
    }
  });

  test.each([
    '',
    'null',
    '[]',
    '"a"',
    '{',
    '{"a"',
    '{"a":',
    '{"a":"b',
    '{"a":"b"',
    '{"a":"b",}',
    '{"a":"b"}x',
    '{"a":"b""c":"d"}',
    '{"a":{"b":1}',
    '{"a":[1}}',
    '{"a":[1]',
    `{"a":${'['.repeat(40)}`,
    '{"a":nul}',
    '{"a":01}',
    '{"a":}',
    `{"a":${'1'.repeat(500)}}`,
    '{"a":"\\x"}',
    '{"a":"\\u12"}',
    '{"a":"\\ud800"}',
    '{"a":"\\udc00"}',
    '{"a":"\\ud83dx"}',
    '{"a":"\\ud83d\\u0041"}',
    '{"a":"line\nend"}',
    "{'a':1}",
    '{a:1}',
  ])('given %j, when it is read, then it is rejected in any pieces', async (sent) => {
    expect(await readOrCode(sent, readJson)).toBe('invalid-request');
    expect(await readOrCode(sent, readJson, [1])).toBe('invalid-request');
  });
});

describe('readUrlencoded', () => {
  test('given any fields in any pieces, when they are read, then they equal the result of URLSearchParams', async () => {
    const name = text.filter((value) => value !== '' && value.length < 15);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, text)), sizes, async (fields, pieces) => {
        const sent = new URLSearchParams(fields).toString();
        expect(await fieldsOf(arriving(Buffer.from(sent), pieces), readUrlencoded)).toEqual(fields);
      }),
      { numRuns: 300 },
    );
  });

  test('given `+` in a field of base64, when it is read, then it is kept', async () => {
    const reader: Reader = (source) => readUrlencoded(source, (name) => String(name) === 'image_file_b64');
    expect(await readOrCode('a=1+2&image_file_b64=a+b%2Bc/=&&b&c=', reader, [3])).toEqual([
      ['a', '1 2'],
      ['image_file_b64', 'a+b+c/='],
      ['b', ''],
      ['c', ''],
    ]);
  });

  test('given fields without a name, or with a long one, when they are read, then they are skipped', async () => {
    const sent = `&=1&&==&a=2&${'b'.repeat(101)}=3&=%zz&c`;
    for (const pieces of [WHOLE, [1], [7]]) {
      expect(await readOrCode(sent, readUrlencoded, pieces)).toEqual([
        ['a', '2'],
        ['', '3'],
        ['c', ''],
      ]);
    }
  });

  test.each(['a=%', 'a=%2', 'a=%zz', '%=1', '%'])(
    'given %j, when it is read, then it is rejected in any pieces',
    async (sent) => {
      expect(await readOrCode(sent, readUrlencoded)).toBe('invalid-request');
      expect(await readOrCode(sent, readUrlencoded, [1])).toBe('invalid-request');
    },
  );
});

describe('readBase64', () => {
  const plainOf = (sent: string, pieces = WHOLE): Promise<string> =>
    allOf(readBase64(arriving(Buffer.from(sent), pieces))).then(String, codeOf);

  test('given any bytes in any form of base64, in any pieces, when they are read, then they are decoded', async () => {
    const write = fc.constantFrom(
      (bytes: Buffer) => bytes.toString('base64'),
      (bytes: Buffer) => bytes.toString('base64url'),
      (bytes: Buffer) => bytes.toString('base64').replaceAll(/.{1,9}/g, '$&\r\n'),
      (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`,
      (bytes: Buffer) => `DATA:;charset=x;Base64, ${bytes.toString('base64')}\n`,
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), write, sizes, async (bytes, as, pieces) => {
        const sent = Buffer.from(as(Buffer.from(bytes)));
        expect(await allOf(readBase64(arriving(sent, pieces)))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    'a',
    'aaaaa',
    'a=',
    '=',
    'aa=a',
    'a*aa',
    'ä',
    'http://example.org/a.jpg',
    'data:image/png,aaaa',
    'data:image/png;base64',
    `data:${'a'.repeat(400)};base64,aaaa`,
  ])('given %j, when it is read, then it is rejected in any pieces', async (sent) => {
    expect(await plainOf(sent)).toBe('image-corrupt');
    expect(await plainOf(sent, [1])).toBe('image-corrupt');
  });
});

describe('all readers', () => {
  const image = Buffer.alloc(5000, 'secret pixels');
  const bodies: [name: string, reader: Reader, sent: string][] = [
    ['JSON', readJson, `{"crop":true,"image_file_b64":"${image.toString('base64')}","size":"full"}`],
    [
      'urlencoded',
      readUrlencoded,
      new URLSearchParams({ a: image.toString('base64'), b: '1111' }).toString(),
    ],
  ];

  test.each(bodies)(
    'given %s with an image, when it has been read, then all received bytes are wiped',
    async (_, reader, sent) => {
      const kept: Buffer[] = [];
      let found = 0;
      for await (const { body } of reader(sourceOf(arriving(Buffer.from(sent), [97], kept)))) {
        const plain = readBase64(body);
        for await (const piece of plain) found += piece.length;
      }
      expect(found).toBeGreaterThanOrEqual(image.length);
      expect(kept.length).toBeGreaterThan(50);
      expect(kept.every((piece) => piece.every((byte) => byte === 0))).toBe(true);
    },
  );

  test.each(bodies)(
    'given %s that is rejected half-way, when the reader stops, then all received bytes are wiped',
    async (_, reader, sent) => {
      const kept: Buffer[] = [];
      const reading = async (): Promise<void> => {
        for await (const { name, body } of reader(sourceOf(arriving(Buffer.from(sent), [97], kept)))) {
          if (String(name) === 'crop') continue;
          for await (const piece of readBase64(body))
            if (piece.length > 0) throw new Problem('image-too-large');
        }
      };
      await expect(reading().catch(codeOf)).resolves.toBe('image-too-large');
      expect(kept.every((piece) => piece.every((byte) => byte === 0))).toBe(true);
    },
  );

  test('given a connection that closes, when a body is read, then the upload is interrupted', async () => {
    expect(await fieldsOf(breaking('{"a":"b'), readJson).catch(codeOf)).toBe('upload-interrupted');
    expect(await fieldsOf(breaking('a=b'), readUrlencoded).catch(codeOf)).toBe('upload-interrupted');
    expect(await allOf(readBase64(breaking('aaaaaa'))).catch(codeOf)).toBe('upload-interrupted');
  });
});
