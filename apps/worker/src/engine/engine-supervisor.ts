import { resolve } from 'node:path';
import { failure } from '#contracts/failure-facts.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { EnginePlan } from '#config/engine-plan.js';
import { cpuMsOf } from '#config/process-cpu.js';
import { SettingsError } from '#config/settings.js';
import { wipe } from '#crypto/wipe.js';
import type { LabelValue } from '#telemetry/metric-labels.js';
import { EngineChild } from './engine-child.js';
import {
  Cancelled,
  capacityOf,
  EngineCrash,
  EngineUnavailable,
  type CutoutRequest,
  type CutoutResult,
  type Declined,
  type EngineBounds,
  type EngineFacts,
  type EngineSettings,
} from './engine-contract.js';
import { confined, type ConfinedCommand } from './engine-privileges.js';
import { CUTOUT_FILES, type FromEngine } from './engine-protocol.js';
import { EngineQueue, EngineTask } from './engine-queue.js';
import { MemoryWatch } from './memory-watch.js';
import { ProgressEstimate } from './progress-estimate.js';

const DEFAULT_ENTRY = 'dist/apps/worker/src/engine/engine-main.js';
/** Progress is estimated with this duration until the first inference has been timed. */
const FIRST_INFER_MS = 2000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;
/** Failed starts in a row after which pending images are rejected. */
const MAX_FAILED_STARTS = 3;

/** Why an engine was replaced. */
export type RestartCause = LabelValue<'restart'>;

/** Counts replaced engines by cause, and reports each once. */
export class EngineRestarts {
  /** Called for each replacement. */
  onRestart: ((cause: RestartCause) => void) | undefined;
  private readonly counts = new Map<RestartCause, number>();
  private cause: RestartCause | undefined;

  /** The engine is about to be killed for this cause. The first cause counts. */
  setCause(cause: RestartCause): void {
    this.cause ??= cause;
  }

  /** The engine has ended and is replaced. `fallback` is the cause when none was set. */
  record(fallback: RestartCause): void {
    const cause = this.cause ?? fallback;
    this.cause = undefined;
    this.counts.set(cause, this.countOf(cause) + 1);
    this.onRestart?.(cause);
  }

  /** Number of engines replaced for this cause. */
  countOf(cause: RestartCause): number {
    return this.counts.get(cause) ?? 0;
  }
}

/**
 * Runs cut-outs in a child process that can be killed, so that the event loop of the worker never blocks. The child takes
 * as many images at a time as its capacity, first in, first out. A child that ends is replaced; images that did not cause
 * its end are retried, and their callers do not notice.
 */
export class EngineSupervisor {
  /** How children are started, and which privileges they keep. */
  readonly confined: ConfinedCommand;
  /** Children that were replaced, by cause. */
  readonly restarts = new EngineRestarts();
  private readonly settings: EngineSettings;
  private readonly estimate = new ProgressEstimate(FIRST_INFER_MS);
  private readonly queue = new EngineQueue<EngineTask>();
  private readonly memory: MemoryWatch;
  private child: EngineChild | undefined;
  private runningFacts: EngineFacts | undefined;
  /** Plans still to be tried: a driver that crashes the child is not tried again. */
  private plans: readonly EnginePlan[];
  private readonly declined: Declined[] = [];
  private failures = 0;
  /** True from the kill of the child until its exit: it is sent nothing more. */
  private isTerminating = false;
  private isStopped = false;
  private restartTimer: NodeJS.Timeout | undefined;

  /** @param entry built file of the child, relative to the package's folder, which is the working directory */
  constructor(
    { maxImageBytes = Infinity, ...settings }: EngineSettings & Partial<EngineBounds>,
    entry: string = DEFAULT_ENTRY,
  ) {
    this.settings = settings;
    this.memory = new MemoryWatch(maxImageBytes, () => this.onMemoryExceeded());
    this.plans = settings.plans;
    this.confined = confined([process.execPath, resolve(entry)], [resolve(entry), settings.modelDir]);
  }

  /** Facts of the running child; undefined while it starts. */
  get facts(): EngineFacts | undefined {
    return this.runningFacts;
  }

  /**
   * Starts the child; resolves once its model is loaded and warm.
   * @throws SettingsError when no start can succeed with these settings
   * @throws EngineUnavailable when it ends before that for another reason, with its output on stderr
   */
  async start(): Promise<EngineFacts> {
    for (;;) {
      const tried = this.plans;
      try {
        return await this.spawn(true);
      } catch (error) {
        clearTimeout(this.restartTimer);
        const isFinal = this.isStopped || error instanceof SettingsError;
        if (!isFinal && tried !== this.plans) continue;
        await this.stop();
        if (isFinal || tried.some(({ provider }) => provider === 'cpu')) throw error;
        throw new SettingsError(
          'PROVIDER must be an accelerator that works on this machine: its driver crashed the engine.',
        );
      }
    }
  }

  /**
   * Cuts out one image.
   * @throws Problem with the code from the child, or `deadline-exceeded` (the child was killed)
   * @throws EngineCrash when the child crashed while this image was alone in it
   * @throws Cancelled when the signal aborts (a child that had the image was killed)
   * @throws EngineUnavailable when the engine was stopped or cannot be started
   */
  async run(request: CutoutRequest): Promise<CutoutResult> {
    if (this.isStopped) throw new EngineUnavailable('the engine was stopped');
    if (request.signal?.aborted === true) throw new Cancelled();
    const task = new EngineTask(request, this.estimate, {
      onAbort: () => this.cancel(task),
      onFailure: (cause) => this.killChild(cause),
      cpuMs: () => cpuMsOf(this.runningFacts?.pid),
    });
    this.queue.add(task);
    this.startNext();
    return task.result;
  }

