import type { JobOptions } from '#contracts/job-options.js';
import type { ResultHint } from '#contracts/result-hints.js';
import { wipe } from '#crypto/wipe.js';
import type { StageTimer } from './cutout-stages.js';
import type { DecodedImage, ModelFrame } from './decode/decode.js';
import { ownAlphaCells } from './matting/alpha-components.js';
import { confidenceHints, confidenceOf } from './matting/confidence.js';
import { prepareEdges, type EdgeMaps } from './matting/edge-maps.js';
import { toGrid } from './matting/guide-grid.js';
import { fillInterior, zeroNearBackground } from './matting/mask-filters.js';
import { MattePass, type RowMatte } from './matting/matte.js';
import { SubjectSelection, type ImageSubject } from './matting/subject-selection.js';
import { alphaOnGrid, type ModelInput } from './matting/model-input.js';
import { scaledRect, type Rect, type Size } from './raster/pixel-rect.js';
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
  /** Expected soft IoU with the true matte, 0 to 1. */
  confidence: number;
  hints: ResultHint[];
}

/** The matte of an image, before it is applied. Its masks contain shapes of the image; the owner wipes it. */
export interface Matting {
  /** Starts to apply the matte to the image, in place. The caller wipes the pass. */
  passOver: (image: Raster) => RowMatte;
  /** The subjects, the largest first, in an image with the matte applied. */
  subjectsIn: (image: Raster) => ImageSubject[];
  facts: MattingFacts;
  wipe: () => void;
}

/** Estimates the matte of an image: runs the model and refines its mask. @throws Problem `subject-not-found` */
export async function mattingOf(job: MattingJob): Promise<Matting> {
  const { input, network, timer, isOpaque, size } = job;
  const mask = await timer.perform('infer', () => network.segment(input.picture));
  try {
    const { edges, selection, confidence } = await timer.perform('refine', () => refine(job, mask));
    const regionIn = (image: Raster): Rect | undefined =>
      input.region && scaledRect(input.region, size, image);
    const hints: ResultHint[] = [
      ...(selection.isEmpty ? ['no-subject' as const] : []),
      ...confidenceHints(confidence),
    ];
    return {
      passOver: (image) => new MattePass(image, mask, { edges, region: regionIn(image), isOpaque }),
      subjectsIn: (image) => selection.subjectsIn(image, regionIn(image)),
      facts: { looks: 1, confidence, hints },
      wipe: () => {
        wipe(mask.data);
        edges?.wipe();
        selection.wipe();
      },
    };
  } catch (error) {
    wipe(mask.data);
    throw error;
  }
}

/** A mask after refinement. */
interface Refined {
  edges: EdgeMaps | undefined;
  /** The subjects in it. */
  selection: SubjectSelection;
  confidence: number;
}

/** Cleans the mask, removes subjects that are not asked for, and prepares edge maps from the model's input. */
function refine({ input, options, size }: MattingJob, mask: Mask): Refined {
  let confidence = confidenceOf(mask, input.picture);
  zeroNearBackground(mask);
  const own = ownAlphaOf(input, mask);
  const opacity = own ? opacityOf(own, mask) : mask;
  let selection: SubjectSelection | undefined;
  try {
    selection = new SubjectSelection(
      opacity,
      { image: size, region: input.region },
      {
        subject: options.subject,
        // Small parts of an earlier cut-out are there on purpose.
        keepScraps: own !== undefined || options.scraps === 'keep',
      },
    );
    selection.applyTo(mask);
    // The whole image keeps its own alpha.
    const isKept = own?.cells.includes(0) === false;
    if (isKept) confidence = 1;
    else if (options.subject !== 'all') confidence = confidenceOf(mask, input.picture);
    const edges = isKept ? undefined : refineMask(options, input.picture, mask);
    if (own !== undefined) keepOwnAlpha(own.cells, mask, edges);
    selection.applyTo(mask);
    return { edges, selection, confidence };
  } catch (error) {
    selection?.wipe();
    throw error;
  } finally {
    wipe(own?.cells, own?.alpha, own && opacity.data);
  }
}

/** The alpha of an earlier cut-out on the mask's grid. */
interface OwnAlpha {
  alpha: Uint8Array;
  /** 1 where the image keeps it, 0 where the mask decides. */
  cells: Uint8Array;
}

/** The image's own alpha; undefined unless the image is an earlier cut-out. */
function ownAlphaOf({ picture, ownAlpha }: ModelInput, mask: Mask): OwnAlpha | undefined {
  if (ownAlpha === undefined) return undefined;
  const alpha = alphaOnGrid(ownAlpha, mask);
  let guide: Uint8Array | undefined;
  try {
    return { alpha, cells: ownAlphaCells(alpha, mask, () => (guide = toGrid(picture, mask))) };
  } catch (error) {
    wipe(alpha);
    throw error;
  } finally {
    wipe(guide);
  }
}

/** Opacity of the result on the mask's grid: the image's alpha, multiplied by the mask where that decides. */
function opacityOf({ alpha, cells }: OwnAlpha, { data, width, height }: Mask): Mask {
  const opacity = Uint8Array.from(alpha, (own, i) =>
    cells[i] === 1 ? own : Math.round((own * (data[i] as number)) / 255),
  );
  return { data: opacity, width, height };
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
