import type { JobOptions } from '#contracts/job-options.js';
import { modelMatting } from './cutout-matting.js';
import type { Matting, MattingJob } from './matting-contract.js';
import { scaledRect } from './raster/pixel-rect.js';
import { FixedAlphaPass, type FixedPixels } from './mask/fixed-alpha.js';
import type { OwnMask } from './mask/own-mask.js';

/**
 * The matte of an image from a mask of the client, without a model: the mask takes the place of the model's output, its edges
 * are refined, and colors are estimated. Known pixels of a trimap keep their opacity; without refinement all pixels do.
 */
export async function ownMatting(job: MattingJob, own: OwnMask): Promise<Matting> {
  const { size } = job;
  // Parts of the client's mask are there on purpose, and no hole in it is a fault.
  const options: JobOptions = { ...job.options, effort: 'standard', graphics: 'off', scraps: 'keep' };
  // The client says what the subject is: an earlier cut-out does not keep its own shape.
  const input = { ...job.input, ownAlpha: undefined };
  const network = {
    inputFor: job.network.inputFor,
    segment: (picture: MattingJob['input']['picture']) =>
      Promise.resolve(own.onGrid(picture, size, input.region)),
  };
  const matting = await modelMatting({ ...job, options, input, network });
  const isUnrefined = options.refine === 'none' || options.only === 'mask';
  const fixed = own.isTrimap ? 'known' : isUnrefined && options.semitransparency ? 'all' : undefined;
  return {
    ...matting,
    facts: {
      looks: 0,
      confidence: 1,
      hints: matting.facts.hints.filter((hint) => hint !== 'low-confidence'),
    },
    passOver: (image) => {
      const region = input.region && scaledRect(input.region, size, image);
      const pass = matting.passOver(image);
      return fixed === undefined
        ? pass
        : new FixedAlphaPass(pass, image, { levels: own.levels, fixed: fixed satisfies FixedPixels, region });
    },
  };
}
