import type { Stage } from '#contracts/job-states.js';
import type { CutoutFacts, CutoutImage } from './cutout-image.js';
import { wireOptions, type CutoutOptions } from './cutout-options.js';
import { RemoveBgError } from './removebg-error.js';
import { blobOf, type ImageInput } from './image-input.js';
import type { JobClient, JobKey } from './job-client.js';
import type { JobEvent } from './job-follow.js';
import { pause, retry, withTimeout, type RetryPolicy, type Waiting } from './retry-policy.js';
import type { Upload } from './service-transport.js';

/**
 * Progress of an image. States can be skipped, and can repeat after a failed connection. `etaMs` in milliseconds.
 * `workerStarting`: no worker was running, and one is being started.
 */
export type CutoutProgress =
  | { state: 'sending' }
  | { state: 'queued'; position?: number; etaMs?: number; workerStarting?: true }
  | { state: 'running'; stage?: Stage; percent: number }
  | { state: 'fetching' }
  /** The service is busy or unreachable; the request is sent again after `ms` milliseconds. */
  | ({ state: 'waiting' } & Waiting);

/** A finished cutout. The service has already deleted its data. */
export interface Cutout {
  image: CutoutImage;
  facts: CutoutFacts;
  /** Key to the job's deletion receipt, which stays available for a few minutes. */
  job: JobKey;
}

/** A request to cut out one image. */
export interface CutoutRequest {
  image: ImageInput;
  options: CutoutOptions;
  background: ImageInput | undefined;
  mask: ImageInput | undefined;
  signal: AbortSignal;
  onProgress: ((progress: CutoutProgress) => void) | undefined;
}

/** Retry times in milliseconds. */
export type RetryTimes = Pick<RetryPolicy, 'maxRetryMs' | 'retryMs'>;

/** Submissions of one image before it fails. */
const MAX_ATTEMPTS = 3;
const SUBMIT_TIMEOUT_MS = 600_000;
const RESULT_WAIT_S = 20;
/** Includes the wait and the transfer. */
const RESULT_TIMEOUT_MS = 180_000;
/** Maximum time that an abort waits for the cancellation at the service. */
const CANCEL_TIMEOUT_MS = 3_000;

/** Cuts out one image: submits it, follows its progress, fetches the result. Submits it again if the service lost it. */
export class CutoutRun {
  private readonly policy: RetryPolicy;

  constructor(
    private readonly jobs: JobClient,
    private readonly request: CutoutRequest,
    times: RetryTimes,
  ) {
    const onWait: RetryPolicy['onWait'] = (waiting) => this.report({ state: 'waiting', ...waiting });
    this.policy = { ...times, signal: request.signal, onWait };
  }

  /** @throws RemoveBgError | the signal's reason, after the job has been cancelled */
  async result(): Promise<Cutout> {
    const { image, options, background, mask } = this.request;
    const upload: Upload = {
      image: await blobOf(image),
      options: wireOptions(options),
      background: background === undefined ? undefined : await blobOf(background),
      mask: mask === undefined ? undefined : await blobOf(mask),
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.cutOutOnce(upload);
      } catch (error) {
        const isLost = error instanceof RemoveBgError && error.isLostImage;
        if (!isLost || attempt === MAX_ATTEMPTS || this.request.signal.aborted) throw error;
        await pause(this.policy.retryMs, this.request.signal);
      }
    }
  }

  private async cutOutOnce(upload: Upload): Promise<Cutout> {
    const job = await this.submit(upload);
    try {
      if (this.request.onProgress !== undefined) await this.follow(job);
      return await this.fetch(job);
    } catch (error) {
      // No result will be fetched: delete the job's data at once.
      await this.cancel(job);
      throw error;
    }
  }

  private async submit({ image, options, background, mask }: Upload): Promise<JobKey> {
    // One key for all attempts: with an API key, the service recognizes a repeated submission.
    const idempotencyKey = crypto.randomUUID();
    const attempt = (): Promise<JobKey> =>
      this.cancelIfAborted((call) =>
        this.jobs.submit(image, options, { background, mask, idempotencyKey, signal: call }),
      );
    this.report({ state: 'sending' });
    return retry(attempt, this.policy);
  }

  /**
   * An aborted submission may already have been accepted. Waits briefly for its answer, which has the key that cancels
   * the job.
   */
  private async cancelIfAborted(submit: (signal: AbortSignal) => Promise<JobKey>): Promise<JobKey> {
    const { signal } = this.request;
    signal.throwIfAborted();
    const cut = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onAbort = (): void => void (timer = setTimeout(() => cut.abort(signal.reason), CANCEL_TIMEOUT_MS));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const job = await withTimeout(SUBMIT_TIMEOUT_MS, cut.signal, submit);
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

  /** Reports progress until the result is ready. Ignores lost connections: fetching the result reports those. */
  private async follow(job: JobKey): Promise<void> {
    try {
      for await (const event of this.jobs.events(job, { signal: this.request.signal })) {
        const progress = progressOfEvent(event);
        if (progress !== undefined) this.report(progress);
        if (event.name === 'done') return;
        throwIfEnded(event);
      }
    } catch (error) {
      if (this.request.signal.aborted) throw error;
      if (error instanceof RemoveBgError && !error.isRepeatable && error.code !== 'unexpected-answer') {
        throw error;
      }
    }
  }

  private async fetch(job: JobKey): Promise<Cutout> {
    const { signal } = this.policy;
    for (;;) {
      const answer = await retry(
        () =>
          withTimeout(RESULT_TIMEOUT_MS, signal, (call) =>
            this.jobs.result(job, { signal: call, waitS: RESULT_WAIT_S }),
          ),
        this.policy,
      );
      if (answer.ready) return { image: answer.image, facts: answer.facts, job };
      // A service that is shutting down answers before the wait is over.
      await pause(Math.min(answer.retryAfterMs, this.policy.retryMs), signal);
    }
  }

  private async cancel(job: JobKey): Promise<void> {
    await withTimeout(CANCEL_TIMEOUT_MS, neverAborts, (signal) =>
      this.jobs.cancel(job, { signal, keepalive: true }),
    ).catch(() => undefined);
  }

  private report(progress: CutoutProgress): void {
    this.request.onProgress?.(progress);
  }
}

const neverAborts = new AbortController().signal;

/** @throws RemoveBgError for an event that ends the job without a result */
function throwIfEnded(event: JobEvent): void {
  if (event.name === 'failed') throw RemoveBgError.of(event.data.problem);
  if (event.name === 'cancelled') throw new RemoveBgError('job-cancelled', { status: 410 });
  if (event.name === 'expired') throw new RemoveBgError('result-expired', { status: 410 });
  if (event.name === 'purged') throw new RemoveBgError('result-delivered', { status: 410 });
}

/** The progress that a job event reports; undefined if none. */
function progressOfEvent(event: JobEvent): CutoutProgress | undefined {
  switch (event.name) {
    case 'queued': {
      const { position, eta_ms: etaMs, worker_starting: workerStarting } = event.data;
      return {
        state: 'queued',
        ...(position !== undefined && { position }),
        ...(etaMs !== undefined && { etaMs }),
        ...(workerStarting === true && { workerStarting }),
      };
    }
    case 'started':
      return { state: 'running', percent: 0 };
    case 'progress':
      return { state: 'running', stage: event.data.stage, percent: event.data.percent };
    case 'done':
      return { state: 'fetching' };
    default:
      return undefined;
  }
}
