import type { JobOptions, ResultFormat } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import { keptCells } from './matting/alpha-parts.js';
import type { CutoutStage } from './stages/cutout-stages.js';
import { shownImage, type DecodedSize } from './decode/decode.js';
import { deepRaster } from './raster/deep-raster.js';
import type { Density } from './formats/density.js';
import { isDirect, matteToPng } from './encode/direct-result.js';
import { prepareEdges, type EdgeMaps } from './matting/edge-maps.js';
import { encodeCutout, encodingOf } from './encode/encode.js';
import { toGrid } from './matting/guide-grid.js';
import type { ImageLimits } from './formats/image-facts.js';
import { openImage, type OpenedImage } from './guard/image-opening.js';
import { zeroNearBackground } from './matting/mask-threshold.js';
import { fillInterior } from './matting/mask-holes.js';
import { applyMatte, type Mask, type MatteExtras } from './matting/matte.js';
import { alphaOnGrid, modelInput, type ModelInput } from './matting/model-input.js';
import { resizedRect, type Rect, type Size } from './raster/pixel-rect.js';
import type { AnyRaster } from './raster/raster-shape.js';
import { composeResult } from './compose/result-compose.js';
import { fittedSize, layoutOf, needsAllPixels } from './compose/result-geometry.js';
import { regionOf } from './compose/result-region.js';
import { StageTimer } from './stages/stage-timer.js';
import { decodeWhole, depthsOf, wipeWhole, type Depths, type FullImage } from './decode/whole-image.js';

/** The network: its square input, and what turns pixels into a mask. */
export interface Segmentation {
  sidePixels: number;
  /** `sidePixels`² × 3 bytes of sRGB in; opacity out, on a grid of its own, which the caller wipes. */
  segment: (pixels: Uint8Array) => Promise<Mask>;
}

/** One image to cut out. */
export interface CutoutJob {
  /** Encoded image. Its metadata is taken out in place; its owner wipes it. */
  image: Buffer;
  /** Encoded picture for the background. Its metadata is taken out in place; its owner wipes it. */
  background?: Buffer | undefined;
  options: JobOptions;
  limits: ImageLimits;
  network: Segmentation;
  /** Called when a stage begins. */
  onStage: (stage: CutoutStage) => void;
}

/** A finished cut-out. `data` is the caller's to wipe. */
export interface Cutout {
  data: Buffer;
  width: number;
  height: number;
  /** What was written. */
  format: ResultFormat;
  /** Where the subject is in the result; 0 × 0 when nothing is visible. */
  foreground: Rect;
  timingsMs: Record<CutoutStage, number>;
}

/** Images beyond this are opened once at a time; a progressive one is held in coefficients, several bytes a pixel. */
const LARGE_PIXELS = 24_000_000;
const PROGRESSIVE_WEIGHT = 3;

type Made = Omit<Cutout, 'timingsMs'>;

const NOTHING: Rect = { left: 0, top: 0, width: 0, height: 0 };

/**
 * Cuts the subject out of an image: decode → infer → refine → compose → encode.
 * @throws Problem as `openImage`; `processing-failed`
 * @throws Problem `roi-exceeds-bounds` | `roi-empty` | `foreground-not-found` | `background-corrupt`
 */
export async function cutOut(job: CutoutJob): Promise<Cutout> {
  const owned: Uint8Array[] = [];
  const clock = new StageTimer(job.onStage);
  let opened: OpenedImage | undefined;
  let decoding: Promise<FullImage> | undefined;
  let edges: EdgeMaps | undefined;
  try {
    const plan = await clock.perform('decode', async () => {
      opened = openImage(job.image, job.limits);
      return planOf(job, opened);
    });
    const begin = (): Promise<FullImage> => {
      // The thread pool goes on with this while the network looks at the small one.
      decoding = decodeWhole(plan.image, job.limits.maxPixels, plan.resized, plan.depths);
      decoding.catch(() => undefined);
      return decoding;
    };
    // Two decoders at a time would hold the whole of a large image twice.
    const early = plan.isLarge ? undefined : begin();
    const input = await clock.more('decode', () => inputOf(job, plan));
    owned.push(input.pixels);
    if (input.ownAlpha) owned.push(input.ownAlpha);
    const whole = early ?? begin();
    const mask = await clock.perform('infer', () => job.network.segment(input.pixels));
    owned.push(mask.data);
    edges = await clock.perform('refine', () => refine(job, input, mask));
    const decoded = await clock.more('decode', () => whole);
    const region = input.region && resizedRect(input.region, plan.size, decoded.full);
    const extras = { edges, region, isOpaque: plan.isOpaque };
    const matted = { ...decoded, mask, extras, plan };
    const isAtOnce = plan.depths.result === 8 && isDirect(job.options, job.background);
    const finish = isAtOnce ? finishAtOnce : finishInSteps;
    return { ...(await finish(job, matted, clock)), timingsMs: clock.timingsMs };
  } finally {
    wipe(...owned);
    edges?.wipe();
    await decoding?.then(wipeWhole, () => undefined);
    opened?.wipe();
  }
}

