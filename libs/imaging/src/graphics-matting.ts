import type { JobOptions } from '#contracts/job-options.js';
import { failure } from '#contracts/failure-facts.js';
import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import type { Matting, MattingJob } from './matting-contract.js';
import { ColorKeyPass, type ColorKey } from './matting/color-key.js';
import { confidenceHints } from './matting/confidence.js';
import {
  colorKeyOf,
  flatGraphics,
  forcedGraphics,
  mayBeGraphics,
  type FlatGraphics,
} from './matting/flat-graphics.js';
import { holeFacts } from './matting/hole-facts.js';
import { GROUND, keyStates, SOFT } from './matting/key-states.js';
import { SubjectSelection } from './matting/subject-selection.js';
import { fullRect, scaledRect, type Rect, type Size } from './raster/pixel-rect.js';
import type { Mask, Raster } from './raster/raster.js';

/** Longest side of the grid on which the subjects of a drawing are found. */
const SUBJECT_GRID = 512;

/**
 * The matte of a drawing on one color, from its colors alone. Undefined when the image is no such drawing, or when a
 * model is asked for: then a model decides.
 * @throws Problem `ground-not-flat` when the options demand a color key and the image has none | `subject-not-found`
 */
export async function graphicsMatting(job: MattingJob): Promise<Matting | undefined> {
  const { options, timer, input, size } = job;
  const isForced = options.graphics === 'on';
  if (options.graphics === 'off' || (!isForced && !mayBe(job))) return undefined;
  const { full } = await job.decoded();
  const region = input.region ? scaledRect(input.region, size, full) : fullRect(full);
  // The test of a photograph is no stage of its own.
  const found = await timer.resume('infer', () => {
    const graphics = input.ownAlpha ? undefined : flatGraphics(full, region);
    return graphics ?? (isForced ? forced(job, full, region) : undefined);
  });
  if (found === undefined) return undefined;
  return timer.perform('infer', () => keyMatting(job, { image: full, region, found }));
}

/** True when the model's input has a rim of one color: the full image is read only then. */
const mayBe = ({ input }: MattingJob): boolean =>
  input.ownAlpha === undefined && mayBeGraphics(input.picture);

function forced({ input }: MattingJob, image: Raster, region: Rect): FlatGraphics {
  if (input.ownAlpha !== undefined) {
    throw failure('ground-not-flat', { transparent: 1 });
  }
  const graphics = forcedGraphics(image, region);
  if (graphics === undefined) throw new Problem('ground-not-flat');
  return graphics;
}

/** A drawing in an image. */
interface Found {
  image: Raster;
  region: Rect;
  found: FlatGraphics;
}

function keyMatting({ options, size, input }: MattingJob, { image, region, found }: Found): Matting {
  const key = colorKeyOf(found, keyOptions(options));
  const states = keyStates(image, region, key);
  const opacity = opacityOf(states, region);
  let selection: SubjectSelection | undefined;
  try {
    // The dot of a letter is no scrap.
    const rules = { subject: options.subject, keepScraps: true };
    selection = new SubjectSelection(opacity, { image: size, region: input.region }, rules);
    if (options.subject !== 'all') clearOthers(states, region, opacity, selection);
    const { isEmpty } = selection;
    const confidence = isEmpty ? 0 : confidenceOf(found, options, opacity);
    const kept = selection;
    return {
      passOver: (raster) => new ColorKeyPass(raster, region, key, states),
      subjectsIn: (raster) => kept.subjectsIn(raster, input.region && region),
      facts: {
        looks: 0,
        confidence,
        hints: ['graphics', ...(isEmpty ? ['no-subject' as const] : []), ...confidenceHints(confidence)],
      },
      wipe: () => {
        wipe(states);
        kept.wipe();
        clearColors(key);
      },
    };
  } catch (error) {
    wipe(states);
    selection?.wipe();
    throw error;
  } finally {
    wipe(opacity.data);
  }
}

/** Share of holes from which a drawing with parts inside of them may be a face, whose white belongs to it. */
const MIN_HOLES_OF_FACE = 0.35;
const MIN_ISLANDS = 0.01;
const CONFIDENCE_OF_FACE = 0.7;

/** Confidence of the key, reduced where a hole and white paint look the same. */
function confidenceOf({ confidence }: FlatGraphics, { holes }: JobOptions, opacity: Mask): number {
  if (holes === 'fill') return confidence;
  const { share, islands } = holeFacts(opacity);
  const mayBeFace = share >= MIN_HOLES_OF_FACE && islands >= MIN_ISLANDS;
  return mayBeFace ? Math.min(confidence, CONFIDENCE_OF_FACE) : confidence;
}

const keyOptions = ({ holes, refine }: JobOptions): { isFilled: boolean; isAntialiased: boolean } => ({
  isFilled: holes === 'fill',
  isAntialiased: refine === 'edges',
});

/** Opacity of the states on a small grid: the highest of the pixels of a cell, so that lines stay connected. */
function opacityOf(states: Uint8Array, { width, height }: Size): Mask {
  const grid = gridOf({ width, height });
  const data = new Uint8Array(grid.width * grid.height);
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = grid.width * Math.floor((y * grid.height) / height);
    for (let x = 0; x < width; x += 1, at += 1) {
      const state = states[at];
      if (state === GROUND) continue;
      const cell = row + Math.floor((x * grid.width) / width);
      data[cell] = Math.max(data[cell] as number, state === SOFT ? SOFT_OPACITY : 255);
    }
  }
  return { data, ...grid };
}

/** Opacity of a shadow on the grid: it belongs to the part beside it. */
const SOFT_OPACITY = 40;

function gridOf({ width, height }: Size): Size {
  const scale = Math.min(1, SUBJECT_GRID / Math.max(width, height));
  return { width: Math.max(1, Math.round(scale * width)), height: Math.max(1, Math.round(scale * height)) };
}

/** Makes background of all pixels whose cell belongs to no kept subject. */
function clearOthers(
  states: Uint8Array,
  { width, height }: Size,
  opacity: Mask,
  selection: SubjectSelection,
): void {
  selection.applyTo(opacity);
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = opacity.width * Math.floor((y * opacity.height) / height);
    for (let x = 0; x < width; x += 1, at += 1) {
      const cell = row + Math.floor((x * opacity.width) / width);
      if (states[at] !== GROUND && opacity.data[cell] === 0) states[at] = GROUND;
    }
  }
}

/** Overwrites the colors of an image in a key. */
function clearColors(key: ColorKey): void {
  key.inks = [];
  key.faintInks = [];
}
