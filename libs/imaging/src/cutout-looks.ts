import type { JobOptions } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import type { MattingJob, Segmentation } from './matting-contract.js';
import { cropPicture } from './decode/crop-picture.js';
import { isBlurred } from './matting/border-sharpness.js';
import type { EdgeMaps } from './matting/edge-maps.js';
import { refinedDoubt, type CoveringMask } from './matting/refined-doubt.js';
import {
  AS_SURE,
  canSharpen,
  crispGrid,
  cropAround,
  doubtOf,
  fadeOf,
  isCloser,
  MARGIN,
  maskOnGrid,
  partOnGrid,
  showsSame,
  subjectBox,
  SURER,
} from './matting/second-look.js';
import { toGrid } from './matting/guide-grid.js';
import { clearGround, opensHoles } from './matting/flat-ground.js';
import type { MattePatch, PatchVote } from './matting/matte-patch.js';
import { mergedMask } from './matting/merged-mask.js';
import type { SubjectSelection } from './matting/subject-selection.js';
import { isWide, partsOf, type Place } from './matting/wide-format.js';
import { zeroNearBackground } from './matting/mask-filters.js';
import { fullRect, scaledRect, type Rect } from './raster/pixel-rect.js';
import type { Mask, Raster, RgbRaster } from './raster/raster.js';

type Effort = Exclude<JobOptions['effort'], 'standard'>;

/**
 * Doubt of the first look from which the model looks again. On composites of ordinary formats, a crop changed twelve of
 * twenty pictures with a doubt from 0.25 on, and two of eight with one of 0.12 to 0.25.
 */
const LOOKS_FROM: Record<Effort, { ordinary: number; wide: number }> = {
  auto: { ordinary: 0.25, wide: 0.12 },
  best: { ordinary: 0.01, wide: 0.01 },
};
/** Margins of the crops. */
const MARGINS: Record<Effort, readonly number[]> = { auto: [MARGIN], best: [MARGIN, 0.25, 0.12] };
/** Doubt from which the first look's decision about the subject is open: as much entropy as opacity. */
const OPEN_FROM = 1;

/** Doubt up to which a look is sure of what it found. */
const SURE_TO = 0.3;

/** The model's view of a part of the image. */
interface Look {
  rect: Rect;
  place: Place;
  network: Segmentation;
  picture: RgbRaster;
  mask: Mask;
  /** Colors on the mask's grid. */
  guide: Uint8Array;
}

