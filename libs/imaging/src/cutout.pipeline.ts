import type { JobOptions, ResultFormat } from '#contracts/job.options.js';
import { wipe } from '#vault/wipe.js';
import type { CutoutStage } from './cutout.stages.js';
import { decodeForModel, decodeFull, uprightSize } from './decode.js';
import { encodeCutout, encodingOf } from './encode.js';
import { checkDimensions, probeFile, type ImageLimits } from './image.probe.js';
import { makeSolid } from './mask.solid.js';
import { stripMetadata } from './metadata.strip.js';
import { applyMatte, type Mask, type Raster } from './matte.js';
import { resizedRect, type Rect } from './pixel.rect.js';
import { foregroundBox } from './raster.facts.js';
import { composeResult } from './result.compose.js';
import { fittedSize, layoutOf, needsAllPixels } from './result.geometry.js';
import { regionOf } from './result.region.js';

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

/**
 * Cuts the subject out of an image: decode → infer → compose → encode.
 * @throws Problem `image-type-unsupported` | `image-corrupt` | `image-too-many-pixels` | `processing-failed`
 * @throws Problem `roi-exceeds-bounds` | `roi-empty` | `foreground-not-found` | `background-corrupt`
 */
export async function cutOut(job: CutoutJob): Promise<Cutout> {
  const owned: Uint8Array[] = [];
  const timingsMs = { decode: 0, infer: 0, compose: 0, encode: 0 };
  const perform = async <T>(stage: CutoutStage, work: () => Promise<T>): Promise<T> => {
    job.onStage(stage);
    const begin = performance.now();
    const outcome = await work();
    timingsMs[stage] = performance.now() - begin;
    return outcome;
  };
  try {
    const decoded = await perform('decode', () => decodeTwice(job, owned));
    const mask = await perform('infer', () => job.network.segment(decoded.pixels));
    owned.push(mask.data);
    const { result, foreground } = await perform('compose', () => compose(job, decoded, mask));
    if (result !== decoded.full) owned.push(result.data);
    const encoding = encodingOf(result, job.options);
    const data = await perform('encode', () => encodeCutout(result, encoding));
    const { width, height } = result;
    return { data, width, height, format: encoding.format, foreground, timingsMs };
  } finally {
    wipe(...owned);
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
}

/**
 * Decodes at once on two threads. Both are waited for even when one fails, so that neither buffer escapes the
 * wipe.
 */
async function decodeTwice(job: CutoutJob, owned: Uint8Array[]): Promise<Decoded> {
  const { limits, network, options } = job;
  checkDimensions(probeFile(job.image), limits);
  const image = stripMetadata(job.image);
  const size = await uprightSize(image);
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
    region: region && resizedRect(region, size, full.value),
  };
}

/** Applies the mask, lays the result out and makes it. */
async function compose(
  { options, limits, background }: CutoutJob,
  { full, region }: Decoded,
  mask: Mask,
): Promise<{ result: Raster; foreground: Rect }> {
  if (!options.semitransparency) makeSolid(mask);
  applyMatte(full, mask, { region });
  const layout = layoutOf({ image: full, box: foregroundBox(full) }, options, limits);
  const result = await composeResult(full, layout, { options, background, limits });
  return { result, foreground: layout.foreground };
}
