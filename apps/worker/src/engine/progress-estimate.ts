import type { EngineStage } from './engine-contract.js';

/** Share of the whole job at which each stage of the engine begins and ends, in percent. */
const SPAN: Record<EngineStage, readonly [from: number, to: number]> = {
  decode: [3, 10],
  infer: [10, 85],
  refine: [85, 88],
  compose: [88, 90],
  encode: [90, 98],
};

/** Weight of the newest inference in the moving estimate. */
const NEWEST = 0.3;
/** How much of the stage elapsed time alone may claim. */
const CAP = 0.95;

/** Turns elapsed time into a percentage, from a moving average of how long inference takes on this machine. */
export class ProgressEstimate {
  #inferMs: number;

  constructor(firstInferMs: number) {
    this.#inferMs = firstInferMs;
  }

  /** Takes in how long an inference took. */
  learn(inferMs: number): void {
    this.#inferMs += NEWEST * (inferMs - this.#inferMs);
  }

  /** Percent of the whole job, `elapsedMs` into a stage; grows with both and stays below the next stage's. */
  percentOf(stage: EngineStage, elapsedMs: number): number {
    const [from, to] = SPAN[stage];
    const share = stage === 'infer' ? Math.min(elapsedMs / Math.max(this.#inferMs, 1), CAP) : 0;
    return Math.round(from + share * (to - from));
  }
}
