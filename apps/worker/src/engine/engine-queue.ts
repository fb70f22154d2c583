import type { ProblemCode } from '#contracts/problem-catalog.js';
import { afterRunning } from '#config/run-timer.js';
import { wipe } from '#crypto/wipe.js';
import type { CutoutRequest, CutoutResult, EngineStage } from './engine-contract.js';
import type { ProgressEstimate } from './progress-estimate.js';

const TICK_MS = 250;

let lastId = 0;

/** What a task needs of its supervisor. */
export interface EngineTaskEvents {
  onAbort: () => void;
  /** The image exceeds a limit of memory or time. */
  onFailure: (cause: 'memory' | 'time') => void;
  /** CPU time of the child process in milliseconds; undefined when it cannot be measured. */
  cpuMs: () => number | undefined;
}

/** One image from `run` to its result: deadlines, cancellation and progress. It settles once. */
export class EngineTask {
  readonly id = (lastId += 1);
  readonly result: Promise<CutoutResult>;
  /** Set when the image exceeded a limit: its child is killed, and it fails with this code. */
  failure: ProblemCode | undefined;
  private settle: ((outcome: CutoutResult | Error) => void) | undefined;
  private stopDeadline: (() => void) | undefined;
  private stopOpening: (() => void) | undefined;
  private ticker: NodeJS.Timeout | undefined;
  private percent = 0;

  constructor(
    readonly request: CutoutRequest,
    private readonly estimate: ProgressEstimate,
    private readonly events: EngineTaskEvents,
  ) {
    this.result = new Promise((resolve, reject) => {
      this.settle = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
    });
    request.signal?.addEventListener('abort', events.onAbort, { once: true });
  }

  /** True once the caller has the result or the error. */
  get isSettled(): boolean {
    return this.settle === undefined;
  }

  /** True when the image exceeded a limit. */
  get hasFailed(): boolean {
    return this.failure !== undefined;
  }

  /**
   * The child has the image: starts its deadlines. Time in which this process does not run does not count, since the
   * child may have answered in the meantime. Opening is measured in CPU time of the child, so that no image is too
   * complex for a busy machine.
   */
  start(): void {
    const { deadlineMs, openingMs = deadlineMs } = this.request;
    this.stopDeadline = afterRunning(deadlineMs, () => this.failWith('deadline-exceeded', 'time'));
    const onOpening = (): void => this.failWith('image-too-complex', 'time');
    this.stopOpening = afterRunning(openingMs, onOpening, this.events.cpuMs);
  }

  /** The image exceeds a limit: its child is killed, and it fails with `code`. */
  failWith(code: ProblemCode, cause: 'memory' | 'time'): void {
    this.failure ??= code;
    this.events.onFailure(cause);
  }

  /** The child has finished the image, or has ended. Until then the deadlines hold, even for a cancelled image. */
  stopTimers(): void {
    this.stopDeadline?.();
    this.stopOpening?.();
    clearInterval(this.ticker);
  }

  /** The child has reached `stage`. */
  onStage(stage: EngineStage): void {
    clearInterval(this.ticker);
    if (stage !== 'decode') this.stopOpening?.();
    if (this.isSettled) return;
    this.emitProgress(stage, 0);
    if (stage !== 'infer') return;
    const startedAt = performance.now();
    this.ticker = setInterval(() => this.emitProgress(stage, performance.now() - startedAt), TICK_MS);
  }

  /** Resolves with the result, or wipes it when the caller has left. */
  resolve(result: CutoutResult): void {
    if (this.isSettled) wipe(result.data);
    this.end(result);
  }

  reject(error: Error): void {
    this.end(error);
  }

  private emitProgress(stage: EngineStage, elapsedMs: number): void {
    this.percent = Math.max(this.percent, this.estimate.percentOf(stage, elapsedMs));
    this.request.onStage?.(stage, this.percent);
  }

  private end(outcome: CutoutResult | Error): void {
    clearInterval(this.ticker);
    this.request.signal?.removeEventListener('abort', this.events.onAbort);
    this.settle?.(outcome);
    this.settle = undefined;
  }
}

/** The part of a task that the queue uses. */
export type QueuedTask = Pick<EngineTask, 'id' | 'hasFailed' | 'isSettled'>;

/** Tasks that were in flight when an engine ended. */
export interface Crash<T> {
  /** All of them. */
  inFlight: T[];
  /** Those to fail: tasks for which the engine was killed, and a task that was alone when the engine crashed. */
  toFail: T[];
}

/**
 * Tasks of an engine, first in, first out: pending ones, and those in flight. When an engine ends, the queue decides which
 * tasks fail; the others return to the front. When an engine crashes with several tasks in flight, each of them is
 * retried alone, before all others, until it completes or fails.
 */
export class EngineQueue<T extends QueuedTask> {
  private readonly running = new Map<number, T>();
  /** Tasks that were in flight together in a crash. */
  private readonly retriedAlone = new Set<T>();
  private pending: T[] = [];

  /** True when no task is pending. */
  get isEmpty(): boolean {
    return this.pending.length === 0;
  }

  /** True when no task is in flight. */
  get isIdle(): boolean {
    return this.running.size === 0;
  }

  /** The task in flight, when there is exactly one. */
  get onlyInFlight(): T | undefined {
    return this.running.size === 1 ? [...this.running.values()][0] : undefined;
  }

  /** The task of that id, when it is in flight. */
  inFlight(id: number): T | undefined {
    return this.running.get(id);
  }

  /** Appends a task. */
  add(task: T): void {
    this.pending.push(task);
  }

  /** Moves the next task into flight, when there is one and an engine that holds `capacity` images has room for it. */
  next(capacity: number): T | undefined {
    const [task] = this.pending;
    if (task === undefined) return undefined;
    const room = this.retriedAlone.has(task) ? 1 : capacity;
    const others = [...this.running.values()];
    if (others.length >= room || others.some((other) => this.retriedAlone.has(other))) return undefined;
    this.pending.shift();
    this.running.set(task.id, task);
    return task;
  }

  /** The engine has finished a task. */
  finish(task: T): void {
    this.running.delete(task.id);
    this.retriedAlone.delete(task);
  }

  /** Removes a pending task. False when it is not pending. */
  remove(task: T): boolean {
    const index = this.pending.indexOf(task);
    if (index < 0) return false;
    this.pending.splice(index, 1);
    this.retriedAlone.delete(task);
    return true;
  }

  /** The engine has ended. @param wasKilled by its supervisor, for a task that exceeded a limit or was cancelled */
  onCrash(wasKilled: boolean): Crash<T> {
    const inFlight = this.drainInFlight();
    const known = inFlight.filter(({ hasFailed, isSettled }) => hasFailed || isSettled);
    const isExplained = wasKilled || known.length > 0;
    const toFail = isExplained || inFlight.length > 1 ? known : inFlight;
    const others = inFlight.filter((task) => !toFail.includes(task));
    for (const task of toFail) this.retriedAlone.delete(task);
    if (!isExplained) for (const task of others) this.retriedAlone.add(task);
    this.pending = [...others, ...this.pending];
    return { inFlight, toFail };
  }

  /** Removes and returns all pending tasks. */
  drainPending(): T[] {
    this.retriedAlone.clear();
    return this.pending.splice(0);
  }

  /** Removes and returns all tasks in flight. */
  drainInFlight(): T[] {
    const inFlight = [...this.running.values()];
    this.running.clear();
    return inFlight;
  }
}
