import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Problem } from '#contracts/problem-catalog.js';
import { decodeForModel, decodeFull, squareFrame } from '#imaging/decode/decode.js';
import type { ImageFacts } from '#imaging/formats/image-facts.js';
import { guardFile, ImageGuard } from '#imaging/guard/image-guard.js';
import { openImage } from '#imaging/guard/image-opening.js';
import { allCases } from '../corpus/all-cases.js';
import { SECRET } from '../corpus/image-case.js';
import { mutated } from './mutations.js';
import { target, type FuzzTarget } from './fuzz-target.js';

const LIMITS = { maxPixels: 1e6, maxProgressivePixels: 1e6, maxSidePixels: 20_000 };
const MAX_SEED_BYTES = 4000;
/** Files that take long to make, and would be too large. */
const HEAVY = /MB|[05]0 frames|,000|scans|16.?383|real|\d{4}/;
const EVERY = 5;
const SIDE = 32;
/** Formats whose pixels own code writes anew. */
const OWN = new Set(['gif', 'bmp', 'tiff']);
/** A guard reads each byte once: this is a thousand times what that takes. */
const GUARD_MS = 1000;

/** Outcome for a file: its facts, or the code of the problem. @throws whatever is no problem */
function outcomeOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

/** True for a size that is that of the facts, turned or not; of an AVIF a part may be shown. */
function isSizeOf({ width, height }: { width: number; height: number }, facts: ImageFacts): boolean {
  const [short = 0, long = 0] = [facts.width, facts.height].sort((a, b) => a - b);
  const [low, high] = [Math.min(width, height), Math.max(width, height)];
  return facts.format === 'avif' ? low <= short && high <= long : low === short && high === long;
}

function inPieces(file: Buffer, sizes: readonly number[]): unknown {
  return outcomeOf(() => {
    const guard = new ImageGuard(LIMITS);
    for (let at = 0, i = 0; at < file.length; i += 1) {
      const size = sizes[i % sizes.length]!;
      guard.inspect(file.subarray(at, at + size));
      at += size;
    }
    return guard.end();
  });
}

/** Guard and decoder. The seeds are small files of the corpus, good and bad. */
export async function imageTargets(): Promise<FuzzTarget[]> {
  const light = allCases().filter(({ name }, i) => !HEAVY.test(name) && i % EVERY === 0);
  const made = await Promise.all(light.map(async ({ make }) => make()));
  const seeds = made.filter((file) => file.length > 20 && file.length < MAX_SEED_BYTES);
  return [
    target({
      name: 'guard',
      inputs: fc.tuple(
        mutated(seeds),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
      ),
      holds: ([file, sizes]) => {
        const begin = performance.now();
        const outcome = outcomeOf(() => guardFile(file, LIMITS));
        assert.ok(performance.now() - begin < GUARD_MS, 'the guard takes too long');
        assert.deepEqual(inPieces(file, sizes), outcome, 'the outcome depends on how the file arrives');
      },
    }),
    target({
      name: 'decoder',
      inputs: mutated(seeds),
      holds: async (file) => {
        try {
          const { facts, image, wipe } = openImage(Buffer.from(file), LIMITS);
          // An end marker may have been missing.
          assert.ok(image.length <= file.length + 2 || OWN.has(facts.format));
          const { width, height, data } = await decodeFull(image, LIMITS.maxPixels);
          await decodeForModel(image, squareFrame(SIDE), LIMITS.maxPixels);
          assert.ok(isSizeOf({ width, height }, facts), 'the decoder sees another size than the guard');
          assert.equal(data.length, 4 * width * height);
          assert.ok(!image.subarray(0, 200).includes(SECRET), 'metadata reaches the decoder');
          wipe();
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
        }
      },
    }),
  ];
}
