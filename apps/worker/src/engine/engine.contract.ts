import type { JobOptions } from '#contracts/job.options.js';
import type { CutoutStage } from '#imaging/cutout.stages.js';

/** What the child process needs to know to work. */
export interface EngineSettings {
  /** Name in models/manifest.json. */
  model: string;
  /** Folder with the prepared models. */
  modelDir: string;
  /** CPU threads of one inference. */
  threads: number;
  /** Most pixels of an image. */
  maxPixels: number;
  /** The same for progressive JPEG and interlaced PNG. */
  maxProgressivePixels: number;
  /** Longest side of an image, in pixels. */
  maxSidePixels: number;
}

/** What a started engine tells about itself. */
export interface EngineFacts {
  model: string;
  pid: number;
  /** Creating the session. */
  loadMs: number;
  /** First inference, on a blank image; 0 when it was skipped because images were waiting. */
  warmUpMs: number;
}

/** Stages that happen inside the engine; `fetch` and `store` belong to the worker. */
export type EngineStage = CutoutStage;

/** One image to cut out. */
export interface CutoutRequest {
  /** Encoded image. The host does not wipe it: its owner does, once `run` has settled. */
  image: Buffer;
  options: JobOptions;
  /** Longest work on this image, counted from when the child gets it. */
  deadlineMs: number;
  signal?: AbortSignal;
  /** Called at each stage and during `infer` every 250 ms; `percent` is of the whole job and never falls. */
  onStage?: (stage: EngineStage, percent: number) => void;
}

/** A finished cut-out. `data` belongs to the caller, who wipes it. */
export interface CutoutResult {
  data: Buffer;
  width: number;
  height: number;
  format: JobOptions['format'];
  timingsMs: Record<EngineStage, number>;
}

/** The child died while this image was in it. */
export class EngineCrash extends Error {
  override readonly name = 'EngineCrash';
}

/** The caller's signal was aborted. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/** The engine was stopped, or could not be started; the image is not to blame. */
export class EngineUnavailable extends Error {
  override readonly name = 'EngineUnavailable';
}
