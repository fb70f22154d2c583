import sharp from 'sharp';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { Problem } from '#contracts/problem-catalog.js';
import { squareFrame } from '#imaging/decode/decode.js';
import { cutOut } from '#imaging/cutout-pipeline.js';
import { allCases } from './corpus/all-cases.js';
import { SECRET, type ImageCase } from './corpus/image-case.js';
import { faultOfPixels } from './corpus/pixel-check.js';

/** `npm run test:hostile -- --all` cuts all of it out; without, every size is seen, and each kind of file. */
const EVERY = process.env['HOSTILE'] === 'all' ? 1 : 32;
const LIMITS = { maxPixels: 50e6, maxProgressivePixels: 50e6, maxSidePixels: 20_000 };
const SIDE = 64;

/** A model that calls everything the subject: its results show whole images. */
const NETWORK = {
  inputFor: () => squareFrame(SIDE),
  segment: async () => ({ data: new Uint8Array(SIDE * SIDE).fill(255), width: SIDE, height: SIDE }),
};

/** Errors in the outcome of a file; empty when there are none. */
async function faultOf({ make, outcome }: ImageCase): Promise<string> {
  const image = Buffer.from(await make());
  const options = jobOptionsSchema.parse({});
  try {
    const cut = await cutOut({ image, options, limits: LIMITS, network: NETWORK, onStage: () => undefined });
    if ('refused' in outcome) return 'taken';
    const { exif, xmp, icc, orientation } = await sharp(cut.data).metadata();
    if (exif !== undefined || xmp !== undefined || icc !== undefined || orientation !== undefined)
      return 'carries metadata';
    if (cut.data.includes(SECRET)) return 'carries a secret';
    const { data, info } = await sharp(cut.data).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    return faultOfPixels({ data, width: info.width, height: info.height }, outcome);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return 'refused' in outcome && outcome.refused.includes(error.code) ? '' : `refused: ${error.code}`;
  }
}

test('given files of the corpus, when they are cut out, then results are upright, of the right size and without metadata', async () => {
  const chosen = allCases().filter(({ name }, i) => i % EVERY === 0 || / 1 × |2 × 2|0 × 1/.test(name));
  const faults: string[] = [];
  for (const each of chosen) {
    const fault = await faultOf(each);
    if (fault !== '') faults.push(`${each.name}: ${fault}`);
  }
  expect(faults).toEqual([]);
}, 900_000);
