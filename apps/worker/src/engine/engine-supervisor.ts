import { resolve } from 'node:path';
import { Problem } from '#contracts/problem-catalog.js';
import type { EnginePlan } from '#config/engine-plan.js';
import { cpuMsOf } from '#config/process-cpu.js';
import { SettingsError } from '#config/settings.js';
import { wipe } from '#crypto/wipe.js';
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
import type { FromEngine } from './engine-protocol.js';
import { EngineTask } from './engine-task.js';
import { EngineQueue } from './engine-queue.js';
import { EngineRestarts, type RestartCause } from './engine-restarts.js';
import { MemoryWatch } from './memory-watch.js';
import { ProgressEstimate } from './progress-estimate.js';

export { Cancelled, EngineCrash, EngineUnavailable } from './engine-contract.js';
export type {
  CutoutRequest,
  CutoutResult,
  EngineFacts,
  EngineSettings,
  EngineStage,
} from './engine-contract.js';

const DEFAULT_ENTRY = 'dist/apps/worker/src/engine/engine-main.js';
/** Guess for progress until the first inference has been timed. */
const FIRST_INFER_MS = 2000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;
/** Failed starts in a row after which waiting images are given back. */
const PATIENCE = 3;
/**
 * Runs cut-outs in a child process that can be killed, as many at a time as it takes, first come first served, so
 * that the worker's event loop never blocks. A child that dies is replaced; images that only waited, or were in it
 * beside the one it died of, stay in line, and their callers never hear of it.
 */
export class EngineSupervisor {
  readonly #settings: EngineSettings;
  /** How its children are started, and which privileges they keep. */
  readonly confined: ConfinedCommand;
  readonly #estimate = new ProgressEstimate(FIRST_INFER_MS);
  readonly #line = new EngineQueue<EngineTask>();
  #child: EngineChild | undefined;
  #facts: EngineFacts | undefined;
  /** Those still to be tried: a driver that kills the child takes its plan with it. */
  #plans: readonly EnginePlan[];
  readonly #declined: Declined[] = [];
  #failures = 0;
  /** True from when the child was killed for an image until it is gone: it gets nothing more. */
  #doomed = false;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Children that were replaced, and why. */
  readonly restarts = new EngineRestarts();
  readonly #watch: MemoryWatch;

  /** @param entry built file of the child, relative to the package's folder, which is the working directory */
  constructor(
    { maxImageBytes = Infinity, ...settings }: EngineSettings & Partial<EngineBounds>,
    entry: string = DEFAULT_ENTRY,
  ) {
    this.#settings = settings;
    this.#watch = new MemoryWatch(maxImageBytes, () => this.#overflow());
    this.#plans = settings.plans;
    this.confined = confined([process.execPath, resolve(entry)], [resolve(entry), settings.modelDir]);
  }

  /** Facts of the running child; undefined while it (re)starts. */
  get facts(): EngineFacts | undefined {
    return this.#facts;
  }

