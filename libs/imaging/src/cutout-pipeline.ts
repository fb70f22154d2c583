import type { JobOptions, ResultFormat } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import { ownAlphaCells } from './matting/alpha-components.js';
import { StageTimer, type CutoutStage } from './cutout-stages.js';
import {
  decodeImage,
  depthsOf,
  readImageHeader,
  wipeImage,
  type DecodedSize,
  type Depths,
  type DecodedImage,
} from './decode/decode.js';
import { toRaster16, type AnyRaster, type Mask, type Raster } from './raster/raster.js';
import type { Density } from './formats/density.js';
import { prepareEdges, type EdgeMaps } from './matting/edge-maps.js';
import { encodeCutout, encodingOf } from './encode/encode.js';
import { toGrid } from './matting/guide-grid.js';
import type { ImageLimits } from './formats/image-facts.js';
import { openImage, type OpenedImage } from './guard/image-opening.js';
import { fillInterior, zeroNearBackground } from './matting/mask-filters.js';
import { applyMatte, MattePass, type MatteExtras } from './matting/matte.js';
import { alphaOnGrid, modelInput, type ModelInput } from './matting/model-input.js';
import { scaledRect, type Rect, type Size } from './raster/pixel-rect.js';
import { composeResult } from './compose/result-compose.js';
import { fitSize, layoutOf, needsAllPixels, needsLayout, regionOf } from './compose/result-geometry.js';
import { PngWriter } from './encode/png-writer.js';

/** The segmentation model: side of its square input, and the inference call. */
export interface Segmentation {
  sidePixels: number;
  /** Input: `sidePixels`² × 3 bytes of sRGB. Output: opacity on the model's own grid; the caller wipes it. */
  segment: (pixels: Uint8Array) => Promise<Mask>;
}

/** One image to cut out. */
export interface CutoutJob {
  /** Encoded image. Its metadata is removed in place; the owner wipes it. */
  image: Buffer;
  /** Encoded background picture. Its metadata is removed in place; the owner wipes it. */
  background?: Buffer | undefined;
  options: JobOptions;
  limits: ImageLimits;
  network: Segmentation;
  /** Called when a stage starts. */
  onStage: (stage: CutoutStage) => void;
}

/** A finished cut-out. `data` is the caller's to wipe. */
export interface Cutout {
  data: Buffer;
  width: number;
  height: number;
  /** Format of `data`. */
  format: ResultFormat;
  /** Where the subject is in the result; 0 × 0 when nothing is visible. */
  foreground: Rect;
  timingsMs: Record<CutoutStage, number>;
}

/**
 * Pixels above which only one decoder runs at a time. A progressive image counts three times: the decoder holds
 * coefficients of several bytes a pixel.
 */
const LARGE_PIXELS = 24_000_000;
const PROGRESSIVE_WEIGHT = 3;

type EncodedResult = Omit<Cutout, 'timingsMs'>;

const EMPTY_RECT: Rect = { left: 0, top: 0, width: 0, height: 0 };

/**
 * Cuts the subject out of an image: decode → infer → refine → compose → encode.
 * @throws Problem as `openImage`; `processing-failed`
 * @throws Problem `roi-exceeds-bounds` | `roi-empty` | `foreground-not-found` | `background-corrupt`
 */
