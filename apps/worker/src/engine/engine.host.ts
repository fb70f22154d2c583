import { resolve } from 'node:path';
import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';
import { EngineChild } from './engine.child.js';
import {
  Cancelled,
  EngineCrash,
  EngineUnavailable,
  type CutoutRequest,
  type CutoutResult,
  type EngineFacts,
  type EngineSettings,
} from './engine.contract.js';
import type { FromEngine } from './engine.protocol.js';
import { EngineJob } from './engine.job.js';
import { ProgressEstimate } from './progress.estimate.js';

export { Cancelled, EngineCrash, EngineUnavailable } from './engine.contract.js';
export type {
  CutoutRequest,
  CutoutResult,
  EngineFacts,
  EngineSettings,
  EngineStage,
} from './engine.contract.js';

const DEFAULT_ENTRY = 'dist/apps/worker/src/engine/engine.main.js';
/** Guess for progress until the first inference has been timed. */
const FIRST_INFER_MS = 2000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;
/** Failed starts in a row after which waiting images are given back. */
const PATIENCE = 3;

/**
 * Runs cut-outs in a child process that can be killed, one at a time, first come first served, so that the
 * worker's event loop never blocks. A child that dies is replaced; images that only waited stay in line.
 */
export class EngineHost {
  readonly #settings: EngineSettings;
  readonly #entry: string;
  readonly #estimate = new ProgressEstimate(FIRST_INFER_MS);
  readonly #waiting: EngineJob[] = [];
  #current: EngineJob | undefined;
  #child: EngineChild | undefined;
  #facts: EngineFacts | undefined;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param entry built file of the child, relative to the package's folder, which is the working directory */
  constructor(settings: EngineSettings, entry: string = DEFAULT_ENTRY) {
    this.#settings = settings;
    this.#entry = resolve(entry);
  }

  /** Facts of the running child; undefined while it (re)starts. */
  get facts(): EngineFacts | undefined {
    return this.#facts;
  }

  /**
   * Starts the child; resolves once its model is loaded and warm.
   * @throws EngineUnavailable when it ends before that, with what it said on stderr
   */
  async start(): Promise<EngineFacts> {
    const child = this.#spawn(true);
    try {
      return await child.ready;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /**
   * Cuts out one image, after those that came before it.
   * @throws Problem with the code the child gave, or `deadline-exceeded` (the child was killed)
   * @throws EngineCrash when the child died of, or at least during, this image
   * @throws Cancelled when the signal aborts (a child that had the image already was killed)
   * @throws EngineUnavailable when the engine was stopped or cannot be started
   */
  async run(request: CutoutRequest): Promise<CutoutResult> {
    if (this.#stopped) throw new EngineUnavailable('the engine was stopped');
    if (request.signal?.aborted === true) throw new Cancelled();
    const job = new EngineJob(request, this.#estimate, {
      onAbort: () => this.#abandon(job),
      onDeadline: () => this.#child?.kill(),
    });
    this.#waiting.push(job);
    this.#next();
    return job.result;
  }

  /** Kills the child; whatever waits or runs is rejected with EngineUnavailable. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    const error = new EngineUnavailable('the engine was stopped');
    this.#current?.leave();
    this.#current?.fail(error);
    this.#giveBack(error);
    this.#child?.kill();
    await this.#child?.exited;
  }

  #spawn(warmUp: boolean): EngineChild {
    const child = new EngineChild(
      this.#entry,
      { ...this.#settings, warmUp },
      {
        onMessage: (message, payload) => this.#hear(message, payload),
        onExit: () => this.#bury(),
      },
    );
    child.ready.then(
      (facts) => {
        this.#facts = facts;
        if (facts.warmUpMs > 0) this.#estimate.learn(facts.warmUpMs);
        this.#next();
      },
      () => undefined,
    );
    this.#child = child;
    return child;
  }

  #next(): void {
    if (this.#current !== undefined || this.#facts === undefined) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#current = job;
    job.begin();
    this.#child?.send({ type: 'cutout', id: job.id, options: job.request.options }, job.request.image);
  }

  #hear(message: Exclude<FromEngine, { type: 'ready' }>, payload: Buffer): void {
    const job = this.#current;
    if (job === undefined || message.id !== job.id || job.overdue) {
      // Too late: the child has been killed for it, and `#bury` settles the image.
      wipe(payload);
      return;
    }
    if (message.type === 'stage') {
      job.enter(message.stage);
      return;
    }
    this.#current = undefined;
    this.#failures = 0;
    job.leave();
    if (message.type === 'failed') {
      job.fail(new Problem(message.code));
    } else {
      const { width, height, format, timingsMs } = message;
      this.#estimate.learn(timingsMs.infer);
      job.succeed({ data: payload, width, height, format, timingsMs });
    }
    this.#next();
  }

  /**
   * The caller no longer wants this image: it leaves the line, or its child is replaced. Native code cannot be
   * told to stop, and until it ends by itself the image would stay in memory.
   */
  #abandon(job: EngineJob): void {
    const place = this.#waiting.indexOf(job);
    if (place >= 0) this.#waiting.splice(place, 1);
    else if (this.#current === job) this.#child?.kill();
    job.fail(new Cancelled());
  }

  /** The child is gone: the image in it is settled, the others wait for a new child. */
  #bury(): void {
    const job = this.#current;
    const wasReady = this.#facts !== undefined;
    this.#current = undefined;
    this.#facts = undefined;
    if (this.#stopped) return;
    job?.leave();
    if (job === undefined || !(job.overdue || job.settled)) this.#failures += 1;
    job?.fail(job.overdue ? new Problem('deadline-exceeded') : new EngineCrash());
    if (!wasReady && this.#failures >= PATIENCE) {
      this.#giveBack(new EngineUnavailable('the engine cannot be started'));
    }
    // The first failure is answered at once; images in line spare the warm-up.
    const delayMs = this.#failures < 2 ? 0 : Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures, MAX_BACKOFF_MS);
    this.#retry = setTimeout(() => this.#spawn(this.#waiting.length === 0), delayMs);
  }

  #giveBack(error: EngineUnavailable): void {
    for (const job of this.#waiting.splice(0)) job.fail(error);
  }
}
