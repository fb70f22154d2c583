import { pause } from './abortable-pause.js';
import type { CutoutImage } from './cutout-image.js';
import { wireOptions, type CutoutOptions } from './cutout-options.js';
import { RemoveBgError } from './removebg-error.js';
import { progressOfEvent, type CutoutProgress } from './cutout-progress.js';
import { blobOf, type ImageInput } from './image-input.js';
import type { JobClient, JobKey } from './job-client.js';
import type { JobEvent } from './job-follow.js';
import { retry, withTimeout, type RetryPolicy } from './retry-policy.js';
import type { CutoutFacts } from './result-facts.js';
import type { Upload } from './service-transport.js';

/** A finished cut-out. The service has nothing of it any more. */
export interface Cutout {
  image: CutoutImage;
  facts: CutoutFacts;
  /** Opens the job's deletion receipt, for as long as the service remembers its end. */
  job: JobKey;
}

/** How one image is to be cut out. */
export interface CutoutRequest {
  image: ImageInput;
  options: CutoutOptions;
  background: ImageInput | undefined;
  signal: AbortSignal;
  onProgress: ((progress: CutoutProgress) => void) | undefined;
}

/** Times of a run, in milliseconds. */
export interface RunTimes {
  /** How long the service may be away or too busy, at a stretch. */
  patienceMs: number;
  /** First pause before something is tried again. */
  retryMs: number;
}

const MAX_ROUNDS = 3;
const SUBMIT_LIMIT_MS = 600_000;
const RESULT_WAIT_S = 20;
/** Room for the way of the bytes, beyond the wait. */
const RESULT_LIMIT_MS = 180_000;
/** How long an abort waits for what it has to cancel. */
const CANCEL_TIMEOUT_MS = 3_000;

/**
 * Cuts one image out, through whatever breaks on the way: submits it, watches it, fetches it. When the service has
 * lost it, which leaves nothing of it there, it is submitted again.
 */
export class CutoutRun {
  private readonly patience: RetryPolicy;

  constructor(
    private readonly jobs: JobClient,
    private readonly request: CutoutRequest,
    times: RunTimes,
  ) {
    const onWait: RetryPolicy['onWait'] = (waiting) => this.tell({ state: 'waiting', ...waiting });
    this.patience = { ...times, signal: request.signal, onWait };
  }

  /** @throws RemoveBgError why there is no cut-out | the signal's reason, once the job has been cancelled */
  async result(): Promise<Cutout> {
    const { image, options, background } = this.request;
    const upload: Upload = {
      image: await blobOf(image),
      options: wireOptions(options),
      background: background === undefined ? undefined : await blobOf(background),
    };
    for (let round = 1; ; round += 1) {
      try {
        return await this.once(upload);
      } catch (error) {
        const isLost = error instanceof RemoveBgError && error.isLostImage;
        if (!isLost || round === MAX_ROUNDS || this.request.signal.aborted) throw error;
        await pause(this.patience.retryMs, this.request.signal);
      }
    }
  }

  private async once(upload: Upload): Promise<Cutout> {
    const job = await this.submit(upload);
    try {
      if (this.request.onProgress !== undefined) await this.follow(job);
      return await this.fetch(job);
    } catch (error) {
      // Whatever the reason: nobody will come for this job any more.
      await this.cancel(job);
      throw error;
    }
  }

  private async submit({ image, options, background }: Upload): Promise<JobKey> {
    // The same for each try: with an API key, a try whose answer was lost is then found again.
    const idempotencyKey = crypto.randomUUID();
    const attempt = (): Promise<JobKey> =>
      this.parting((call) => this.jobs.submit(image, options, { background, idempotencyKey, signal: call }));
    this.tell({ state: 'sending' });
    return retry(attempt, this.patience);
  }

  /**
   * An aborted submission may have been taken already. Its answer is awaited for a moment, because only that tells
   * how to cancel it.
   */
  private async parting(submit: (signal: AbortSignal) => Promise<JobKey>): Promise<JobKey> {
    const { signal } = this.request;
    signal.throwIfAborted();
    const cut = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onAbort = (): void => void (timer = setTimeout(() => cut.abort(signal.reason), CANCEL_TIMEOUT_MS));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const job = await withTimeout(SUBMIT_LIMIT_MS, cut.signal, submit);
      if (signal.aborted) {
        await this.cancel(job);
        throw signal.reason;
      }
      return job;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Tells what happens until the result is there. Progress is worth no failure: fetching says what is wrong. */
  private async follow(job: JobKey): Promise<void> {
    try {
      for await (const event of this.jobs.events(job, { signal: this.request.signal })) {
        const progress = progressOfEvent(event);
        if (progress !== undefined) this.tell(progress);
        if (event.name === 'done') return;
        throwIfOver(event);
      }
    } catch (error) {
      if (this.request.signal.aborted) throw error;
      if (error instanceof RemoveBgError && !error.isRepeatable && error.code !== 'unexpected-answer') {
        throw error;
      }
    }
  }

  private async fetch(job: JobKey): Promise<Cutout> {
    const { signal } = this.patience;
    for (;;) {
      const answer = await retry(
        () =>
          withTimeout(RESULT_LIMIT_MS, signal, (call) =>
            this.jobs.result(job, { signal: call, waitS: RESULT_WAIT_S }),
          ),
        this.patience,
      );
      if (answer.ready) return { image: answer.image, facts: answer.facts, job };
      // A service that is stopping answers at once.
      await pause(Math.min(answer.retryAfterMs, this.patience.retryMs), signal);
    }
  }

  private async cancel(job: JobKey): Promise<void> {
    await withTimeout(CANCEL_TIMEOUT_MS, NEVER, (signal) =>
      this.jobs.cancel(job, { signal, keepalive: true }),
    ).catch(() => undefined);
  }

  private tell(progress: CutoutProgress): void {
    this.request.onProgress?.(progress);
  }
}

const NEVER = new AbortController().signal;

/** @throws RemoveBgError for each way to end without a result */
function throwIfOver(event: JobEvent): void {
  if (event.name === 'failed') throw RemoveBgError.of(event.data.problem);
  if (event.name === 'cancelled') throw new RemoveBgError('job-cancelled', { status: 410 });
  if (event.name === 'expired') throw new RemoveBgError('result-expired', { status: 410 });
  if (event.name === 'purged') throw new RemoveBgError('result-delivered', { status: 410 });
}