  /**
   * Starts the child; resolves once its model is loaded and warm.
   * @throws SettingsError when no start can succeed before the settings are mended
   * @throws EngineUnavailable when it ends before that for another reason, with what it said on stderr
   */
  async start(): Promise<EngineFacts> {
    for (;;) {
      const tried = this.#plans;
      try {
        return await this.#spawn(true);
      } catch (error) {
        clearTimeout(this.#retry);
        const final = this.#stopped || error instanceof SettingsError;
        if (!final && tried !== this.#plans) continue;
        await this.stop();
        if (final || tried.some(({ provider }) => provider === 'cpu')) throw error;
        throw new SettingsError(
          'PROVIDER must be an accelerator that works here: its driver ends the engine.',
        );
      }
    }
  }

  /**
   * Cuts out one image, after or beside those that came before it.
   * @throws Problem with the code the child gave, or `deadline-exceeded` (the child was killed)
   * @throws EngineCrash when the child died while it had this image alone
   * @throws Cancelled when the signal aborts (a child that had the image already was killed)
   * @throws EngineUnavailable when the engine was stopped or cannot be started
   */
  async run(request: CutoutRequest): Promise<CutoutResult> {
    if (this.#stopped) throw new EngineUnavailable('the engine was stopped');
    if (request.signal?.aborted === true) throw new Cancelled();
    const job = new EngineTask(request, this.#estimate, {
      onAbort: () => this.#abandon(job),
      onConviction: (cause) => this.#putDown(cause),
      cpuMs: () => cpuMsOf(this.#facts?.pid),
    });
    this.#line.join(job);
    this.#next();
    return job.result;
  }

  /** Kills the child; whatever waits or runs is rejected with EngineUnavailable. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    const error = new EngineUnavailable('the engine was stopped');
    for (const job of this.#line.evacuate()) job.drop(error);
    this.#giveBack(error);
    this.#child?.kill();
    await this.#child?.exited;
  }

  /** Resolves and rejects with the child's `ready`. */
  #spawn(warmUp: boolean): Promise<EngineFacts> {
    const child = new EngineChild(
      this.confined.command,
      { ...this.#settings, plans: [...this.#plans], warmUp },
      {
        onMessage: (message, payload) => this.#hear(message, payload),
        onExit: () => this.#bury(),
      },
    );
    this.#doomed = false;
    this.#child = child;
    const ready = child.ready.then((found) => {
      const facts = { ...found, declined: [...this.#declined, ...found.declined] };
      this.#facts = facts;
      this.#watch.rest(facts.pid);
      if (facts.warmUpMs > 0) this.#estimate.learn(facts.warmUpMs);
      this.#next();
      return facts;
    });
    ready.catch(() => undefined);
    return ready;
  }

  #next(): void {
    if (this.#facts === undefined || this.#doomed) return;
    const capacity = capacityOf(this.#facts);
    for (let job = this.#line.admit(capacity); job !== undefined; job = this.#line.admit(capacity)) {
      job.begin();
      const { image, background, options } = job.request;
      const files = background === undefined ? [image] : [image, background];
      this.#watch.start();
      this.#child?.send({ type: 'cutout', id: job.id, imageBytes: image.length, options }, ...files);
    }
  }

  #hear(message: Exclude<FromEngine, { type: 'ready' }>, payload: Buffer): void {
    const job = this.#line.inside(message.id);
    if (job === undefined || job.overdue) {
      // Too late: the child has been killed for it, and `#bury` settles the image.
      wipe(payload);
      return;
    }
    if (message.type === 'stage') {
      job.enter(message.stage);
      return;
    }
    this.#line.finish(job);
    this.#failures = 0;
    job.leave();
    if (this.#line.isVacant) this.#watch.stop();
    if (message.type === 'failed') {
      job.fail(new Problem(message.code));
    } else {
      this.#estimate.learn(message.facts.timingsMs.infer);
      job.succeed({ ...message.facts, data: payload });
    }
    this.#next();
  }

  /**
   * The caller no longer wants this image: it leaves the line, or its child is replaced. Native code cannot be
   * told to stop, and until it ends by itself the image would stay in memory.
   */
  #abandon(job: EngineTask): void {
    if (!this.#line.withdraw(job)) this.#putDown('cancelled');
    job.fail(new Cancelled());
  }

  /** Of one image it is known that it was too much; of several each is tried alone. */
  #overflow(): void {
    const only = this.#line.onlyOne;
    this.restarts.because('memory');
    if (only === undefined) this.#child?.kill();
    else only.convict('image-memory-exceeded', 'memory');
  }

  #putDown(cause: RestartCause): void {
    this.restarts.because(cause);
    this.#doomed = true;
    this.#child?.kill();
  }

  /** The child is gone: images to blame are settled, the others wait for a new child. */
  #bury(): void {
    const wasReady = this.#facts !== undefined;
    this.#facts = undefined;
    this.#watch.stop();
    if (this.#stopped) return;
    this.restarts.note(wasReady ? 'crashed' : 'not-started');
    const { inside, culprits } = this.#line.collapse(this.#doomed);
    for (const job of inside) job.leave();
    if (!this.#doomed) this.#failures += 1;
    if (!wasReady) this.#stepDown();
    for (const job of culprits) job.fail(job.verdict ? new Problem(job.verdict) : new EngineCrash());
    if (!wasReady && this.#failures >= PATIENCE) {
      this.#giveBack(new EngineUnavailable('the engine cannot be started'));
    }
    // The first failure is answered at once; images in line spare the warm-up.
    const delayMs = this.#failures < 2 ? 0 : Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures, MAX_BACKOFF_MS);
    this.#retry = setTimeout(() => void this.#spawn(this.#line.isEmpty), delayMs);
  }

  /** The child ended before it was ready: whoever starts next does without the accelerator it began with. */
  #stepDown(): void {
    const [first, ...others] = this.#plans;
    if (first === undefined || others.length === 0) return;
    this.#plans = others;
    this.#declined.push({ provider: first.provider, fault: 'not-available' });
  }

  #giveBack(error: EngineUnavailable): void {
    for (const job of this.#line.disperse()) job.fail(error);
  }
}