/** What is known of an image before a pixel of it is decoded. */
interface Plan {
  /** The encoded image without its metadata. */
  image: Buffer;
  /** Size of the upright image. */
  size: Size;
  /** The region of interest, in its pixels. */
  shown: Rect | undefined;
  /** Another size to decode it in, when no pixel is needed beyond those of the result. */
  resized: DecodedSize | undefined;
  density: Density | undefined;
  depths: Depths;
  /** The image has no transparency of its own. */
  isOpaque: boolean;
  /** Opening it takes much memory. */
  isLarge: boolean;
}

async function planOf({ options, limits }: CutoutJob, opened: OpenedImage): Promise<Plan> {
  const { facts, image, density } = opened;
  const size = await shownImage(image);
  const fitted = needsAllPixels(options) ? size : fittedSize(size, options.size, limits);
  const isWhole = fitted.width === size.width && fitted.height === size.height;
  return {
    image,
    size,
    shown: regionOf(options, size),
    resized: isWhole ? undefined : { ...fitted, fit: 'fill' },
    density,
    depths: depthsOf(options, size, fitted),
    isOpaque: size.isOpaque,
    isLarge: (facts.progressive ? PROGRESSIVE_WEIGHT : 1) * facts.width * facts.height > LARGE_PIXELS,
  };
}

const inputOf = (
  { network, limits }: CutoutJob,
  { image, size, shown, isOpaque }: Plan,
): Promise<ModelInput> =>
  modelInput(image, {
    sidePixels: network.sidePixels,
    maxPixels: limits.maxPixels,
    size,
    region: shown,
    isOpaque,
  });

/** Makes the mask as sure and as solid as it is to be, and clean edges from what the network saw. */
function refine(job: CutoutJob, input: ModelInput, mask: Mask): EdgeMaps | undefined {
  zeroNearBackground(mask);
  const kept = keptOf(input, job.network.sidePixels, mask);
  try {
    // The input's alpha is the result's, as it is.
    if (kept?.includes(0) === false) {
      mask.data.fill(255);
      return undefined;
    }
    const edges = refineMask(job, input.pixels, mask);
    if (kept !== undefined) keepCells(kept, mask, edges);
    return edges;
  } finally {
    wipe(kept);
  }
}

/** Cells of the mask in which the image keeps its own alpha; undefined when it was not cut out before. */
function keptOf({ pixels, ownAlpha }: ModelInput, sidePixels: number, mask: Mask): Uint8Array | undefined {
  if (ownAlpha === undefined) return undefined;
  const own = alphaOnGrid(ownAlpha, sidePixels, mask);
  let guide: Uint8Array | undefined;
  try {
    return keptCells(own, mask, () => (guide = toGrid(pixels, sidePixels, mask)));
  } finally {
    wipe(guide, own);
  }
}

function refineMask({ network, options }: CutoutJob, pixels: Uint8Array, mask: Mask): EdgeMaps | undefined {
  if (!options.semitransparency) fillInterior(mask);
  // Who wants alpha alone needs no colours.
  const foreground = options.channels === 'rgba';
  if (!foreground && options.refine === 'none') return undefined;
  const guide = toGrid(pixels, network.sidePixels, mask);
  try {
    return prepareEdges(guide, mask, { refine: options.refine, foreground });
  } finally {
    wipe(guide);
  }
}

/** Makes the mask full, and leaves edges as they are, where the image keeps its own alpha. */
function keepCells(kept: Uint8Array, mask: Mask, edges: EdgeMaps | undefined): void {
  for (let i = 0; i < kept.length; i += 1) if (kept[i] === 1) mask.data[i] = 255;
  edges?.leaveOut(kept);
}

/** An image with the mask that is to be applied to it, in place. */
interface Matted extends FullImage {
  mask: Mask;
  extras: MatteExtras;
  plan: Plan;
}

/** Composes and encodes the image as it is, both at the same time. */
async function finishAtOnce(
  job: CutoutJob,
  { full, mask, extras, plan: { density } }: Matted,
  clock: StageTimer,
): Promise<Made> {
  job.onStage('compose');
  const { data, foreground } = await clock.perform('encode', () =>
    matteToPng(full, mask, extras, { clock, density }),
  );
  const { width, height } = full;
  return { data, width, height, format: 'png', foreground: foreground ?? NOTHING };
}

/** Applies the mask, lays the result out and makes it, then encodes it. */
async function finishInSteps(
  job: CutoutJob,
  { full, deep, mask, extras, plan: { density, depths } }: Matted,
  clock: StageTimer,
): Promise<Made> {
  const { options, limits, background } = job;
  const made: { matted: AnyRaster; result?: AnyRaster } = { matted: full };
  try {
    const foreground = await clock.perform('compose', async () => {
      const box = applyMatte(full, mask, extras);
      if (depths.result === 16) made.matted = deepRaster(full, deep);
      const layout = layoutOf({ image: full, box }, options, limits);
      made.result = await composeResult(made.matted, layout, { options, background, limits });
      return layout.foreground;
    });
    const result = made.result ?? made.matted;
    const encoding = { ...encodingOf(result, options), density };
    const data = await clock.perform('encode', () => encodeCutout(result, encoding));
    const { width, height } = result;
    return { data, width, height, format: encoding.format, foreground };
  } finally {
    for (const { data } of [made.matted, made.result ?? full]) if (data !== full.data) wipe(data);
  }
}
