import type { JobOptions, ResultFormat } from '#contracts/job.options.js';
import { wipe } from '#vault/wipe.js';
import type { CutoutStage } from './cutout.stages.js';
import { decodeForModel, decodeFull, shownImage, type DecodedSize } from './decode.js';
import { isDirect, matteToPng } from './direct.result.js';
import { prepareEdges, type EdgePlanes } from './edge.planes.js';
import { encodeCutout, encodingOf } from './encode.js';
import { toGrid } from './guide.grid.js';
import type { ImageLimits } from './image.facts.js';
import { openImage, type OpenedImage } from './image.opening.js';
import { settleBackground } from './mask.haze.js';
import { makeSolid } from './mask.solid.js';
import { applyMatte, type Mask, type MatteExtras, type Raster } from './matte.js';
import { resizedRect, type Rect } from './pixel.rect.js';
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

/** Images beyond this are opened once at a time; a progressive one is held in coefficients, several bytes a pixel. */
const LARGE_PIXELS = 24_000_000;
const PROGRESSIVE_WEIGHT = 3;

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
  let opened: OpenedImage | undefined;
  let decoding: Promise<Raster> | undefined;
  let edges: EdgePlanes | undefined;
  try {
    const plan = await clock.perform('decode', async () => {
      opened = openImage(job.image, job.limits);
      return planOf(job, opened);
    });
    const begin = (): Promise<Raster> => {
      // The thread pool goes on with this while the network looks at the small one.
      decoding = decodeFull(plan.image, job.limits.maxPixels, plan.resized);
      decoding.catch(() => undefined);
      return decoding;
    };
    // Two decoders at a time would hold the whole of a large image twice.
    const early = plan.isLarge ? undefined : begin();
    const pixels = await clock.more('decode', () => decodePart(job, plan));
    owned.push(pixels);
    const whole = early ?? begin();
    const mask = await clock.perform('infer', () => job.network.segment(pixels));
    owned.push(mask.data);
    edges = await clock.perform('refine', () => refine(job, pixels, mask));
    const full = await clock.more('decode', () => whole);
    const matted = { full, mask, extras: { edges, region: plan.region, isOpaque: plan.isOpaque } };
    const finish = isDirect(job.options, job.background) ? finishAtOnce : finishInSteps;
    return { ...(await finish(job, matted, clock)), timingsMs: clock.timingsMs };
  } finally {
    wipe(...owned);
    edges?.wipe();
    await decoding?.then(
      ({ data }) => wipe(data),
      () => undefined,
    );
    opened?.wipe();
  }
}

/** What is known of an image before a pixel of it is decoded. */
interface Plan {
  /** The encoded image without its metadata. */
  image: Buffer;
  /** The region of interest, in pixels of the stored image. */
  shown: Rect | undefined;
  /** The same, in pixels of the image as it is decoded. */
  region: Rect | undefined;
  /** Another size to decode it in, when no pixel is needed beyond those of the result. */
  resized: DecodedSize | undefined;
  /** The image has no transparency of its own. */
  isOpaque: boolean;
  /** Opening it takes much memory. */
  isLarge: boolean;
}

async function planOf({ options, limits }: CutoutJob, { image, facts }: OpenedImage): Promise<Plan> {
  const size = await shownImage(image);
  const shown = regionOf(options, size);
  const fitted = needsAllPixels(options) ? size : fittedSize(size, options.size, limits);
  const isWhole = fitted.width === size.width && fitted.height === size.height;
  return {
    image,
    shown,
    region: shown && resizedRect(shown, size, fitted),
    resized: isWhole ? undefined : { ...fitted, fit: 'fill' },
    isOpaque: size.isOpaque,
    isLarge: (facts.progressive ? PROGRESSIVE_WEIGHT : 1) * facts.width * facts.height > LARGE_PIXELS,
  };
}

const decodePart = ({ network, limits }: CutoutJob, { image, shown }: Plan): Promise<Buffer> =>
  decodeForModel(image, network.sidePixels, limits.maxPixels, shown);

/** Makes the mask as sure and as solid as it is to be, and clean edges from what the network saw. */
function refine({ network, options }: CutoutJob, pixels: Uint8Array, mask: Mask): EdgePlanes | undefined {
  settleBackground(mask);
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
  const { data, foreground } = await clock.perform('encode', () => matteToPng(full, mask, extras, clock));
  const { width, height } = full;
  return { data, width, height, format: 'png', foreground: foreground ?? NOTHING };
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
      const box = applyMatte(full, mask, extras);
      const layout = layoutOf({ image: full, box }, options, limits);
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
