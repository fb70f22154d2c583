import fc from 'fast-check';
import fastify, { type FastifyReply } from 'fastify';
import type { OutputFacts } from '#broker/records/job-record.js';
import { ZipWriter } from '#zip/zip-writer.js';
import { Base64ResultWriter } from '../../../apps/api/src/compat/base64-result-writer.js';
import { PairResultWriter } from '../../../apps/api/src/compat/withoutbg/pair-result-writer.js';
import type { AbortableResultWriter } from '../../../apps/api/src/results/http-result-writer.js';

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
  timingsMs: { decode: 1.2, infer: 30.6 },
};

const FRAME = {
  before: '{"result_b64":"',
  after: ({ foreground }: OutputFacts) => `","top":${foreground.top}}`,
  headers: () => ({ 'X-More': 'more' }),
};

/** Results that the next requests are answered with, in pieces. */
const results: Buffer[][] = [];
const server = fastify();
let url: string;

async function send(writer: AbortableResultWriter): Promise<void> {
  const pieces = results.shift() ?? [];
  writer.start({ ...OUTPUT, bytes: pieces.reduce((sum, { length }) => sum + length, 0) });
  let index = 0;
  for (const piece of pieces) await writer.write(piece, index++);
  await writer.finish();
}

beforeAll(async () => {
  server.get('/one', (_request, reply: FastifyReply) => send(new Base64ResultWriter(reply, FRAME)));
  server.get('/pair', (_request, reply: FastifyReply) => send(new PairResultWriter(reply)));
  url = await server.listen();
});
afterAll(() => server.close());

test('given a result in any pieces, when it is sent as JSON, then its base64 is that of the whole result', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(pieces, async (all) => {
      const whole = Buffer.concat(all);
      results.push(all.map((piece) => Buffer.from(piece)));
      const response = await fetch(`${url}/one`);
      const text = await response.text();
      expect(response.headers.get('content-length')).toBe(String(text.length));
      expect(response.headers.get('x-width')).toBe('7');
      expect(response.headers.get('x-more')).toBe('more');
      expect(response.headers.get('x-confidence')).toBe('0.70');
      expect(response.headers.get('x-hints')).toBe('low-confidence, graphics');
      expect(JSON.parse(text)).toEqual({ result_b64: whole.toString('base64'), top: 2 });
    }),
    { numRuns: 100 },
  );
});

/** A ZIP as a result with `only=both` is. */
function zipOf(cutout: Buffer, alpha: Buffer): Buffer {
  const zip = new ZipWriter();
  const head = zip.head('cutout.png', cutout);
  return Buffer.concat([head, cutout, zip.head('alpha.png', alpha), alpha, zip.end()]);
}

test('given a ZIP of two files in pieces of any size, when it is sent, then both are in the JSON', async () => {
  const file = fc.uint8Array({ minLength: 1, maxLength: 80 }).map((bytes) => Buffer.from(bytes));
  await fc.assert(
    fc.asyncProperty(file, file, fc.integer({ min: 1, max: 300 }), async (cutout, alpha, size) => {
      const zip = zipOf(cutout, alpha);
      const starts = Array.from({ length: Math.ceil(zip.length / size) }, (_, index) => index * size);
      results.push(starts.map((start) => Buffer.from(zip.subarray(start, start + size))));
      const response = await fetch(`${url}/pair`);
      expect(await response.json()).toEqual({
        processed: `data:image/png;base64,${cutout.toString('base64')}`,
        alphaMatte: `data:image/png;base64,${alpha.toString('base64')}`,
        latencyMs: 32,
      });
    }),
    { numRuns: 100 },
  );
});
