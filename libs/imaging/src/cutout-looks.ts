import type { JobOptions } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import type { MattingJob, Segmentation } from './matting-contract.js';
import { cropPicture } from './decode/crop-picture.js';
import type { EdgeMaps } from './matting/edge-maps.js';
import { refinedDoubt, type CoveringMask } from './matting/refined-doubt.js';
import {
  AS_SURE,
  canSharpen,
  crispGrid,
  cropAround,
  cropWeights,
  doubtOf,
  fadeOf,
  isCloser,
  MARGIN,
  maskOnGrid,
  partOnGrid,
  subjectBox,
  SURER,
} from './matting/second-look.js';
import { toGrid } from './matting/guide-grid.js';
import { clearGround, opensHoles } from './matting/flat-ground.js';
import type { MattePatch } from './matting/matte-patch.js';
import { mergedMask } from './matting/merged-mask.js';
import type { SubjectSelection } from './matting/subject-selection.js';
import { isWide, partCrops, SURER_PART } from './matting/wide-format.js';
import { zeroNearBackground } from './matting/mask-filters.js';
import { fullRect, scaledRect, type Rect } from './raster/pixel-rect.js';
import type { Mask, Raster, RgbRaster } from './raster/raster.js';

type Effort = Exclude<JobOptions['effort'], 'standard'>;

/** Doubt of the first look from which the model looks again. */
const LOOKS_FROM: Record<Effort, number> = { auto: 0.12, best: 0.02 };
/** Margins of the crops. */
const MARGINS: Record<Effort, readonly number[]> = { auto: [MARGIN], best: [MARGIN, 0.25] };
/** Doubt from which the first look's decision about the subject is open. */
const OPEN_FROM = 0.5;

/** Doubt up to which a look is sure of what it found. */
const SURE_TO = 0.3;

/** The model's view of a part of the image. */
interface Look {
  rect: Rect;
  picture: RgbRaster;
  mask: Mask;
  /** Colors on the mask's grid. */
  guide: Uint8Array;
}

/** Refines the mask of a look with the colors on its grid: `refineMask` with the options of the job. */
export type RefineLook = (guide: Uint8Array, mask: Mask) => EdgeMaps | undefined;

/**
 * Further runs of the model on parts of an image, and what of their masks counts. All inference comes first, then all
 * refinement, so that the stages of a job follow each other. Contains pixels and shapes; the owner wipes it.
 */
export class FurtherLooks {
  /** Runs of a model so far. */
  count = 0;
  private readonly looks: Look[] = [];
  private readonly patches: MattePatch[] = [];
  private isInParts = false;
  private doubt = 0;

  constructor(private readonly job: MattingJob) {}

  /**
   * Looks again at the parts of the image where the first look asks for it.
   * @param first the cleaned mask of the first look
   * @param selection removes other subjects from what is seen
   */
  async take(first: Mask, selection: SubjectSelection): Promise<void> {
    const { effort } = this.job.options;
    // An earlier cut-out keeps its own edges.
    if (effort === 'standard' || this.job.input.ownAlpha !== undefined) return;
    this.doubt = doubtOf(first);
    const box = subjectBox(first);
    if (box !== undefined && this.doubt < LOOKS_FROM[effort]) return;
    const { full } = await this.job.decoded();
    const region = this.regionIn(full);
    const cropWith = (margin: number): Rect[] => (box ? [cropAround(box, first, region, margin)] : []);
    this.isInParts = isWide(region) || !cropWith(MARGIN).every((rect) => isCloser(rect, region));
    if (this.isInParts) await this.lookAtParts(full, partCrops(first, region), region);
    else await this.lookCloser(full, cropWith);
    for (const { mask, rect } of this.looks) selection.applyToPart(mask, rect, region);
  }

  /**
   * Refines what was seen, and decides what counts. Clears the first look outside of everything that was seen.
   * @returns patches over the first look, whose content this object wipes
   */
  async refine(first: Mask, edges: EdgeMaps | undefined, refineLook: RefineLook): Promise<MattePatch[]> {
    if (this.looks.length === 0) return [];
    const { full } = await this.job.decoded();
    const base = { mask: first, edges, rect: this.regionIn(full) };
    const measured = this.looks.map((look) => {
      const seen = refineLook(look.guide, look.mask);
      const doubt = relativeDoubt(full, { ...look, edges: seen }, base);
      seen?.wipe();
      return { ...look, doubt };
    });
    // Looks that only sharpen edges do not dilute surer ones.
    const surer = measured.filter(({ doubt }) => doubt <= SURER);
    let isConfirmed = false;
    for (const look of surer.length > 0 ? surer : measured) {
      if (this.addPatch(look, base, refineLook)) isConfirmed = true;
    }
    const { patches } = this;
    // Several looks at the same place: their mean.
    if (!this.isInParts) patches.forEach(({ weights }, i) => scale(weights, 1 / (i + 1)));
    if (isConfirmed) {
      keepInside(
        base,
        this.looks.map(({ rect }) => rect),
      );
    }
    return patches;
  }

