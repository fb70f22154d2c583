import { jobOptionsSchema } from '#contracts/job-options.js';

/** What a runner process loads. */
export type RunnerSpec =
  /** The service's pipeline as its engine runs it. */
  | { kind: 'ours'; model: string; modelDir: string; threads: number; refine: Refinement }
  /** The service's network alone: takes the pixels that it is fed with, and gives the mask. */
  | { kind: 'network'; model: string; modelDir: string; threads: number }
  /** A straightforward version with sharp and ONNX Runtime. */
  | { kind: 'obvious'; modelDir: string }
  /** `@imgly/background-removal-node`. */
  | { kind: 'peer' };

/** Whether edges are refined with the full-size image. */
export type Refinement = 'none' | 'edges';

/** True when the pipeline supports edge refinement. */
export const canRefine = 'refine' in jobOptionsSchema.shape;

/** One image for a runner. */
export interface RunRequest {
  image: Uint8Array;
  /** True when the output is to be returned. */
  withOutput: boolean;
}

/** The output of a runner. */
export interface RunOutput {
  output: Uint8Array;
  /** Time of each stage, if the runner has stages. */
  stagesMs: Record<string, number>;
}

/** A loaded runner. */
export type Runner = (image: Buffer) => Promise<RunOutput>;

/** Measurements of one image, taken in the runner's process. */
export interface Measurement {
  wallMs: number;
  /** User and system time of all threads. */
  cpuMs: number;
  /** Peak of resident memory during the run; of the process's lifetime where the peak cannot be reset. */
  peakMb: number;
  outputBytes: number;
  stagesMs: Record<string, number>;
  output?: Uint8Array;
}
