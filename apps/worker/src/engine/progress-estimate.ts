import type { EngineStage } from './engine-contract.js';

/** Percentage of the whole job at which each stage of the engine starts and ends. */
const SPAN: Record<EngineStage, readonly [from: number, to: number]> = {
  decode: [3, 10],
  infer: [10, 85],
  refine: [85, 88],
  compose: [88, 90],
  encode: [90, 98],
};

/** Weight of the newest inference in the moving estimate. */
const NEWEST = 0.3;
/** Largest share of a stage that elapsed time alone accounts for. */
const CAP = 0.95;

/** Converts elapsed time to a percentage, with a moving average of the inference time on this machine. */
export class ProgressEstimate {
  /** @param inferMs initial estimate of the inference time */
  constructor(private inferMs: number) {}

  /** Adds the duration of an inference to the average. */
  record(inferMs: number): void {
    this.inferMs += NEWEST * (inferMs - this.inferMs);
  }

  /** Percentage of the whole job, `elapsedMs` into a stage. Grows with both, and stays below that of the next stage. */
  percentOf(stage: EngineStage, elapsedMs: number): number {
    const [from, to] = SPAN[stage];
    const share = stage === 'infer' ? Math.min(elapsedMs / Math.max(this.inferMs, 1), CAP) : 0;
    return Math.round(from + share * (to - from));
  }
}
