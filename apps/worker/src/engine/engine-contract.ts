import type { Provider } from '#contracts/execution-providers.js';
import type { InputFormat } from '#contracts/input-formats.js';
import type { JobOptions } from '#contracts/job-options.js';
import type { ResultFacts } from '#contracts/job-view.js';
import type { CutoutStage } from '#imaging/stages/cutout-stages.js';
import type { EnginePlan } from '#config/engine-plan.js';

/** What the child process needs to know to work. */
export interface EngineSettings {
  /** Ways to set it up; the first that can be had is taken. */
  plans: EnginePlan[];
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
  /** Formats that images may have; all that can be taken unless given. */
  formats?: InputFormat[] | undefined;
}

/** What the host alone needs to know. */
export interface EngineBounds {
  /** Most bytes that the images inside may add to what the child takes at rest. */
  maxImageBytes: number;
}

/** An accelerator that was asked for and cannot be had. */
export interface Declined {
  provider: Provider;
  fault: 'not-offered' | 'not-available' | 'not-suited';
}

/** What a started engine tells about itself. */
export interface EngineFacts extends EnginePlan {
  pid: number;
  /** Creating the sessions. */
  loadMs: number;
  /** One inference of the warm default model, on a blank image; 0 when it was skipped because images were waiting. */
  warmUpMs: number;
  /** Accelerators that were tried before. */
  declined: Declined[];
}

/**
 * Images that an engine may have at a time: while an accelerator computes a batch, the next one is decoded. On the
 * CPU inference takes all cores, so that decoding beside it would gain nothing.
 */
export const capacityOf = ({ provider, batch }: EnginePlan): number => (provider === 'cpu' ? 1 : 2 * batch);

/** Stages that happen inside the engine; `fetch` and `store` belong to the worker. */
export type EngineStage = CutoutStage;

/** One image to cut out. */
export interface CutoutRequest {
  /** Encoded image. The host does not wipe it: its owner does, once `run` has settled. */
  image: Buffer;
  /** Encoded picture for the background; the same holds for it. */
  background?: Buffer | undefined;
  options: JobOptions;
  /** Longest work on this image, counted from when the child gets it. */
  deadlineMs: number;
  /** Longest time until the network sees it; as long as all of the work unless given. */
  openingMs?: number;
  signal?: AbortSignal;
  /** Called at each stage and during `infer` every 250 ms; `percent` is of the whole job and never falls. */
  onStage?: (stage: EngineStage, percent: number) => void;
}

/** A finished cut-out. `data` belongs to the caller, who wipes it. */
export interface CutoutResult extends Omit<ResultFacts, 'bytes'> {
  data: Buffer;
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
