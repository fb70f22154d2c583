import type { Stage } from '#contracts/job-states.js';

/** Stages of a cut-out, in order. */
export const CUTOUT_STAGES = [
  'decode',
  'infer',
  'refine',
  'compose',
  'encode',
] as const satisfies readonly Stage[];

/** One stage of a cut-out. */
export type CutoutStage = (typeof CUTOUT_STAGES)[number];

/** Reports each stage of a cut-out and measures its time. */
export class StageTimer {
  /** Wall time of each stage so far, in milliseconds. */
  readonly timingsMs: Record<CutoutStage, number> = { decode: 0, infer: 0, refine: 0, compose: 0, encode: 0 };

  constructor(private readonly onStage: (stage: CutoutStage) => void) {}

  /** Runs one stage: reports it, then measures `work`. */
  perform<T>(stage: CutoutStage, work: () => T | Promise<T>): Promise<T> {
    this.onStage(stage);
    return this.resume(stage, work);
  }

  /** Continues a stage that was reported before, and adds to its time. */
  async resume<T>(stage: CutoutStage, work: () => T | Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.timingsMs[stage] += performance.now() - startedAt;
    }
  }

  /** Runs work of `stage` inside `outer`: its time counts for `stage` and not for `outer`. */
  nested<T>(outer: CutoutStage, stage: CutoutStage, work: () => T): T {
    const startedAt = performance.now();
    try {
      return work();
    } finally {
      const ms = performance.now() - startedAt;
      this.timingsMs[stage] += ms;
      this.timingsMs[outer] -= ms;
    }
  }
}
