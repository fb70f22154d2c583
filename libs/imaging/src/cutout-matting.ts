import type { JobOptions } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import type { StageTimer } from './cutout-stages.js';
import type { DecodedImage, ModelFrame } from './decode/decode.js';
import { ownAlphaCells } from './matting/alpha-components.js';
import { prepareEdges, type EdgeMaps } from './matting/edge-maps.js';
import { toGrid } from './matting/guide-grid.js';
import { fillInterior, zeroNearBackground } from './matting/mask-filters.js';
import { MattePass, type RowMatte } from './matting/matte.js';
import { alphaOnGrid, type ModelInput } from './matting/model-input.js';
import { scaledRect, type Size } from './raster/pixel-rect.js';
import type { Mask, Raster, RgbRaster } from './raster/raster.js';

/** The segmentation model: the size of its input, and the inference call. */
export interface Segmentation {
  /** Size that a picture of this size is resized to, and the filter for it. */
  inputFor: (size: Size) => ModelFrame;
  /** Opacity of a picture in the size of `inputFor`, on the model's own grid; the caller wipes it. */
  segment: (picture: RgbRaster) => Promise<Mask>;
}

/** What the matte of an image is estimated from. */
export interface MattingJob {
  options: JobOptions;
  network: Segmentation;
  /** The model's input. The caller wipes it. */
  input: ModelInput;
  /** Size of the upright image. */
  size: Size;
  /** The image has no transparency of its own. */
  isOpaque: boolean;
  /** All pixels of the image, once they have been decoded. Not changed here. */
  decoded: () => Promise<DecodedImage>;
  timer: StageTimer;
}

/** Facts about a matte. */
export interface MattingFacts {
  /** Runs of a model. */
  looks: number;
}

/** The matte of an image, before it is applied. Its masks contain shapes of the image; the owner wipes it. */
export interface Matting {
  /** Starts to apply the matte to the image, in place. The caller wipes the pass. */
  passOver: (image: Raster) => RowMatte;
  facts: MattingFacts;
  wipe: () => void;
}

/** Estimates the matte of an image: runs the model and refines its mask. */
export async function mattingOf(job: MattingJob): Promise<Matting> {
  const { input, network, timer, isOpaque, size } = job;
  const mask = await timer.perform('infer', () => network.segment(input.picture));
  try {
    const edges = await timer.perform('refine', () => refine(job, mask));
    return {
      passOver: (image) => {
        const region = input.region && scaledRect(input.region, size, image);
        return new MattePass(image, mask, { edges, region, isOpaque });
      },
      facts: { looks: 1 },
      wipe: () => {
        wipe(mask.data);
        edges?.wipe();
      },
    };
  } catch (error) {
    wipe(mask.data);
    throw error;
  }
}

/** Cleans the mask, and prepares edge maps from the model's input. */
function refine({ input, options }: MattingJob, mask: Mask): EdgeMaps | undefined {
  zeroNearBackground(mask);
  const ownCells = ownAlphaCellsOf(input, mask);
  try {
    // The whole image keeps its own alpha.
    if (ownCells?.includes(0) === false) {
      mask.data.fill(255);
      return undefined;
    }
    const edges = refineMask(options, input.picture, mask);
    if (ownCells !== undefined) keepOwnAlpha(ownCells, mask, edges);
    return edges;
  } finally {
    wipe(ownCells);
  }
}

/** Cells of the mask where the image keeps its own alpha; undefined unless the image is an earlier cut-out. */
function ownAlphaCellsOf({ picture, ownAlpha }: ModelInput, mask: Mask): Uint8Array | undefined {
  if (ownAlpha === undefined) return undefined;
  const own = alphaOnGrid(ownAlpha, mask);
  let guide: Uint8Array | undefined;
  try {
    return ownAlphaCells(own, mask, () => (guide = toGrid(picture, mask)));
  } finally {
    wipe(guide, own);
  }
}

function refineMask(
  { semitransparency, channels, refine }: JobOptions,
  picture: RgbRaster,
  mask: Mask,
): EdgeMaps | undefined {
  if (!semitransparency) fillInterior(mask);
  // A result of alpha alone needs no foreground colors.
  const foreground = channels === 'rgba';
  if (!foreground && refine === 'none') return undefined;
  const guide = toGrid(picture, mask);
  try {
    return prepareEdges(guide, mask, { refine, foreground });
  } finally {
    wipe(guide);
  }
}

/** Makes the mask opaque where the image keeps its own alpha, and removes edge refinement there. */
function keepOwnAlpha(ownCells: Uint8Array, mask: Mask, edges: EdgeMaps | undefined): void {
  for (let i = 0; i < ownCells.length; i += 1) if (ownCells[i] === 1) mask.data[i] = 255;
  edges?.clearRefinement(ownCells);
}