export async function cutOut(job: CutoutJob): Promise<Cutout> {
  const owned: Uint8Array[] = [];
  const timer = new StageTimer(job.onStage);
  let opened: OpenedImage | undefined;
  let decoding: Promise<DecodedImage> | undefined;
  let edges: EdgeMaps | undefined;
  try {
    const plan = await timer.perform('decode', async () => {
      opened = openImage(job.image, job.limits);
      return planOf(job, opened);
    });
    const startDecoding = (): Promise<DecodedImage> => {
      // Runs on the thread pool while the model processes the small input.
      decoding = decodeImage(plan.image, job.limits.maxPixels, plan.resized, plan.depths);
      decoding.catch(() => undefined);
      return decoding;
    };
    // Two decoders at a time would hold a large image twice.
    const earlyDecoding = plan.isLarge ? undefined : startDecoding();
    const input = await timer.resume('decode', () => inputOf(job, plan));
    owned.push(input.pixels);
    if (input.ownAlpha) owned.push(input.ownAlpha);
    const fullDecoding = earlyDecoding ?? startDecoding();
    const mask = await timer.perform('infer', () => job.network.segment(input.pixels));
    owned.push(mask.data);
    edges = await timer.perform('refine', () => refine(job, input, mask));
    const decoded = await timer.resume('decode', () => fullDecoding);
    const region = input.region && scaledRect(input.region, plan.size, decoded.full);
    const extras = { edges, region, isOpaque: plan.isOpaque };
    const matted = { ...decoded, mask, extras, plan };
    const isStreamed = plan.depths.result === 8 && canStream(job.options, job.background);
    const finish = isStreamed ? encodeWhileMatting : composeThenEncode;
    return { ...(await finish(job, matted, timer)), timingsMs: timer.timingsMs };
  } finally {
    wipe(...owned);
    edges?.wipe();
    await decoding?.then(wipeImage, () => undefined);
    opened?.wipe();
  }
}

/** Facts about an image, known before any pixel is decoded. */
interface Plan {
  /** The encoded image without its metadata. */
  image: Buffer;
  /** Size of the image after its EXIF orientation has been applied. */
  size: Size;
  /** Region of interest, in pixels of the upright image. */
  roi: Rect | undefined;
  /** Size to decode to, when the result needs no other pixels. */
  resized: DecodedSize | undefined;
  density: Density | undefined;
  depths: Depths;
  /** The image has no transparency of its own. */
  isOpaque: boolean;
  /** Decoding takes much memory. */
  isLarge: boolean;
}

async function planOf({ options, limits }: CutoutJob, opened: OpenedImage): Promise<Plan> {
  const { facts, image, density } = opened;
  const size = await readImageHeader(image);
  const decodedSize = needsAllPixels(options) ? size : fitSize(size, options.size, limits);
  const isWhole = decodedSize.width === size.width && decodedSize.height === size.height;
  return {
    image,
    size,
    roi: regionOf(options, size),
    resized: isWhole ? undefined : { ...decodedSize, fit: 'fill' },
    density,
    depths: depthsOf(options, size, decodedSize),
    isOpaque: size.isOpaque,
    isLarge: (facts.progressive ? PROGRESSIVE_WEIGHT : 1) * facts.width * facts.height > LARGE_PIXELS,
  };
}

const inputOf = ({ network, limits }: CutoutJob, { image, size, roi, isOpaque }: Plan): Promise<ModelInput> =>
  modelInput(image, {
    sidePixels: network.sidePixels,
    maxPixels: limits.maxPixels,
    size,
    region: roi,
    isOpaque,
  });

/** Cleans the mask, and prepares edge maps from the model's input. */
function refine(job: CutoutJob, input: ModelInput, mask: Mask): EdgeMaps | undefined {
  zeroNearBackground(mask);
  const ownCells = ownAlphaCellsOf(input, job.network.sidePixels, mask);
  try {
    // The whole image keeps its own alpha.
    if (ownCells?.includes(0) === false) {
      mask.data.fill(255);
      return undefined;
    }
    const edges = refineMask(job, input.pixels, mask);
    if (ownCells !== undefined) keepOwnAlpha(ownCells, mask, edges);
    return edges;
  } finally {
    wipe(ownCells);
  }
}

/** Cells of the mask where the image keeps its own alpha; undefined unless the image is an earlier cut-out. */
function ownAlphaCellsOf(
  { pixels, ownAlpha }: ModelInput,
  sidePixels: number,
  mask: Mask,
): Uint8Array | undefined {
  if (ownAlpha === undefined) return undefined;
  const own = alphaOnGrid(ownAlpha, sidePixels, mask);
  let guide: Uint8Array | undefined;
  try {
    return ownAlphaCells(own, mask, () => (guide = toGrid(pixels, sidePixels, mask)));
  } finally {
    wipe(guide, own);
  }
}