  /** Kills the child. All images, pending and in flight, are rejected with EngineUnavailable. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.restartTimer);
    const error = new EngineUnavailable('the engine was stopped');
    for (const task of this.queue.drainInFlight()) {
      task.stopTimers();
      task.reject(error);
    }
    this.rejectAll(error);
    this.child?.kill();
    await this.child?.exited;
  }

  /** Resolves and rejects with the `ready` of the child. */
  private spawn(warmUp: boolean): Promise<EngineFacts> {
    const child = new EngineChild(
      this.confined.command,
      { ...this.settings, plans: [...this.plans], warmUp },
      {
        onMessage: (message, payload) => this.onMessage(message, payload),
        onExit: () => this.onChildExit(),
      },
    );
    this.isTerminating = false;
    this.child = child;
    const ready = child.ready.then((found) => {
      const facts = { ...found, declined: [...this.declined, ...found.declined] };
      this.runningFacts = facts;
      this.memory.setBaseline(facts.pid);
      if (facts.warmUpMs > 0) this.estimate.record(facts.warmUpMs);
      this.startNext();
      return facts;
    });
    ready.catch(() => undefined);
    return ready;
  }

  /** Sends pending images to the child, as far as it has room for them. */
  private startNext(): void {
    if (this.runningFacts === undefined || this.isTerminating) return;
    const capacity = capacityOf(this.runningFacts);
    for (let task = this.queue.next(capacity); task !== undefined; task = this.queue.next(capacity)) {
      task.start();
      const { request } = task;
      const present = CUTOUT_FILES.filter((name) => request[name] !== undefined);
      const contents = present.flatMap((name) => request[name] ?? []);
      const files = present.map((name, at) => ({ name, bytes: contents[at]?.length ?? 0 }));
      this.memory.start();
      this.child?.send({ type: 'cutout', id: task.id, files, options: request.options }, ...contents);
    }
  }

  private onMessage(message: Exclude<FromEngine, { type: 'ready' }>, payload: Buffer): void {
    const task = this.queue.inFlight(message.id);
    if (task === undefined || task.hasFailed) {
      // Too late: the child has been killed for this image, and `onChildExit` rejects it.
      wipe(payload);
      return;
    }
    if (message.type === 'stage') {
      task.onStage(message.stage);
      return;
    }
    this.queue.finish(task);
    this.failures = 0;
    task.stopTimers();
    if (this.queue.isIdle) this.memory.stop();
    if (message.type === 'failed') {
      task.reject(failure(message.code, message.numbers ?? {}));
    } else {
      this.estimate.record(message.facts.timingsMs.infer);
      task.resolve({ ...message.facts, data: payload });
    }
    this.startNext();
  }

  /**
   * The caller has cancelled this image: it is removed from the queue, or its child is replaced. Native code cannot be
   * interrupted, and the image would stay in memory until it returns.
   */
  private cancel(task: EngineTask): void {
    if (!this.queue.remove(task)) this.killChild('cancelled');
    task.reject(new Cancelled());
  }

  /** A single image in flight has exceeded the limit; of several images, each is retried alone. */
  private onMemoryExceeded(): void {
    const task = this.queue.onlyInFlight;
    this.restarts.setCause('memory');
    if (task === undefined) this.child?.kill();
    else task.failWith('image-memory-exceeded', 'memory');
  }

  private killChild(cause: RestartCause): void {
    this.restarts.setCause(cause);
    this.isTerminating = true;
    this.child?.kill();
  }

  /** Rejects the images that ended the child; the others are sent to the next child. */
  private onChildExit(): void {
    const wasReady = this.runningFacts !== undefined;
    this.runningFacts = undefined;
    this.memory.stop();
    if (this.isStopped) return;
    this.restarts.record(wasReady ? 'crashed' : 'not-started');
    const { inFlight, toFail } = this.queue.onCrash(this.isTerminating);
    for (const task of inFlight) task.stopTimers();
    if (!this.isTerminating) this.failures += 1;
    if (!wasReady) this.useNextProvider();
    for (const task of toFail) task.reject(task.failure ? new Problem(task.failure) : new EngineCrash());
    if (!wasReady && this.failures >= MAX_FAILED_STARTS) {
      this.rejectAll(new EngineUnavailable('the engine cannot be started'));
    }
    // The first restart is immediate. The warm-up is skipped while images are pending.
    const delayMs = this.failures < 2 ? 0 : Math.min(FIRST_BACKOFF_MS * 2 ** this.failures, MAX_BACKOFF_MS);
    this.restartTimer = setTimeout(() => void this.spawn(this.queue.isEmpty), delayMs);
  }

  /** The child ended before it was ready: the next one starts without the accelerator that it tried first. */
  private useNextProvider(): void {
    const [first, ...others] = this.plans;
    if (first === undefined || others.length === 0) return;
    this.plans = others;
    this.declined.push({ provider: first.provider, fault: 'not-available' });
  }

  private rejectAll(error: EngineUnavailable): void {
    for (const task of this.queue.drainPending()) task.reject(error);
  }
}
