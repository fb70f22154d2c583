import fc from 'fast-check';
import { imageTargets } from './fuzz/image-targets.js';
import { textTargets } from './fuzz/text-targets.js';

/** `npm run fuzz -- TARGET --seconds N` sets these. */
const only = process.env['FUZZ_TARGET'];
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 2);

test(
  'given any mutation of an input, when it is read, then it is accepted or rejected with a code, and nothing else happens',
  async () => {
    const targets = [...(await imageTargets()), ...textTargets()].filter(
      ({ name }) => only === undefined || name === only,
    );
    expect(targets.length).toBeGreaterThan(0);
    for (const { inputs, holds } of targets) {
      await fc.assert(
        fc.asyncProperty(inputs, async (input) => holds(input)),
        {
          numRuns: 10_000_000,
          interruptAfterTimeLimit: seconds * 1000,
          markInterruptAsFailure: false,
        },
      );
    }
  },
  30_000 + seconds * 9000,
);
