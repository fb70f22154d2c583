import type { CutoutStage } from './cutout-stages.js';

/** Announces each stage of a cut-out and takes its time. */
export class StageTimer {
  /** Wall time of each stage so far, in milliseconds. */
  readonly timingsMs: Record<CutoutStage, number> = { decode: 0, infer: 0, refine: 0, compose: 0, encode: 0 };

  constructor(private readonly onStage: (stage: CutoutStage) => void) {}

  /** Does the work of one stage. */
  perform<T>(stage: CutoutStage, work: () => T | Promise<T>): Promise<T> {
    this.onStage(stage);
    return this.more(stage, work);
  }

  /** Goes on with a stage that has been announced before. */
  async more<T>(stage: CutoutStage, work: () => T | Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      return await work();
    } finally {
      this.timingsMs[stage] += performance.now() - begin;
    }
  }

  /** Books work of `stage` that happened within the time of another, from which it is taken off. */
  within<T>(other: CutoutStage, stage: CutoutStage, work: () => T): T {
    const begin = performance.now();
    try {
      return work();
    } finally {
      const ms = performance.now() - begin;
      this.timingsMs[stage] += ms;
      this.timingsMs[other] -= ms;
    }
  }
}
