import assert from 'node:assert/strict';
import fc from 'fast-check';
import { jobOptionsSchema } from '#contracts/job.options.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { layoutOf } from '#imaging/result.geometry.js';
import { parseOptions } from '../../../apps/api/src/uploads/upload-reader.js';
import { MultipartReader } from '../../../apps/api/src/parsers/multipart-reader.js';
import { mutated } from './mutations.js';
import { target, type FuzzTarget } from './fuzz.target.js';

const LIMITS = { maxPixels: 50e6, maxProgressivePixels: 50e6, maxSidePixels: 20_000 };
const TYPE = 'multipart/form-data; boundary=x';
const part = (head: string, body: string): string =>
  `--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
const FORMS = [
  `${part('name="image"; filename="a.jpg"', 'pixels')}${part('name="format"', 'png')}--x--\r\n`,
  `${part('name="format"', '--x')}${part('name="a;b\\"c"; filename*=UTF-8\'\'x', '\r\n--y')}--x--`,
  `--x\r\nA: b\r\nContent-Disposition: form-data; name=image\r\n\r\n\r\n--x--\r\nepilogue`,
].map((text) => Buffer.from(text, 'latin1'));

/** The parts of a form that arrives in pieces, as text, or the code of the problem. */
async function partsOf(form: Buffer, sizes: readonly number[]): Promise<unknown> {
  const arriving = async function* (): AsyncGenerator<Buffer, void> {
    for (let at = 0, i = 0; at < form.length; i += 1) {
      const size = sizes[i % sizes.length]!;
      yield Buffer.from(form.subarray(at, at + size));
      at += size;
    }
  };
  const parts: string[] = [];
  try {
    for await (const { name, isFile, body } of new MultipartReader(arriving(), TYPE).parts()) {
      let text = '';
      for await (const piece of body) text += piece.toString('latin1');
      parts.push(JSON.stringify([name, isFile, text]));
    }
    return parts;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

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
  target({
    name: 'multipart',
    inputs: fc.tuple(
      mutated(FORMS),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
    ),
    holds: async ([form, sizes]) => {
      assert.deepEqual(
        await partsOf(form, sizes),
        await partsOf(form, [form.length || 1]),
        'the parts depend on how the form arrives',
      );
    },
  }),
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
