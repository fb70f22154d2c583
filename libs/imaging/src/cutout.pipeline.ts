import type { JobOptions, ResultFormat } from '#contracts/job.options.js';
import { wipe } from '#vault/wipe.js';
import type { CutoutStage } from './cutout.stages.js';
import { decodeForModel, decodeFull, shownImage } from './decode.js';
import { isDirect, matteToPng } from './direct.result.js';
import { prepareEdges, type EdgePlanes } from './edge.planes.js';
import { encodeCutout, encodingOf } from './encode.js';
import { toGrid } from './guide.grid.js';
import { checkDimensions, probeFile, type ImageLimits } from './image.probe.js';
import { makeSolid } from './mask.solid.js';
import { stripMetadata } from './metadata.strip.js';
import { applyMatte, type Mask, type MatteExtras, type Raster } from './matte.js';
import { resizedRect, type Rect } from './pixel.rect.js';
import { foregroundBox } from './raster.facts.js';
import { composeResult } from './result.compose.js';
import { fittedSize, layoutOf, needsAllPixels } from './result.geometry.js';
import { regionOf } from './result.region.js';
import { StageClock } from './stage.clock.js';

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

type Made = Omit<Cutout, 'timingsMs'>;

const NOTHING: Rect = { left: 0, top: 0, width: 0, height: 0 };

/**
 * Cuts the subject out of an image: decode → infer → refine → compose → encode.
 * @throws Problem `image-type-unsupported` | `image-corrupt` | `image-too-many-pixels` | `processing-failed`
 * @throws Problem `roi-exceeds-bounds` | `roi-empty` | `foreground-not-found` | `background-corrupt`
 */
export async function cutOut(job: CutoutJob): Promise<Cutout> {
  const owned: Uint8Array[] = [];
  const clock = new StageClock(job.onStage);
  let edges: EdgePlanes | undefined;
  try {
    const decoded = await clock.perform('decode', () => decodeTwice(job, owned));
    const mask = await clock.perform('infer', () => job.network.segment(decoded.pixels));
    owned.push(mask.data);
    edges = await clock.perform('refine', () => refine(job, decoded, mask));
    const { full, ...known } = decoded;
    const extras = { edges, region: known.region, isOpaque: known.isOpaque };
    const matted = { full, mask, extras };
    const finish = isDirect(job.options, job.background) ? finishAtOnce : finishInSteps;
    return { ...(await finish(job, matted, clock)), timingsMs: clock.timingsMs };
  } finally {
    wipe(...owned);
    edges?.wipe();
  }
}

/** An image in the two forms that are needed of it. */
interface Decoded {
  /** As the model takes it: the region, if there is one. */
  pixels: Uint8Array;
  /** The whole image, in the size of the result when no pixel of it is needed beyond that. */
  full: Raster;
  /** The region of interest, in pixels of `full`. */
  region: Rect | undefined;
  /** The image has no transparency of its own. */
  isOpaque: boolean;
}

/**
 * Decodes at once on two threads. Both are waited for even when one fails, so that neither buffer escapes the
 * wipe.
 */
async function decodeTwice(job: CutoutJob, owned: Uint8Array[]): Promise<Decoded> {
  const { limits, network, options } = job;
  checkDimensions(probeFile(job.image), limits);
  const image = stripMetadata(job.image);
  const size = await shownImage(image);
  const region = regionOf(options, size);
  const fitted = needsAllPixels(options) ? size : fittedSize(size, options.size, limits);
  const isWhole = fitted.width === size.width && fitted.height === size.height;
  const decoded = [
    decodeForModel(image, network.sidePixels, limits.maxPixels, region),
    decodeFull(image, limits.maxPixels, isWhole ? undefined : { ...fitted, fit: 'fill' }),
  ] as const;
  const [pixels, full] = await Promise.allSettled(decoded);
  if (pixels.status === 'fulfilled') owned.push(pixels.value);
  if (full.status === 'fulfilled') owned.push(full.value.data);
  if (pixels.status === 'rejected') throw pixels.reason;
  if (full.status === 'rejected') throw full.reason;
  return {
    pixels: pixels.value,
    full: full.value,
    isOpaque: size.isOpaque,
    region: region && resizedRect(region, size, full.value),
  };
}

/** Makes the mask as solid as asked for, and clean edges from what the network saw. */
function refine({ network, options }: CutoutJob, { pixels }: Decoded, mask: Mask): EdgePlanes | undefined {
  if (!options.semitransparency) makeSolid(mask);
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

/** An image with the mask that is to be applied to it, in place. */
interface Matted {
  full: Raster;
  mask: Mask;
  extras: MatteExtras;
}

/** Composes and encodes the image as it is, both at the same time. */
async function finishAtOnce(
  job: CutoutJob,
  { full, mask, extras }: Matted,
  clock: StageClock,
): Promise<Made> {
  job.onStage('compose');
  const data = await clock.perform('encode', () => matteToPng(full, mask, extras, clock));
  const box = foregroundBox(full);
  const { width, height } = full;
  return { data, width, height, format: 'png', foreground: box ?? NOTHING };
}

/** Applies the mask, lays the result out and makes it, then encodes it. */
async function finishInSteps(
  job: CutoutJob,
  { full, mask, extras }: Matted,
  clock: StageClock,
): Promise<Made> {
  const { options, limits, background } = job;
  let result: Raster | undefined;
  try {
    const foreground = await clock.perform('compose', async () => {
      applyMatte(full, mask, extras);
      const layout = layoutOf({ image: full, box: foregroundBox(full) }, options, limits);
      result = await composeResult(full, layout, { options, background, limits });
      return layout.foreground;
    });
    const made = result ?? full;
    const encoding = encodingOf(made, options);
    const data = await clock.perform('encode', () => encodeCutout(made, encoding));
    const { width, height } = made;
    return { data, width, height, format: encoding.format, foreground };
  } finally {
    if (result !== full) wipe(result?.data);
  }
}
