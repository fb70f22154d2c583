import type { JobOptions } from '#contracts/job.options.js';
import { wipe } from '#vault/wipe.js';
import type { CutoutStage } from './cutout.stages.js';
import { decodeForModel, decodeFull } from './decode.js';
import { encodeCutout } from './encode.js';
import { checkDimensions, probeFile, type ImageLimits } from './image.probe.js';
import { stripMetadata } from './metadata.strip.js';
import { applyMatte, type Mask, type Raster } from './matte.js';

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
  format: JobOptions['format'];
  timingsMs: Record<CutoutStage, number>;
}

/**
 * Cuts the subject out of an image: decode → infer → compose → encode.
 * @throws Problem `image-type-unsupported` | `image-corrupt` | `image-too-many-pixels` | `processing-failed`
 */
export async function cutOut(job: CutoutJob): Promise<Cutout> {
  const owned: Uint8Array[] = [];
  const timingsMs = { decode: 0, infer: 0, compose: 0, encode: 0 };
  const { network, options } = job;
  const perform = async <T>(stage: CutoutStage, work: () => Promise<T>): Promise<T> => {
    job.onStage(stage);
    const begin = performance.now();
    const outcome = await work();
    timingsMs[stage] = performance.now() - begin;
    return outcome;
  };
  try {
    const { pixels, full } = await perform('decode', () => decodeTwice(job, owned));
    const mask = await perform('infer', () => network.segment(pixels));
    owned.push(mask.data);
    await perform('compose', async () => applyMatte(full, mask));
    const data = await perform('encode', () => encodeCutout(full, options));
    return { data, width: full.width, height: full.height, format: options.format, timingsMs };
  } finally {
    wipe(...owned);
  }
}

/**
 * The image as the model takes it and in full, decoded at once on two threads. Both are waited for even when
 * one fails, so that neither buffer escapes the wipe.
 */
async function decodeTwice(
  job: CutoutJob,
  owned: Uint8Array[],
): Promise<{ pixels: Uint8Array; full: Raster }> {
  const { limits, network } = job;
  checkDimensions(probeFile(job.image), limits);
  const image = stripMetadata(job.image);
  const decoded = [
    decodeForModel(image, network.sidePixels, limits.maxPixels),
    decodeFull(image, limits.maxPixels),
  ] as const;
  const [pixels, full] = await Promise.allSettled(decoded);
  if (pixels.status === 'fulfilled') owned.push(pixels.value);
  if (full.status === 'fulfilled') owned.push(full.value.data);
  if (pixels.status === 'rejected') throw pixels.reason;
  if (full.status === 'rejected') throw full.reason;
  return { pixels: pixels.value, full: full.value };
}
