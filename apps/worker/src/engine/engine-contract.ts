import type { Provider } from '#contracts/execution-providers.js';
import type { InputFormat } from '#contracts/input-formats.js';
import type { JobOptions } from '#contracts/job-options.js';
import type { ResultFacts } from '#contracts/job-view.js';
import type { CutoutStage } from '#imaging/cutout-stages.js';
import type { EnginePlan } from '#config/engine-plan.js';

/** Settings of the child process. */
export interface EngineSettings {
  /** Providers and models, in order of preference; the first plan that works is used. */
  plans: EnginePlan[];
  /** Folder with the prepared models. */
  modelDir: string;
  /** CPU threads of one inference. */
  threads: number;
  /** Largest number of pixels of an image. */
  maxPixels: number;
  /** Largest number of pixels of a progressive JPEG or an interlaced PNG. */
  maxProgressivePixels: number;
  /** Longest side of an image, in pixels. */
  maxSidePixels: number;
  /** Accepted formats; all supported ones by default. */
  formats?: InputFormat[] | undefined;
}

/** Limits that the supervisor enforces. */
export interface EngineBounds {
  /** Memory in bytes that images in flight may add to the resident memory of the idle child. */
  maxImageBytes: number;
}

/** An accelerator that was asked for and is not available. */
export interface Declined {
  provider: Provider;
  fault: 'not-offered' | 'not-available' | 'not-suited';
}

/** Facts that a started engine reports. */
export interface EngineFacts extends EnginePlan {
  pid: number;
  /** Duration of creating the sessions. */
  loadMs: number;
  /** One inference of the warm default model on a blank image; 0 when it was skipped because images were pending. */
  warmUpMs: number;
  /** Accelerators that were tried first and failed. */
  declined: Declined[];
}

/**
 * Images that an engine takes at a time. While an accelerator computes a batch, the next one is decoded. On the CPU,
 * inference uses all cores, so decoding beside it gains nothing.
 */
export const capacityOf = ({ provider, batch }: EnginePlan): number => (provider === 'cpu' ? 1 : 2 * batch);

/** Stages that happen inside the engine; `fetch` and `store` belong to the worker. */
export type EngineStage = CutoutStage;

/** One image to cut out. */
export interface CutoutRequest {
  /** Encoded image. The caller wipes it once `run` has settled. */
  image: Buffer;
  /** Encoded background image. The caller wipes it, too. */
  background?: Buffer | undefined;
  /** Encoded mask of the client. The caller wipes it, too. */
  mask?: Buffer | undefined;
  options: JobOptions;
  /** Longest time in the child. */
  deadlineMs: number;
  /** Longest CPU time until inference starts; `deadlineMs` by default. */
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

/** The child crashed while this image was in flight. */
export class EngineCrash extends Error {
  override readonly name = 'EngineCrash';
}

/** The caller's signal was aborted. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/** The engine was stopped or could not be started. The image is not the cause. */
export class EngineUnavailable extends Error {
  override readonly name = 'EngineUnavailable';
}
