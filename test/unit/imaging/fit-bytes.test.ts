import fc from 'fast-check';
import { fitBytes } from '#imaging/encode/fit-bytes.js';

/** An encoder whose files grow with the quality, and what it was asked for. */
function encoderOf(bytesAt: (quality: number) => number): {
  asked: number[];
  files: Buffer[];
  encode: (quality: number) => Promise<Buffer>;
} {
  const [asked, files]: [number[], Buffer[]] = [[], []];
  const encode = (quality: number): Promise<Buffer> => {
    asked.push(quality);
    const file = Buffer.alloc(bytesAt(quality), 1);
    files.push(file);
    return Promise.resolve(file);
  };
  return { asked, files, encode };
}

const curve = (scale: number, growth: number) => (quality: number) =>
  Math.round(scale * Math.exp(growth * quality));

describe('given a maximum number of bytes', () => {
  it('when the best quality fits, then it is the only encoding', async () => {
    const { asked, encode } = encoderOf(curve(1_000, 0.03));
    await fitBytes(encode, 1_000_000, 90);
    expect(asked).toEqual([90]);
  });

  it('when sizes grow with the quality, then the file fits and no better one of the tried fits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 500, max: 20_000 }),
        fc.double({ min: 0.01, max: 0.06, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 31, max: 100 }),
        async (scale, growth, part, best) => {
          const bytesAt = curve(scale, growth);
          const [small, large] = [bytesAt(30), bytesAt(best)];
          const maxBytes = Math.ceil(small + part * (large - small));
          const { asked, files, encode } = encoderOf(bytesAt);
          const file = await fitBytes(encode, maxBytes, best);
          expect(file.length).toBeLessThanOrEqual(maxBytes);
          expect(asked.length).toBeLessThanOrEqual(5);
          expect(new Set(asked).size).toBe(asked.length);
          const chosen = asked[files.indexOf(file)]!;
          expect(asked.filter((quality) => quality > chosen && bytesAt(quality) <= maxBytes)).toEqual([]);
          for (const other of files) if (other !== file) expect(other.every((byte) => byte === 0)).toBe(true);
        },
      ),
    );
  });

  it('when even the lowest quality is larger, then it is refused with the size of the smallest file', async () => {
    const bytesAt = curve(1_000, 0.03);
    const { asked, encode } = encoderOf(bytesAt);
    await expect(fitBytes(encode, 1_200, 90)).rejects.toMatchObject({
      code: 'max-bytes-too-small',
      facts: { detail: expect.stringContaining(`${bytesAt(30)} bytes`) as string },
    });
    expect(asked.at(-1)).toBe(30);
  });

  it('when an encoding fails, then the error is passed on and the files before it are wiped', async () => {
    const { files, encode } = encoderOf(curve(1_000, 0.03));
    const failing = (quality: number): Promise<Buffer> =>
      files.length < 2 ? encode(quality) : Promise.reject(new Error('encoder'));
    await expect(fitBytes(failing, 5_000, 90)).rejects.toThrow('encoder');
    expect(files.every((file) => file.every((byte) => byte === 0))).toBe(true);
  });
});