/** A look with its doubt, as a share of that of the first one in the same place. */
interface MeasuredLook extends Look {
  doubt: number;
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
  private readonly votes: PatchVote[] = [];
  /** The first look's decision about the subject is open. */
  private isOpen = false;

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
    const doubt = doubtOf(first);
    const box = subjectBox(first);
    this.isOpen = doubt >= OPEN_FROM || box === undefined;
    const { ordinary, wide } = LOOKS_FROM[effort];
    if (box !== undefined && doubt < Math.min(ordinary, wide)) return;
    const { full } = await this.job.decoded();
    const region = this.regionIn(full);
    if (box !== undefined && doubt < (isWide(region) ? wide : ordinary)) return;
    for (const place of placesOf(first, box, region)) {
      const isWorthIt =
        isCloser(place.crop, region) &&
        (this.isOpen || !isBlurred(first, { image: full, region, part: place.crop }));
      if (isWorthIt) await this.lookAt(full, place, { first, region, effort });
    }
    for (const { mask, rect } of this.looks) selection.applyToPart(mask, rect, region);
  }

  /**
   * Refines what was seen, and decides what counts. Clears the first look outside of everything that was seen.
   * @returns patches over the first look, whose content this object wipes
   */
  async refine(first: Mask, edges: EdgeMaps | undefined, refineLook: RefineLook): Promise<PatchVote[]> {
    if (this.looks.length === 0) return [];
    const { full } = await this.job.decoded();
    const base = { mask: first, edges, rect: this.regionIn(full) };
    const measured = this.looks.map((look) => {
      const seen = refineLook(look.guide, look.mask);
      const doubt = relativeDoubt(full, { ...look, edges: seen }, base);
      seen?.wipe();
      return { ...look, doubt };
    });
    for (const place of new Set(this.looks.map((look) => look.place))) {
      this.addVote(surest(measured.filter((look) => look.place === place)), base, refineLook);
    }
    if (this.votes.length > 0) {
      keepInside(
        base,
        this.looks.map(({ rect }) => rect),
      );
    }
    return this.votes;
  }

  /** What all looks say together, on the grid of the first; undefined when only the first counts. The caller wipes it. */
  async merged(first: Mask): Promise<Mask | undefined> {
    if (this.votes.length === 0) return undefined;
    const { full } = await this.job.decoded();
    return mergedMask(first, this.regionIn(full), this.votes);
  }

  /** Overwrites everything with zeros. */
  wipe(): void {
    for (const { picture, mask, guide } of this.looks) wipe(picture.data, mask.data, guide);
    for (const { mask, edges, weights } of this.votes.flatMap(({ patches }) => patches)) {
      edges?.wipe();
      wipe(mask.data, weights);
    }
  }

  private regionIn(image: Raster): Rect {
    const { input, size } = this.job;
    return input.region ? scaledRect(input.region, size, image) : fullRect(image);
  }

  /** Crops of a place with each margin, for the model and, with the best effort, for the next one. */
  private async lookAt(
    image: Raster,
    place: Place,
    { first, region, effort }: { first: Mask; region: Rect; effort: Effort },
  ): Promise<void> {
    const { network, next } = this.job;
    for (const model of effort === 'best' && next ? [network, next] : [network]) {
      for (const rect of cropsOf(place, first, { region, margins: MARGINS[effort] }))
        await this.look(image, { rect, place }, model);
    }
  }

  private async look(
    image: Raster,
    { rect, place }: { rect: Rect; place: Place },
    network: Segmentation,
  ): Promise<void> {
    const { timer } = this.job;
    const picture = await timer.resume('decode', () => cropPicture(image, rect, network.inputFor(rect)));
    try {
      const mask = await timer.resume('infer', () => network.segment(picture));
      const guide = toGrid(picture, mask);
      this.count += 1;
      this.looks.push({ rect, place, network, picture, mask, guide });
      zeroNearBackground(mask);
      if (opensHoles(this.job.options)) clearGround(guide, mask);
    } catch (error) {
      wipe(picture.data);
      throw error;
    }
  }

  /**
   * Lets the looks at a place vote, if they count. Surer ones replace the first look; where they are about as sure, the
   * first look stays unless all agree. A look that shows another subject votes for the first one.
   */
  private addVote(looks: readonly MeasuredLook[], base: CoveringMask, refineLook: RefineLook): void {
    const doubt = medianOf(looks.map((look) => look.doubt));
    const isSurer = doubt <= SURER;
    const sharpens = looks.length > 1 && doubt <= AS_SURE && looks.some(({ rect }) => canSharpen(rect));
    if (!isSurer && !sharpens) return;
    const seen = looks.flatMap((look) => {
      const patch = this.patchOf(look, base);
      return patch === undefined ? [] : [{ patch, picture: look.picture }];
    });
    if (seen.length === 0) return;
    const others = looks.length - seen.length;
    this.votes.push({
      patches: seen.map(({ patch }) => patch),
      votesBelow: isSurer ? others : others + looks.length - 1,
    });
    for (const { patch, picture } of seen) {
      const guide = toGrid(picture, patch.mask);
      try {
        patch.edges = refineLook(guide, patch.mask);
      } finally {
        wipe(guide);
      }
    }
  }

  /** A look on its own grid, without edge maps; undefined when it shows another subject. */
  private patchOf({ rect, mask: seen }: Look, base: CoveringMask): MattePatch | undefined {
    const mask = maskOnGrid(seen, crispGrid(seen, rect));
    const first = partOnGrid(base.mask, rect, base.rect, mask);
    try {
      if (!this.isOpen && !showsSame(first, mask)) {
        wipe(mask.data);
        return undefined;
      }
      return { rect, mask, edges: undefined, weights: fadeOf(rect, base.rect, mask) };
    } finally {
      wipe(first);
    }
  }
}

/** The subject, or each part of a picture that is wide or nearly full of it. */
function placesOf(first: Mask, box: Rect | undefined, region: Rect): Place[] {
  const crop = box && cropAround(box, first, region);
  if (crop === undefined || isWide(region) || !isCloser(crop, region)) return partsOf(first, region);
  return [{ box, crop }];
}

/** Crops of a place with each margin. */
function cropsOf(
  { box, crop }: Place,
  first: Mask,
  { region, margins }: { region: Rect; margins: readonly number[] },
): Rect[] {
  if (box === undefined) return [crop];
  return margins.map((margin) => (margin === MARGIN ? crop : cropAround(box, first, region, margin)));
}

/** The looks of the model that is surest. */
function surest(looks: readonly MeasuredLook[]): MeasuredLook[] {
  const models = [...new Set(looks.map(({ network }) => network))];
  const byModel = models.map((model) => looks.filter(({ network }) => network === model));
  const doubtIn = (some: readonly MeasuredLook[]): number => medianOf(some.map(({ doubt }) => doubt));
  return byModel.reduce((best, some) => (doubtIn(some) < doubtIn(best) ? some : best));
}

/** Of an odd number of values. */
const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number;

/**
 * Doubt of a look as a share of that of the first one in the same place, both refined; infinite when it found nothing.
 * Where the first one found nothing: 0 when the look is sure of what it found, else infinite.
 */
function relativeDoubt(image: Raster, look: CoveringMask, first: CoveringMask): number {
  if (subjectBox(look.mask) === undefined) return Infinity;
  const doubt = refinedDoubt(image, look.rect, look);
  if (subjectBox(first.mask) === undefined) return doubt <= SURE_TO ? 0 : Infinity;
  return doubt / Math.max(refinedDoubt(image, look.rect, first), Number.EPSILON);
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
