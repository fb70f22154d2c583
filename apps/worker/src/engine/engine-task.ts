import type { ProblemCode } from '#contracts/problem-catalog.js';
import { afterRunning } from '#config/run-timer.js';
import { wipe } from '#crypto/wipe.js';
import type { CutoutRequest, CutoutResult, EngineStage } from './engine-contract.js';
import type { ProgressEstimate } from './progress-estimate.js';

const TICK_MS = 250;

let lastId = 0;

/** What an image needs of its host. */
export interface EngineTaskEvents {
  onAbort: () => void;
  /** It takes more memory or time than an image may. */
  onConviction: (cause: 'memory' | 'time') => void;
  /** Milliseconds of CPU time that its child has used; undefined when it cannot be measured. */
  cpuMs: () => number | undefined;
}

/** One image between `run` and its answer: deadline, cancellation and progress. It settles once. */
export class EngineTask {
  readonly id = (lastId += 1);
  readonly result: Promise<CutoutResult>;
  readonly request: CutoutRequest;
  /** Why its child is put down for it, once it is. */
  verdict: ProblemCode | undefined;
  readonly #estimate: ProgressEstimate;
  readonly #events: EngineTaskEvents;
  #settle: ((outcome: CutoutResult | Error) => void) | undefined;
  #stopDeadline: (() => void) | undefined;
  #stopOpening: (() => void) | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #percent = 0;

  constructor(request: CutoutRequest, estimate: ProgressEstimate, events: EngineTaskEvents) {
    this.request = request;
    this.#estimate = estimate;
    this.#events = events;
    this.result = new Promise((resolve, reject) => {
      this.#settle = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
    });
    request.signal?.addEventListener('abort', events.onAbort, { once: true });
  }

  /** True once the caller has its answer. */
  get settled(): boolean {
    return this.#settle === undefined;
  }

  /** Its child is to be put down for it. */
  get overdue(): boolean {
    return this.verdict !== undefined;
  }

  /**
   * The child has the image now: its deadlines run. Time in which this process did not run does not count: the child may
   * have answered long ago. Opening is measured by what the child computes, so that no image is too complex for a busy
   * machine.
   */
  begin(): void {
    const { deadlineMs, openingMs = deadlineMs } = this.request;
    this.#stopDeadline = afterRunning(deadlineMs, () => this.convict('deadline-exceeded', 'time'));
    const onOpening = (): void => this.convict('image-too-complex', 'time');
    this.#stopOpening = afterRunning(openingMs, onOpening, this.#events.cpuMs);
  }

  /** It takes more than one image may: its child is put down, and it fails with this code. */
  convict(code: ProblemCode, cause: 'memory' | 'time'): void {
    this.verdict ??= code;
    this.#events.onConviction(cause);
  }

  /** The child is done with the image, or gone, and another may begin. Until then the deadline holds even for a cancelled image. */
  leave(): void {
    this.#stopDeadline?.();
    this.#stopOpening?.();
    clearInterval(this.#ticker);
  }

  /** The child has come to `stage`. */
  enter(stage: EngineStage): void {
    clearInterval(this.#ticker);
    if (stage !== 'decode') this.#stopOpening?.();
    if (this.#settle === undefined) return;
    this.#tell(stage, 0);
    if (stage !== 'infer') return;
    const begin = performance.now();
    this.#ticker = setInterval(() => this.#tell(stage, performance.now() - begin), TICK_MS);
  }

  /** Hands the result over; wipes it when the caller has left already. */
  succeed(result: CutoutResult): void {
    if (this.#settle === undefined) wipe(result.data);
    this.#end(result);
  }

  fail(error: Error): void {
    this.#end(error);
  }

  /** It leaves its child, and fails. */
  drop(error: Error): void {
    this.leave();
    this.fail(error);
  }

  #tell(stage: EngineStage, elapsedMs: number): void {
    this.#percent = Math.max(this.#percent, this.#estimate.percentOf(stage, elapsedMs));
    this.request.onStage?.(stage, this.#percent);
  }

  #end(outcome: CutoutResult | Error): void {
    clearInterval(this.#ticker);
    this.request.signal?.removeEventListener('abort', this.#events.onAbort);
    this.#settle?.(outcome);
    this.#settle = undefined;
  }
}