  /** What all looks say together, on the grid of the first; undefined when only the first counts. The caller wipes it. */
  async merged(first: Mask): Promise<Mask | undefined> {
    if (this.patches.length === 0) return undefined;
    const { full } = await this.job.decoded();
    return mergedMask(first, this.regionIn(full), this.patches);
  }

  /** Overwrites everything with zeros. */
  wipe(): void {
    for (const { picture, mask, guide } of this.looks) wipe(picture.data, mask.data, guide);
    for (const { mask, edges, weights } of this.patches) {
      edges?.wipe();
      wipe(mask.data, weights);
    }
  }

  private regionIn(image: Raster): Rect {
    const { input, size } = this.job;
    return input.region ? scaledRect(input.region, size, image) : fullRect(image);
  }

  private async lookAtParts(image: Raster, crops: readonly Rect[], region: Rect): Promise<void> {
    for (const rect of crops) if (isCloser(rect, region)) await this.look(image, rect, this.job.network);
  }

  /** Crops around the subject with each margin, for the model and, with the best effort, for the next one. */
  private async lookCloser(image: Raster, cropWith: (margin: number) => Rect[]): Promise<void> {
    const { options, network, next } = this.job;
    const effort = options.effort === 'best' ? 'best' : 'auto';
    for (const model of effort === 'best' && next ? [network, next] : [network]) {
      for (const rect of MARGINS[effort].flatMap(cropWith)) await this.look(image, rect, model);
    }
  }

  private async look(image: Raster, rect: Rect, network: Segmentation): Promise<void> {
    const { timer } = this.job;
    const picture = await timer.resume('decode', () => cropPicture(image, rect, network.inputFor(rect)));
    try {
      const mask = await timer.resume('infer', () => network.segment(picture));
      const guide = toGrid(picture, mask);
      this.count += 1;
      this.looks.push({ rect, picture, mask, guide });
      zeroNearBackground(mask);
      if (opensHoles(this.job.options)) clearGround(guide, mask);
    } catch (error) {
      wipe(picture.data);
      throw error;
    }
  }

  /**
   * Refines a look on its own grid, as far as it counts.
   * @returns true when the look confirms the subject of the first one
   */
  private addPatch(
    { rect, mask: seen, picture, doubt }: Look & { doubt: number },
    base: CoveringMask,
    refineLook: RefineLook,
  ): boolean {
    if (this.isInParts && doubt > SURER_PART) return false;
    const mask = maskOnGrid(seen, crispGrid(seen, rect));
    const weights = this.weightsOf({ rect, mask, doubt }, base);
    const counts = doubt <= SURER || (doubt <= AS_SURE && canSharpen(rect, base.rect));
    if (weights === undefined || !counts) {
      wipe(mask.data, weights);
      return weights !== undefined;
    }
    const patch: MattePatch = { rect, mask, edges: undefined, weights };
    this.patches.push(patch);
    const guide = toGrid(picture, mask);
    try {
      patch.edges = refineLook(guide, mask);
    } finally {
      wipe(guide);
    }
    return true;
  }

  private weightsOf(
    { rect, mask, doubt }: { rect: Rect; mask: Mask; doubt: number },
    base: CoveringMask,
  ): Float32Array | undefined {
    const place = { rect, region: base.rect, crop: mask };
    if (this.isInParts) return fadeOf(place);
    const first = partOnGrid(base.mask, rect, base.rect, mask);
    try {
      return cropWeights({ ...place, first, isOpen: this.doubt >= OPEN_FROM, isSurer: doubt <= SURER });
    } finally {
      wipe(first);
    }
  }
}

/**
 * Doubt of a look as a share of that of the first one in the same place, both refined. Where the first one found
 * nothing: 0 when the look is sure of what it found, else infinite.
 */
function relativeDoubt(image: Raster, look: CoveringMask, first: CoveringMask): number {
  const doubt = refinedDoubt(image, look.rect, look);
  if (subjectBox(first.mask) === undefined) {
    return subjectBox(look.mask) !== undefined && doubt <= SURE_TO ? 0 : Infinity;
  }
  return doubt / Math.max(refinedDoubt(image, look.rect, first), Number.EPSILON);
}

function scale(values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i += 1) values[i] = factor * (values[i] as number);
}

/** Clears a mask outside of all rectangles. */
function keepInside({ mask, edges, rect: region }: CoveringMask, rects: readonly Rect[]): void {
  const outside = new Uint8Array(mask.data.length);
  for (let y = 0, at = 0; y < mask.height; y += 1) {
    const middle = region.top + ((y + 0.5) * region.height) / mask.height;
    for (let x = 0; x < mask.width; x += 1, at += 1) {
      const center = region.left + ((x + 0.5) * region.width) / mask.width;
      const isInside = rects.some(
        ({ left, top, width, height }) =>
          center >= left && center < left + width && middle >= top && middle < top + height,
      );
      if (isInside) continue;
      outside[at] = 1;
      mask.data[at] = 0;
    }
  }
  edges?.clearRefinement(outside);
}
