import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { isJobId } from '#contracts/job-id.js';
import { CHUNK_BYTES, openChunk, sealChunk, sealPayload } from '#crypto/chunk-cipher.js';
import { deriveSecrets, drawToken, opensJob, parseToken, tokenText } from '#crypto/job-token.js';
import { TamperedError } from '#crypto/sealed-box.js';

const secrets = deriveSecrets(drawToken());
const { id } = secrets;
const inputKey = randomBytes(32);
const input = { id, role: 'input' } as const;

describe('job tokens', () => {
  it('given a token, when it is written and read, then it derives the same id and keys', () => {
    const token = drawToken();
    const again = parseToken(tokenText(token));
    expect(again).toEqual(token);
    expect(deriveSecrets(token)).toEqual(deriveSecrets(again as Buffer));
    expect(isJobId(deriveSecrets(token).id)).toBe(true);
  });

  it('given another token, when it is tried on a job, then it does not open it', () => {
    expect(opensJob(drawToken(), id)).toBe(false);
  });

  it('given text that is no token, when it is parsed, then there is none', () => {
    for (const text of ['', 'x', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}=`]) {
      expect(parseToken(text)).toBeUndefined();
    }
  });
});

describe('sealed chunks', () => {
  it('given any bytes, when they are sealed and opened, then they come back and the plaintext was wiped', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        const plain = Buffer.from(bytes);
        const box = sealChunk(inputKey, input, { index: 3, last: true }, plain);
        expect(plain.every((byte) => byte === 0)).toBe(true);
        expect(openChunk(inputKey, input, { index: 3, last: true }, box)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('given any flipped bit, when the chunk is opened, then it is refused', () => {
    const box = sealChunk(inputKey, input, { index: 0, last: true }, Buffer.from('a photograph'));
    fc.assert(
      fc.property(fc.nat(box.length * 8 - 1), (bit) => {
        const forged = Buffer.from(box);
        forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(() => openChunk(inputKey, input, { index: 0, last: true }, forged)).toThrow(TamperedError);
      }),
    );
  });

  it('given a chunk out of place, of another job, role, key, or with its end cut off, then it is refused', () => {
    const seal = () => sealChunk(inputKey, input, { index: 1, last: false }, Buffer.from('x'));
    const other = deriveSecrets(drawToken());
    const wrong: (() => unknown)[] = [
      () => openChunk(inputKey, input, { index: 2, last: false }, seal()),
      () => openChunk(inputKey, input, { index: 1, last: true }, seal()),
      () => openChunk(inputKey, { id, role: 'output' }, { index: 1, last: false }, seal()),
      () => openChunk(inputKey, { ...input, id: other.id }, { index: 1, last: false }, seal()),
      () => openChunk(randomBytes(32), input, { index: 1, last: false }, seal()),
      () => openChunk(inputKey, input, { index: 1, last: false }, seal().subarray(0, 20)),
    ];
    for (const attempt of wrong) expect(attempt).toThrow(TamperedError);
  });

  it('given a payload of several chunks, when it is sealed, then each opens in its place', () => {
    const payload = randomBytes(2 * CHUNK_BYTES + 7);
    const copy = Buffer.from(payload);
    const boxes = [...sealPayload(secrets.outputKey, { id, role: 'output' }, payload)];
    const plain = boxes.map((box, index) =>
      openChunk(secrets.outputKey, { id, role: 'output' }, { index, last: index === 2 }, box),
    );
    expect(Buffer.concat(plain).equals(copy)).toBe(true);
    expect(payload.every((byte) => byte === 0)).toBe(true);
  });
});
