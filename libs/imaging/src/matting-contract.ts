import type { JobOptions } from '#contracts/job-options.js';
import type { ResultHint } from '#contracts/result-hints.js';
import type { StageTimer } from './cutout-stages.js';
import type { DecodedImage, ModelFrame } from './decode/decode.js';
import type { RowMatte } from './matting/matte.js';
import type { ModelInput } from './matting/model-input.js';
import type { ImageSubject } from './matting/subject-selection.js';
import type { Size } from './raster/pixel-rect.js';
import type { Mask, Raster, RgbRaster } from './raster/raster.js';

/** The segmentation model: the size of its input, and the inference call. */
export interface Segmentation {
  /** Size that a picture of this size is resized to, and the filter for it. */
  inputFor: (size: Size) => ModelFrame;
  /** Opacity of a picture in the size of `inputFor`, on the model's own grid; the caller wipes it. */
  segment: (picture: RgbRaster) => Promise<Mask>;
}

/** What the matte of an image is estimated from. */
export interface MattingJob {
  options: JobOptions;
  network: Segmentation;
  /** The model that `effort=best` asks as well, where one is loaded. */
  next?: Segmentation | undefined;
  /** The model's input. The caller wipes it. */
  input: ModelInput;
  /** Size of the upright image. */
  size: Size;
  /** The image has no transparency of its own. */
  isOpaque: boolean;
  /** All pixels of the image, once they have been decoded. Not changed here. */
  decoded: () => Promise<DecodedImage>;
  timer: StageTimer;
}

/** Facts about a matte. */
export interface MattingFacts {
  /** Runs of a model. */
  looks: number;
  /** Expected soft IoU with the true matte, 0 to 1. */
  confidence: number;
  hints: ResultHint[];
}

/** The matte of an image, before it is applied. Its masks contain shapes of the image; the owner wipes it. */
export interface Matting {
  /** Starts to apply the matte to the image, in place. The caller wipes the pass. */
  passOver: (image: Raster) => RowMatte;
  /** The subjects, the largest first, in an image with the matte applied. */
  subjectsIn: (image: Raster) => ImageSubject[];
  facts: MattingFacts;
  wipe: () => void;
}
