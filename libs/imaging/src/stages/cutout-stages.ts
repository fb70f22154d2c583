import type { Stage } from '#contracts/job-states.js';

/** Stages of a cut-out, in order. Apart from the pipeline, so that naming them does not load a decoder. */
export const CUTOUT_STAGES = [
  'decode',
  'infer',
  'refine',
  'compose',
  'encode',
] as const satisfies readonly Stage[];

/** One stage of a cut-out. */
export type CutoutStage = (typeof CUTOUT_STAGES)[number];
