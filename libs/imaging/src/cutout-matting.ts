import type { JobOptions } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import { FurtherLooks, type RefineLook } from './cutout-looks.js';
import { graphicsMatting } from './graphics-matting.js';
import type { Matting, MattingJob } from './matting-contract.js';
import { ownAlphaCells } from './matting/alpha-components.js';
import { confidenceHints, confidenceOf } from './matting/confidence.js';
import { prepareEdges, type EdgeMaps } from './matting/edge-maps.js';
import { clearGround, opensHoles } from './matting/flat-ground.js';
import { toGrid } from './matting/guide-grid.js';
import { fillInterior, zeroNearBackground } from './matting/mask-filters.js';
import { MattePass } from './matting/matte.js';
import { SubjectSelection } from './matting/subject-selection.js';
import { alphaOnGrid, type ModelInput } from './matting/model-input.js';
import { scaledRect, type Rect } from './raster/pixel-rect.js';
import type { Mask, Raster } from './raster/raster.js';

/**
 * Estimates the matte of an image: by its colors for a drawing, otherwise with the model.
 * @throws Problem `subject-not-found` | `ground-not-flat`
 */
export const mattingOf = async (job: MattingJob): Promise<Matting> =>
  (await graphicsMatting(job)) ?? (await modelMatting(job));

/** Runs the model, again where that promises more, and refines the masks. */
export async function modelMatting(job: MattingJob): Promise<Matting> {
  const { input, network, timer, isOpaque, size } = job;
  const looks = new FurtherLooks(job);
  let mask: Mask | undefined;
  let guide: Uint8Array | undefined;
  let cleaned: Cleaned | undefined;
  let edges: EdgeMaps | undefined;
  const wipeAll = (): void => {
    wipe(mask?.data, guide, cleaned?.own?.alpha, cleaned?.own?.cells);
    cleaned?.selection.wipe();
    edges?.wipe();
    looks.wipe();
  };
  try {
    const first = (mask = await timer.perform('infer', () => network.segment(input.picture)));
    const colors = (guide = toGrid(input.picture, first));
    const { own, selection } = (cleaned = await timer.resume('infer', () => clean(job, first, colors)));
    await looks.take(first, selection);
    edges = await timer.perform('refine', () => prepare(job.options, { mask: first, guide: colors }, own));
    selection.applyTo(first);
    const refineLook: RefineLook = (seenColors, seen) => refineMask(job.options, seenColors, seen);
    const votes = await timer.resume('refine', () => looks.refine(first, edges, refineLook));
    const merged = await timer.resume('refine', () => reviewed(job, looks, first));
    if (merged !== undefined) {
      selection.wipe();
      cleaned = { ...cleaned, ...merged };
    }
    const { selection: subjects, confidence } = cleaned;
    const regionIn = (image: Raster): Rect | undefined =>
      input.region && scaledRect(input.region, size, image);
    return {
      passOver: (image) => new MattePass(image, first, { edges, region: regionIn(image), isOpaque, votes }),
      subjectsIn: (image) => subjects.subjectsIn(image, regionIn(image)),
      facts: {
        looks: 1 + looks.count,
        confidence,
        hints: [...(subjects.isEmpty ? ['no-subject' as const] : []), ...confidenceHints(confidence)],
      },
      wipe: wipeAll,
    };
  } catch (error) {
    wipeAll();
    throw error;
  }
}

/** Subjects and confidence of what all looks say together; undefined when only the first one counts. */
async function reviewed(
  { input, size }: MattingJob,
  looks: FurtherLooks,
  first: Mask,
): Promise<Pick<Cleaned, 'selection' | 'confidence'> | undefined> {
  const merged = await looks.merged(first);
  if (merged === undefined) return undefined;
  try {
    // Other subjects and scraps have been removed from every look.
    const rules = { subject: 'all', keepScraps: true };
    const confidence = confidenceOf(merged, input.picture);
    return {
      selection: new SubjectSelection(merged, { image: size, region: input.region }, rules),
      confidence,
    };
  } finally {
    wipe(merged.data);
  }
}

/** What a mask says after it was cleaned. */
interface Cleaned {
  own: OwnAlpha | undefined;
  /** The subjects in it. */
  selection: SubjectSelection;
  confidence: number;
}

/** Cleans the mask, and removes subjects that are not asked for, in place. */
function clean({ input, options, size }: MattingJob, mask: Mask, guide: Uint8Array): Cleaned {
  zeroNearBackground(mask);
  const own = ownAlphaOf(input, mask, guide);
  if (own === undefined && opensHoles(options)) clearGround(guide, mask);
  let confidence = confidenceOf(mask, input.picture);
  const opacity = own ? opacityOf(own, mask) : mask;
  try {
    const selection = new SubjectSelection(
      opacity,
      { image: size, region: input.region },
      {
        subject: options.subject,
        // Small parts of an earlier cut-out are there on purpose.
        keepScraps: own !== undefined || options.scraps === 'keep',
      },
    );
    selection.applyTo(mask);
    if (keepsAll(own)) confidence = selection.isEmpty ? 0 : 1;
    else if (options.subject !== 'all') confidence = confidenceOf(mask, input.picture);
    return { own, selection, confidence };
  } catch (error) {
    wipe(own?.cells, own?.alpha);
    throw error;
  } finally {
    if (own !== undefined) wipe(opacity.data);
  }
}

/** Prepares edge maps from the colors of the grid, and keeps the image's own alpha in the mask. */
function prepare(
  options: JobOptions,
  { mask, guide }: { mask: Mask; guide: Uint8Array },
  own: OwnAlpha | undefined,
): EdgeMaps | undefined {
  const edges = keepsAll(own) ? undefined : refineMask(options, guide, mask);
  if (own !== undefined) keepOwnAlpha(own.cells, mask, edges);
  return edges;
}

/** True when the whole image keeps its own alpha. */
const keepsAll = (own: OwnAlpha | undefined): boolean => own?.cells.includes(0) === false;

/** The alpha of an earlier cut-out on the mask's grid. */
interface OwnAlpha {
  alpha: Uint8Array;
  /** 1 where the image keeps it, 0 where the mask decides. */
  cells: Uint8Array;
}

/** The image's own alpha; undefined unless the image is an earlier cut-out. */
function ownAlphaOf({ ownAlpha }: ModelInput, mask: Mask, guide: Uint8Array): OwnAlpha | undefined {
  if (ownAlpha === undefined) return undefined;
  const alpha = alphaOnGrid(ownAlpha, mask);
  try {
    return { alpha, cells: ownAlphaCells(alpha, mask, () => guide) };
  } catch (error) {
    wipe(alpha);
    throw error;
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
  { semitransparency, only, refine: wanted }: JobOptions,
  guide: Uint8Array,
  mask: Mask,
): EdgeMaps | undefined {
  if (!semitransparency) fillInterior(mask);
  // A result of alpha alone needs no foreground colors, and the mask is what the model gives.
  const foreground = only !== 'alpha' && only !== 'mask';
  const refine = only === 'mask' ? 'none' : wanted;
  if (!foreground && refine === 'none') return undefined;
  return prepareEdges(guide, mask, { refine, foreground });
}

/** Makes the mask opaque where the image keeps its own alpha, and removes edge refinement there. */
function keepOwnAlpha(ownCells: Uint8Array, mask: Mask, edges: EdgeMaps | undefined): void {
  for (let i = 0; i < ownCells.length; i += 1) if (ownCells[i] === 1) mask.data[i] = 255;
  edges?.clearRefinement(ownCells);
}
