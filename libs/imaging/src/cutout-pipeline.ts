import type { JobOptions, ResultFormat } from '#contracts/job-options.js';
import { wipe } from '#crypto/wipe.js';
import { mattingOf } from './cutout-matting.js';
import type { Matting, MattingFacts, Segmentation } from './matting-contract.js';
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
import { toRaster16, type AnyRaster, type Raster } from './raster/raster.js';
import type { Density } from './formats/density.js';
import { encodeCutout, encodingOf } from './encode/encode.js';
import type { ImageLimits } from './formats/image-facts.js';
import { openImage, type OpenedImage } from './guard/image-opening.js';
import { fromSrgb, matteInColors, matteWhole, resultColorsOf, type ResultColors } from './result-colors.js';
import type { ImageSubject } from './matting/subject-selection.js';
import { ownMatting } from './own-matting.js';
import { OwnMask } from './mask/own-mask.js';
import { modelInput, type ModelInput } from './matting/model-input.js';
import { type Rect, type Size } from './raster/pixel-rect.js';
import { composeResult } from './compose/result-compose.js';
import {
  fitSize,
  layoutOf,
  needsAllPixels,
  needsLayout,
  placedRect,
  regionOf,
} from './compose/result-geometry.js';
import { PngWriter } from './encode/png-writer.js';

export type { Segmentation } from './matting-contract.js';

/** One image to cut out. */
export interface CutoutJob {
  /** Encoded image. Its metadata is removed in place; the owner wipes it. */
  image: Buffer;
  /** Encoded background picture. Its metadata is removed in place; the owner wipes it. */
  background?: Buffer | undefined;
  /**
   * Encoded mask that takes the place of the model: a matte or a trimap. Its metadata is removed in place; the owner wipes
   * it.
   */
  mask?: Buffer | undefined;
  options: JobOptions;
  limits: ImageLimits;
  network: Segmentation;
  /** The model that `effort=best` asks as well, where one is loaded. */
  next?: Segmentation | undefined;
  /** Called when a stage starts. */
  onStage: (stage: CutoutStage) => void;
}

/** A finished cut-out. `data` is the caller's to wipe. */
export interface Cutout extends MattingFacts {
  data: Buffer;
  width: number;
  height: number;
  /** Format of `data`. */
  format: ResultFormat;
  /** Where the subject is in the result; 0 × 0 when nothing is visible. */
  foreground: Rect;
  /** The largest subjects in the result, the largest first. */
  subjects: ImageSubject[];
  timingsMs: Record<CutoutStage, number>;
}

/**
 * Pixels above which only one decoder runs at a time. A progressive image counts three times: the decoder holds
 * coefficients of several bytes a pixel.
 */
const LARGE_PIXELS = 24_000_000;
const PROGRESSIVE_WEIGHT = 3;

type EncodedResult = Omit<Cutout, 'timingsMs' | keyof MattingFacts>;

/** Facts of a result without any visible pixel. */
const NOTHING_VISIBLE = {
  confidence: 0,
  hints: ['no-subject', 'low-confidence'],
} satisfies Partial<MattingFacts>;

const EMPTY_RECT: Rect = { left: 0, top: 0, width: 0, height: 0 };

/**
 * Cuts the subject out of an image: decode → infer → refine → compose → encode.
 * @throws Problem as `openImage`; `processing-failed`
 * @throws Problem `roi-exceeds-bounds` | `roi-empty` | `subject-not-found` | `foreground-not-found` | `background-corrupt`
 * @throws Problem `mask-corrupt` | `mask-mismatch`
 */
export async function cutOut(job: CutoutJob): Promise<Cutout> {
  const timer = new StageTimer(job.onStage);
  let opened: OpenedImage | undefined;
  let decoding: Promise<DecodedImage> | undefined;
  let input: ModelInput | undefined;
  let matting: Matting | undefined;
  let own: OwnMask | undefined;
  try {
    const plan = await timer.perform('decode', async () => {
      opened = openImage(job.image, job.limits);
      return planOf(job, opened);
    });
    own = await ownMaskOf(job, plan, timer);
    const startDecoding = (): Promise<DecodedImage> => {
      // Runs on the thread pool while the model processes the small input.
      decoding = decodeImage(plan.image, job.limits.maxPixels, plan.resized, plan.depths);
      decoding.catch(() => undefined);
      return decoding;
    };
    // Two decoders at a time would hold a large image twice.
    const earlyDecoding = plan.isLarge ? undefined : startDecoding();
    input = await timer.resume('decode', () => inputOf(job, plan, own));
    const fullDecoding = earlyDecoding ?? startDecoding();
    const decoded = (): Promise<DecodedImage> => timer.resume('decode', () => fullDecoding);
    const shared = { ...job, ...plan, input, decoded, timer };
    matting = await (own === undefined ? mattingOf(shared) : ownMatting(shared, own));
    const matted = { ...(await decoded()), matting, plan };
    const isStreamed =
      plan.depths.result === 8 && plan.colors === undefined && canStream(job.options, job.background);
    const finish = isStreamed ? encodeWhileMatting : composeThenEncode;
    const result = await finish(job, matted, timer);
    const facts = result.foreground.width === 0 ? { ...matting.facts, ...NOTHING_VISIBLE } : matting.facts;
    return { ...result, ...facts, timingsMs: timer.timingsMs };
  } finally {
    wipe(input?.picture.data, input?.ownAlpha?.data);
    matting?.wipe();
    own?.wipe();
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
  /** Colors of the result; undefined for sRGB. */
  colors: ResultColors | undefined;
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
    colors: await resultColorsOf(image, options.icc),
    isOpaque: size.isOpaque,
    isLarge: (facts.progressive ? PROGRESSIVE_WEIGHT : 1) * facts.width * facts.height > LARGE_PIXELS,
  };
}

