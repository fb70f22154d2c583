import assert from 'node:assert/strict';
import fc from 'fast-check';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { Problem } from '#contracts/problem-catalog.js';
import { layoutOf } from '#imaging/compose/result-geometry.js';
import { parseOptions } from '../../../apps/api/src/uploads/upload-source.js';
import type { ByteSource } from '../../../apps/api/src/parsers/byte-cursor.js';
import type { FormField } from '../../../apps/api/src/parsers/form-field.js';
import { readBase64 } from '../../../apps/api/src/parsers/base64-reader.js';
import { readJson } from '../../../apps/api/src/parsers/json-reader.js';
import { readMultipart } from '../../../apps/api/src/parsers/multipart-reader.js';
import { readUrlencoded } from '../../../apps/api/src/parsers/urlencoded-reader.js';
import { arriving, sourceOf } from '../../harness/arriving.js';
import { mutated } from './mutations.js';
import { target, type FuzzTarget } from './fuzz-target.js';

const LIMITS = { maxPixels: 50e6, maxProgressivePixels: 50e6, maxSidePixels: 20_000 };
const TYPE = 'multipart/form-data; boundary=x';
const part = (head: string, body: string): string =>
  `--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
const FORMS = [
  `${part('name="image"; filename="a.jpg"', 'pixels')}${part('name="format"', 'png')}--x--\r\n`,
  `${part('name="format"', '--x')}${part('name="a;b\\"c"; filename*=UTF-8\'\'x', '\r\n--y')}--x--`,
  `--x\r\nA: b\r\nContent-Disposition: form-data; name=image\r\n\r\n\r\n--x--\r\nepilogue`,
  part('name=image', 'pixels\r\n').replaceAll('\r\n', '\n') + '--x--',
].map((text) => Buffer.from(text, 'latin1'));

const TEXTS = ['a=b&image_file_b64=%41+/=&&c', '=&a=%zz', `a=${'b'.repeat(300)}&%c3%a4=1`].map((text) =>
  Buffer.from(text),
);
const OBJECTS = [
  '{"image_file_b64":"data:image/png;base64,aGFsbG8=","crop":true,"roi":null}',
  '{"a":{"b":["c",{"d":"\\"}"}]},"e":-1.5e3 , "\\u00e4":"\\ud83d\\ude00\\/" }',
].map((text) => Buffer.from(text));
const BASE64 = ['data:image/jpeg;base64,aGFs\r\nbG8=', 'aGFsbG8', '-_-_', 'data:,a'].map((text) =>
  Buffer.from(text),
);

type Reader = (source: ByteSource) => AsyncIterable<FormField>;

/** The fields of a body that arrives in chunks, as text, or the code of the problem. All pieces are wiped. */
async function fieldsOf(reader: Reader, body: Buffer, sizes: number[]): Promise<unknown> {
  const pieces: Buffer[] = [];
  const fields: string[] = [];
  try {
    for await (const field of reader(sourceOf(arriving(body, sizes, pieces)))) {
      const { name, isFile, kind, body: value } = field;
      const known = name.toString('latin1');
      let text = '';
      for await (const piece of value) text += piece.toString('latin1');
      fields.push(JSON.stringify([known, isFile, kind, text]));
    }
    return fields;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  } finally {
    assert.ok(
      pieces.every((piece) => piece.every((byte) => byte === 0)),
      'a piece was not wiped',
    );
  }
}

const asField: Reader = async function* (source) {
  const bytes = async function* (): AsyncGenerator<Buffer, void> {
    for (let piece = await source.next(); piece !== undefined; piece = await source.next()) yield piece;
  };
  try {
    yield { name: Buffer.alloc(0), isFile: false, kind: 'text', body: readBase64(bytes()) };
  } finally {
    source.close();
  }
};

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });

/** A reader whose fields must not depend on how a body arrives. */
const readerTarget = (name: string, reader: Reader, bodies: Buffer[]): FuzzTarget =>
  target({
    name,
    inputs: fc.tuple(mutated(bodies), sizes),
    holds: async ([body, pieces]) => {
      assert.deepEqual(
        await fieldsOf(reader, body, pieces),
        await fieldsOf(reader, body, [body.length || 1]),
        'the fields depend on how the body arrives',
      );
    },
  });

const word = fc.oneof(
  fc.constantFrom(
    '',
    'png',
    'auto',
    'true',
    'original',
    '50%',
    '0% 100%',
    '10px 20px',
    '1e309px',
    '-1px',
    'NaN',
    '#fff',
    '80ff000f',
    '0 0 100% 100%',
    '__proto__',
  ),
  fc.string({ maxLength: 30 }),
  fc.integer().map(String),
);
const optionNames = [...Object.keys(jobOptionsSchema.shape), '__proto__', 'constructor', 'toString'];
const fields = fc.array(
  fc.tuple(
    fc.oneof(fc.constantFrom(...optionNames), fc.string({ maxLength: 12 })),
    fc.oneof(word, fc.constant(['a', 'b'])),
  ),
  { maxLength: 8 },
);
const side = fc.integer({ min: 1, max: 20_000 });

/** Forms, options, and where things are put in a result. */
export const textTargets = (): FuzzTarget[] => [
  readerTarget('multipart', (source) => readMultipart(source, TYPE), FORMS),
  readerTarget('urlencoded', (source) => readUrlencoded(source), TEXTS),
  readerTarget('json', readJson, OBJECTS),
  readerTarget('base64', asField, BASE64),
  target({
    name: 'options',
    inputs: fields,
    holds: (given) => {
      try {
        parseOptions(given);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        assert.ok(error.code === 'invalid-parameter' || error.code === 'unknown-parameter', error.code);
      }
      assert.equal(
        ({} as Record<string, unknown>)['x'],
        undefined,
        'the prototype of all objects was changed',
      );
    },
  }),
  target({
    name: 'geometry',
    inputs: fc.tuple(side, side, fields, fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat())),
    holds: ([width, height, given, [a, b, c, d]]) => {
      if (width * height > LIMITS.maxPixels) return;
      const left = a % width;
      const top = b % height;
      const box = { left, top, width: 1 + (c % (width - left)), height: 1 + (d % (height - top)) };
      try {
        const options = parseOptions(given);
        const {
          canvas,
          source,
          target: placed,
        } = layoutOf({ image: { width, height }, box }, options, LIMITS);
        assert.ok(
          canvas.width >= 1 && canvas.height >= 1 && canvas.width * canvas.height <= LIMITS.maxPixels,
        );
        assert.ok(
          source.left >= 0 &&
            source.top >= 0 &&
            source.left + source.width <= width &&
            source.top + source.height <= height,
        );
        assert.ok(placed.width >= 1 && placed.height >= 1);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
      }
    },
  }),
];
