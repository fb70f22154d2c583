import { readFile } from 'node:fs/promises';
import { decodeForModel, decodeFull, type ModelFrame } from '#imaging/decode/decode.js';
import type { Picture } from '#inference/model-feed.js';
import { ModelError } from '#inference/model-files.js';
import { frameOf, type FrameSize } from '#inference/model-frame.js';
import type { OpacityMask } from '#inference/model-mask.js';
import type { ModelInput } from '#inference/model-signature.js';
import { packageFile } from './package-files.js';
import type { Contrast } from './trial-verdict.js';

/** Photograph that models are tried on: a person, with a plain background on both sides. */
const SHIPPED_PHOTO = 'models/trial.jpg';
const MAX_PIXELS = 100_000_000;

/** Parts of the shipped photograph that are surely subject and surely background, as shares of its sides. */
const SUBJECT = { left: 0.3, top: 0.75, right: 0.55, bottom: 1 };
const BACKGROUND = { left: 0.7, top: 0.02, right: 0.98, bottom: 0.6 };

/** A photograph to try a model on. */
export interface TrialPhoto extends FrameSize {
  encoded: Buffer;
  /** It is the one that ships, whose subject is known. */
  isShipped: boolean;
}

/**
 * The photograph of a trial.
 * @param path file of the operator; the one that ships when undefined
 * @throws ModelError when it is missing or no image
 */
export async function readTrialPhoto(path: string | undefined): Promise<TrialPhoto> {
  const encoded = await readFile(path ?? packageFile(SHIPPED_PHOTO)).catch(() => undefined);
  if (encoded === undefined) {
    throw new ModelError(path === undefined ? `${SHIPPED_PHOTO} is missing` : '--photo cannot be read');
  }
  try {
    const { width, height } = await decodeFull(encoded, MAX_PIXELS);
    return { encoded, width, height, isShipped: path === undefined };
  } catch {
    throw new ModelError('--photo is not a JPEG, PNG or WebP image');
  }
}

/** Pictures of a trial in the size of their frames. */
export interface TrialPictures {
  photo: Picture;
  /** The photograph with its top right quarter gray. */
  covered: Picture;
  /** Gray everywhere. */
  plain: Picture;
  /** Black, white, and the three basic colors, side by side. */
  colors: Picture;
  /** The photograph at other proportions; only for models whose input varies. */
  tall: Picture | undefined;
}

/** Pictures for a model. */
export async function trialPictures(photo: TrialPhoto, { size, filter }: ModelInput): Promise<TrialPictures> {
  const kernel: ModelFrame['kernel'] = filter === 'lanczos' ? 'lanczos3' : 'linear';
  const decoded = (frame: FrameSize): Promise<Picture> =>
    decodeForModel(photo.encoded, { ...frame, kernel }, MAX_PIXELS);
  const shown = await decoded(frameOf(size, photo));
  return {
    photo: shown,
    covered: covered(shown),
    plain: { ...shown, data: new Uint8Array(shown.data.length).fill(128) },
    colors: stripes(shown),
    tall: size.fit === 'keep' ? await decoded(frameOf(size, { width: 1000, height: 2000 })) : undefined,
  };
}

function covered({ data, width, height }: Picture): Picture {
  const out = Uint8Array.from(data);
  for (let y = 0; y < Math.floor(height / 2); y += 1) {
    out.fill(128, 3 * (y * width + Math.ceil(width / 2)), 3 * (y + 1) * width);
  }
  return { data: out, width, height };
}

const STRIPES = [
  [0, 0, 0],
  [255, 255, 255],
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
] as const;

function stripes({ width, height }: FrameSize): Picture {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i += 1) {
    const stripe = Math.floor(((i % width) * STRIPES.length) / width);
    data.set(STRIPES[stripe] ?? [0, 0, 0], 3 * i);
  }
  return { data, width, height };
}

/** Opacity of the shipped photograph's subject and background; undefined for another photograph. */
export const contrastOf = (photo: TrialPhoto, mask: OpacityMask): Contrast | undefined =>
  photo.isShipped ? { subject: meanIn(mask, SUBJECT), background: meanIn(mask, BACKGROUND) } : undefined;

function meanIn({ data, width, height }: OpacityMask, part: typeof SUBJECT): number {
  let [sum, count] = [0, 0];
  for (let y = Math.floor(part.top * height); y < part.bottom * height; y += 1) {
    for (let x = Math.floor(part.left * width); x < part.right * width; x += 1) {
      sum += data[y * width + x] ?? 0;
      count += 1;
    }
  }
  return sum / Math.max(1, count) / 255;
}
