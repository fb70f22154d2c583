import { jobOptionsSchema } from '#contracts/job-options.js';

/** Who takes part: what the child process loads. */
export type Entry =
  /** The service's pipeline as its engine runs it. */
  | { kind: 'ours'; model: string; modelDir: string; threads: number; refine: Refinement }
  /** The service's network alone: takes the pixels that it is fed with, and gives the mask. */
  | { kind: 'network'; model: string; modelDir: string; threads: number }
  /** What one would write first with sharp and ONNX Runtime. */
  | { kind: 'obvious'; modelDir: string }
  /** `@imgly/background-removal-node`. */
  | { kind: 'peer' };

/** Whether the matte's edges are refined with the photo's own detail. */
export type Refinement = 'none' | 'edges';

/** True when the pipeline can refine edges at all. */
export const canRefine = 'refine' in jobOptionsSchema.shape;

/** One image for a contestant. */
export interface Task {
  image: Uint8Array;
  /** Whether the answer shall carry the output. */
  outputWanted: boolean;
}

/** What a contestant made of an image. */
export interface Work {
  output: Uint8Array;
  /** Time of each stage, where the contestant has any. */
  stagesMs: Record<string, number>;
}

/** A loaded contestant. */
export type Worker = (image: Buffer) => Promise<Work>;

/** What one image took, measured inside the contestant's process. */
export interface Answer {
  wallMs: number;
  /** Of all threads, in user and in system. */
  cpuMs: number;
  /** Most memory resident while at it; of the process's whole life where the peak cannot be reset. */
  peakMb: number;
  outputBytes: number;
  stagesMs: Record<string, number>;
  output?: Uint8Array;
}
