import fc from 'fast-check';
import fastify from 'fastify';
import type { OutputFacts } from '#broker/records/job-record.js';
import { JsonResultWriter } from '../../../apps/api/src/compat/removebg/json-result-writer.js';

const OUTPUT: Omit<OutputFacts, 'bytes'> = {
  width: 7,
  height: 5,
  format: 'png',
  foreground: { left: 1, top: 2, width: 3, height: 4 },
  confidence: 0.7,
  subjects: [],
  hints: ['low-confidence', 'graphics'],
  looks: 1,
  model: 'isnet',
  provider: 'cpu',
  attempt: 1,
  chunks: 1,
  timingsMs: {},
};

/** Results that the next requests are answered with, in pieces. */
const results: Buffer[][] = [];
const server = fastify();
let url: string;

beforeAll(async () => {
  server.get('/', async (_request, reply) => {
    const pieces = results.shift() ?? [];
    const sink = new JsonResultWriter(reply);
    sink.start({ ...OUTPUT, bytes: pieces.reduce((sum, { length }) => sum + length, 0) });
    for (const piece of pieces) await sink.write(piece);
    await sink.finish();
  });
  url = await server.listen();
});
afterAll(() => server.close());

test('given a result in any pieces, when it is sent as JSON, then its base64 is that of the whole result', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(pieces, async (all) => {
      const whole = Buffer.concat(all);
      results.push(all.map((piece) => Buffer.from(piece)));
      const response = await fetch(url);
      const text = await response.text();
      expect(response.headers.get('content-length')).toBe(String(text.length));
      expect(response.headers.get('x-width')).toBe('7');
      expect(response.headers.get('x-confidence')).toBe('0.70');
      expect(response.headers.get('x-hints')).toBe('low-confidence, graphics');
      expect(JSON.parse(text)).toEqual({
        data: {
          result_b64: whole.toString('base64'),
          foreground_top: 2,
          foreground_left: 1,
          foreground_width: 3,
          foreground_height: 4,
        },
      });
    }),
    { numRuns: 100 },
  );
});
