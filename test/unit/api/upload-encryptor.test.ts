import fc from 'fast-check';
import { CHUNK_BYTES } from '#crypto/chunk-cipher.js';
import { chunkStream } from '../../../apps/api/src/uploads/upload-encryptor.js';

async function* from(buffers: Buffer[]): AsyncGenerator<Buffer, void> {
  for (const buffer of buffers) yield await Promise.resolve(buffer);
}

describe('chunkStream', () => {
  it('given any pieces, when they are split, then bytes, order, sizes and end are correct and the pieces are wiped', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: CHUNK_BYTES + 3 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sizes, async (list) => {
        const arrived = list.map((size, i) => Buffer.alloc(size, i + 1));
        const whole = Buffer.concat(arrived);
        const pieces: Buffer[] = [];
        let ended = false;
        for await (const { index, last, plain } of chunkStream(from(arrived))) {
          expect(ended).toBe(false);
          expect(index).toBe(pieces.length);
          expect(last || plain.length === CHUNK_BYTES).toBe(true);
          pieces.push(Buffer.from(plain));
          ended = last;
        }
        expect(ended).toBe(true);
        expect(Buffer.concat(pieces).equals(whole)).toBe(true);
        expect(arrived.every((buffer) => buffer.every((byte) => byte === 0))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
});