function refineMask({ network, options }: CutoutJob, pixels: Uint8Array, mask: Mask): EdgeMaps | undefined {
  if (!options.semitransparency) fillInterior(mask);
  // A result of alpha alone needs no foreground colors.
  const foreground = options.channels === 'rgba';
  if (!foreground && options.refine === 'none') return undefined;
  const guide = toGrid(pixels, network.sidePixels, mask);
  try {
    return prepareEdges(guide, mask, { refine: options.refine, foreground });
  } finally {
    wipe(guide);
  }
}

/** Makes the mask opaque where the image keeps its own alpha, and removes edge refinement there. */
function keepOwnAlpha(ownCells: Uint8Array, mask: Mask, edges: EdgeMaps | undefined): void {
  for (let i = 0; i < ownCells.length; i += 1) if (ownCells[i] === 1) mask.data[i] = 255;
  edges?.clearRefinement(ownCells);
}

/** A decoded image with the mask to apply to it in place. */
interface Matted extends DecodedImage {
  mask: Mask;
  extras: MatteExtras;
  plan: Plan;
}

/** Applies the mask and encodes the image as PNG, both at the same time. */
async function encodeWhileMatting(
  job: CutoutJob,
  { full, mask, extras, plan: { density } }: Matted,
  timer: StageTimer,
): Promise<EncodedResult> {
  job.onStage('compose');
  const { data, foreground } = await timer.perform('encode', () =>
    matteToPng(full, mask, extras, { timer, density }),
  );
  const { width, height } = full;
  return { data, width, height, format: 'png', foreground: foreground ?? EMPTY_RECT };
}

/** Applies the mask, lays out and composes the result, then encodes it. */
async function composeThenEncode(
  job: CutoutJob,
  { full, deep, mask, extras, plan: { density, depths } }: Matted,
  timer: StageTimer,
): Promise<EncodedResult> {
  const { options, limits, background } = job;
  const rendered: { matted: AnyRaster; result?: AnyRaster } = { matted: full };
  try {
    const foreground = await timer.perform('compose', async () => {
      const box = applyMatte(full, mask, extras);
      if (depths.result === 16) rendered.matted = toRaster16(full, deep);
      const layout = layoutOf({ image: full, box }, options, limits);
      rendered.result = await composeResult(rendered.matted, layout, { options, background, limits });
      return layout.foreground;
    });
    const result = rendered.result ?? rendered.matted;
    const encoding = { ...encodingOf(result, options), density };
    const data = await timer.perform('encode', () => encodeCutout(result, encoding));
    const { width, height } = result;
    return { data, width, height, format: encoding.format, foreground };
  } finally {
    for (const { data } of [rendered.matted, rendered.result ?? full]) if (data !== full.data) wipe(data);
  }
}

/** Rows that are matted before they are passed to the encoder: enough for a stripe of any photograph. */
const ROWS_AT_A_TIME = 64;

/** True when the result is the matted image itself as PNG, so that rows can be encoded as they are matted. */
export const canStream = (options: JobOptions, background: Buffer | undefined): boolean =>
  options.format === 'png' &&
  options.channels === 'rgba' &&
  options.bg_color === undefined &&
  background === undefined &&
  !options.add_shadow &&
  !needsLayout(options);

/**
 * Applies a mask in place and encodes the image at the same time: the thread pool compresses finished rows while this
 * thread works on the next ones.
 * @returns the file, which the caller wipes, and the box of the subject; undefined when nothing is visible
 */
export async function matteToPng(
  image: Raster,
  mask: Mask,
  extras: MatteExtras,
  { timer, density }: { timer: StageTimer; density: Density | undefined },
): Promise<{ data: Buffer; foreground: Rect | undefined }> {
  const { data, width, height } = image;
  const pass = new MattePass(image, mask, extras);
  const writer = new PngWriter({ width, height, channels: 4, density });
  try {
    for (let from = 0; from < height; from += ROWS_AT_A_TIME) {
      const to = Math.min(from + ROWS_AT_A_TIME, height);
      timer.nested('encode', 'compose', () => pass.rows(from, to));
      await writer.write(data.subarray(4 * width * from, 4 * width * to), (y) => pass.filled(y));
    }
    return { data: await writer.finish(), foreground: pass.foreground };
  } finally {
    pass.wipe();
    await writer.discard();
  }
}