/** The mask of the client, in the size to which the image is decoded. */
async function ownMaskOf(
  { mask, limits }: CutoutJob,
  { size, resized }: Plan,
  timer: StageTimer,
): Promise<OwnMask | undefined> {
  if (mask === undefined) return undefined;
  return timer.resume('decode', () =>
    OwnMask.decode(mask, { image: size, decoded: resized ?? size, limits }),
  );
}

const inputOf = (
  { network, limits }: CutoutJob,
  { image, size, roi, isOpaque }: Plan,
  own: OwnMask | undefined,
): Promise<ModelInput> =>
  modelInput(image, {
    frameOf: own === undefined ? network.inputFor : (part) => own.frameFor(part),
    maxPixels: limits.maxPixels,
    size,
    region: roi,
    isOpaque,
  });

/** A decoded image with the matte to apply to it in place. */
interface Matted extends DecodedImage {
  matting: Matting;
  plan: Plan;
}

/** Applies the mask and encodes the image as PNG, both at the same time. */
async function encodeWhileMatting(
  job: CutoutJob,
  { full, matting, plan: { density } }: Matted,
  timer: StageTimer,
): Promise<EncodedResult> {
  job.onStage('compose');
  const { data, foreground } = await timer.perform('encode', () =>
    matteToPng(full, matting, { timer, density }),
  );
  const { width, height } = full;
  const subjects = matting.subjectsIn(full);
  return { data, width, height, format: 'png', foreground: foreground ?? EMPTY_RECT, subjects };
}

/** Applies the mask, lays out and composes the result, then encodes it. */
async function composeThenEncode(
  job: CutoutJob,
  { full, deep, matting, plan }: Matted,
  timer: StageTimer,
): Promise<EncodedResult> {
  const { options, limits, background } = job;
  const { image: original, density, depths, colors } = plan;
  const rendered: { matted: AnyRaster; result?: AnyRaster } = { matted: full };
  try {
    const { foreground, subjects } = await timer.perform('compose', async () => {
      const own = colors && (await matteInColors({ full, deep }, matting, colors, { ...plan, ...limits }));
      if (own !== undefined) rendered.matted = own.matted;
      const box = own === undefined ? matteWhole(full, matting) : own.box;
      const found = matting.subjectsIn(full);
      if (own === undefined && depths.result === 16) rendered.matted = toRaster16(full, deep);
      const layout = layoutOf({ image: full, box }, options, limits);
      rendered.result = await composeResult(rendered.matted, layout, {
        options,
        background,
        original,
        limits,
        fromSrgb: colors && fromSrgb(colors),
      });
      const subjects = found.map((subject) => ({ ...subject, box: placedRect(subject.box, layout) }));
      return { foreground: layout.foreground, subjects };
    });
    const result = rendered.result ?? rendered.matted;
    const encoding = { ...encodingOf(result, options), density, profile: colors?.profile };
    const data = await timer.perform('encode', () => encodeCutout(result, encoding));
    const { width, height } = result;
    return { data, width, height, format: encoding.format, foreground, subjects };
  } finally {
    for (const { data } of [rendered.matted, rendered.result ?? full]) if (data !== full.data) wipe(data);
  }
}

/** Rows that are matted before they are passed to the encoder: enough for a stripe of any photograph. */
const ROWS_AT_A_TIME = 64;

/** True when the result is the matted image itself as PNG, so that rows can be encoded as they are matted. */
export const canStream = (options: JobOptions, background: Buffer | undefined): boolean =>
  options.format === 'png' &&
  options.only === 'cutout' &&
  options.bg_color === undefined &&
  options.bg_gradient === undefined &&
  options.background_blur === undefined &&
  background === undefined &&
  options.shadow === 'none' &&
  options.outline === undefined &&
  options.reflection === undefined &&
  !needsLayout(options);

/**
 * Applies a matte in place and encodes the image at the same time: the thread pool compresses finished rows while this
 * thread works on the next ones.
 * @returns the file, which the caller wipes, and the box of the subject; undefined when nothing is visible
 */
async function matteToPng(
  image: Raster,
  matting: Matting,
  { timer, density }: { timer: StageTimer; density: Density | undefined },
): Promise<{ data: Buffer; foreground: Rect | undefined }> {
  const { data, width, height } = image;
  const pass = matting.passOver(image);
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
