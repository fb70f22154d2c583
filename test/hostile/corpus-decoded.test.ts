import { Problem } from '#contracts/problem-catalog.js';
import { decodeForModel, decodeFull, squareFrame } from '#imaging/decode/decode.js';
import { openImage } from '#imaging/guard/image-opening.js';
import { allCases } from './corpus/all-cases.js';
import { SECRET, type ImageCase } from './corpus/image-case.js';
import { faultOfPixels } from './corpus/pixel-check.js';

const LIMITS = { maxPixels: 50e6, maxProgressivePixels: 50e6, maxSidePixels: 20_000 };
const SIDE = 64;

/** Errors in the outcome of a file; empty when there are none. */
async function faultOf({ make, outcome }: ImageCase): Promise<string> {
  const file = Buffer.from(await make());
  try {
    const opened = openImage(file, LIMITS);
    if (opened.image.includes(SECRET)) return 'metadata reaches the decoder';
    const image = await decodeFull(opened.image, LIMITS.maxPixels);
    await decodeForModel(opened.image, squareFrame(SIDE), LIMITS.maxPixels);
    opened.wipe();
    return 'refused' in outcome ? 'taken' : faultOfPixels(image, outcome);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return 'refused' in outcome && outcome.refused.includes(error.code) ? '' : `refused: ${error.code}`;
  }
}

test('given each file of the corpus, when it is guarded, stripped and decoded, then the outcome is the expected one', async () => {
  const faults: string[] = [];
  const cases = allCases();
  for (const each of cases) {
    const fault = await faultOf(each);
    if (fault !== '') faults.push(`${each.name}: ${fault}`);
  }
  expect(faults).toEqual([]);
  expect(cases.length).toBeGreaterThan(1600);
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
}, 120_000);
