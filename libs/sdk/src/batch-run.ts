import type { BatchClient, BatchKey, BatchUpload, NextResult } from './batch-client.js';
import { BoundedChannel } from './bounded-channel.js';
import { wireOptions, type WireOptions } from './cutout-options.js';
import { blobOf, type ImageInput } from './image-input.js';
import { InFlightWindow, type BatchImage, type BatchOutcome, type PendingImage } from './in-flight-window.js';
import type { JobClient } from './job-client.js';
import { RemoveBgError } from './removebg-error.js';
import { pause, retry, withTimeout, type RetryPolicy } from './retry-policy.js';

/** Concurrent uploads. */
const SUBMITTERS = 3;
/** Concurrent requests for results. */
const RECEIVERS = 4;
/** Submissions of one image before it fails. */
const MAX_ATTEMPTS = 3;
const ADD_TIMEOUT_MS = 600_000;
const NEXT_WAIT_S = 10;
const NEXT_TIMEOUT_MS = 180_000;
const STRAGGLER_POLL_MS = 500;
/** Time without any result after which the oldest image counts as a straggler. */
const STRAGGLER_IDLE_MS = 1_500;
/** An image is a straggler once one that was submitted this many places later has returned. */
const STRAGGLER_LEAD = 6;
/** A result may still be in transit to this client while the service already reports it as delivered. */
const DELIVERY_GRACE_MS = 10_000;
const CANCEL_TIMEOUT_MS = 3_000;

const BATCH_LOST_CODES: ReadonlySet<string> = new Set(['batch-not-found', 'queue-lost', 'batch-cancelled']);
const BATCH_FULL_CODES: ReadonlySet<string> = new Set(['batch-full', 'batch-closed']);
/** Errors that every image would meet. */
const FATAL_CODES: ReadonlySet<string> = new Set(['key-invalid', 'not-found']);

/** Inputs of a batch run. */
export interface BatchRunParts {
  batches: BatchClient;
  jobs: JobClient;
  images: Iterable<BatchImage> | AsyncIterable<BatchImage>;
  /** Maximum number of images in flight. */
  window: number;
  options: WireOptions;
  background: ImageInput | undefined;
  policy: RetryPolicy;
  /** Batch of an interrupted run. */
  resume: BatchKey | undefined;
  /** Called with each batch that is opened, before an image is sent. */
  onBatch: ((batch: BatchKey) => unknown) | undefined;
}

/** A result that arrived before its image was submitted in this run, or before the submission was answered. */
type EarlyResult = Pick<Extract<NextResult, { state: 'image' }>, 'image' | 'facts'>;

/**
 * Cuts out any number of images through one batch at a time; opens another batch when one is lost or full. Memory stays
 * bounded: an image is read when the window has room, and a result is fetched when the previous one was consumed.
 */
export class BatchRun {
  private readonly window: InFlightWindow;
  private readonly images: AsyncIterator<BatchImage> | Iterator<BatchImage>;
  private count = 0;
  private isExhausted = false;
  private lastRead: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: BatchRunParts) {
    const { images } = parts;
    this.window = new InFlightWindow(parts.window);
    this.images = Symbol.asyncIterator in images ? images[Symbol.asyncIterator]() : images[Symbol.iterator]();
  }

  /**
   * Yields one outcome for each image, in order of completion.
   * @throws RemoveBgError an error that would fail every image | the signal's reason
   */
  async *outcomes(): AsyncGenerator<BatchOutcome, void, undefined> {
    const { policy, background } = this.parts;
    const { signal } = policy;
    let { resume } = this.parts;
    try {
      const parts: BatchSessionParts = {
        ...this.parts,
        window: this.window,
        early: new Map(),
        nextImage: () => this.next(),
        background: background === undefined ? undefined : await blobOf(background),
      };
      for (;;) {
        const first = await this.next();
        if (first === undefined) return;
        this.window.lost.unshift(first);
        const isResumed = resume !== undefined;
        const batch = resume ?? (await this.open());
        resume = undefined;
        yield* new BatchSession(parts, batch, isResumed).outcomes();
        signal.throwIfAborted();
        if (this.window.lost.length > 0) await pause(policy.retryMs, signal);
      }
    } finally {
      if (!this.isExhausted) await this.images.return?.();
    }
  }

  private async open(): Promise<BatchKey> {
    const { batches, policy, onBatch } = this.parts;
    const batch = await retry(() => batches.open({ signal: policy.signal }), policy);
    await onBatch?.({ id: batch.id, token: batch.token });
    return batch;
  }

  /** Reads are sequential: an iterator may not support concurrent calls of `next`. */
  private next(): Promise<PendingImage | undefined> {
    const read = this.lastRead.then(() => this.read());
    this.lastRead = read.catch(() => undefined);
    return read;
  }

  private async read(): Promise<PendingImage | undefined> {
    const lost = this.window.lost.shift();
    if (lost !== undefined || this.isExhausted) return lost;
    const next = await this.images.next();
    if (next.done === true) {
      this.isExhausted = true;
      return undefined;
    }
    const { customId, name } = next.value;
    const position = String(this.count);
    this.count += 1;
    return {
      ...{ id: customId ?? position, name: name ?? position, source: next.value },
      ...{ repeats: 0, attempts: 0, order: 0, job: undefined },
    };
  }
}

/** Inputs of one session. */
interface BatchSessionParts extends Pick<BatchRunParts, 'batches' | 'jobs' | 'options' | 'policy'> {
  window: InFlightWindow;
  /** The next image to submit; undefined when there are no more. */
  nextImage: () => Promise<PendingImage | undefined>;
  background: Blob | undefined;
  /** By `custom_id`. */
  early: Map<string, EarlyResult>;
}

/** The batch no longer exists: the run continues with another one. */
class SessionEnded extends Error {
  override readonly name = 'SessionEnded';
}

/** The life of one batch on the service: submits images and receives results concurrently. */
class BatchSession {
  private readonly channel = new BoundedChannel<BatchOutcome>(1);
  private readonly stop = new AbortController();
  private readonly signal: AbortSignal;
  private readonly policy: RetryPolicy;
  private isComplete = false;

  constructor(
    private readonly parts: BatchSessionParts,
    private readonly batch: BatchKey,
    /** True for the batch of an interrupted run: it may deliver images that this run has not submitted yet. */
    private readonly isResumed: boolean,
  ) {
    this.signal = AbortSignal.any([parts.policy.signal, this.stop.signal]);
    const isUnlimited = ({ status }: RemoveBgError): boolean => status === 429;
    this.policy = { ...parts.policy, signal: this.signal, isUnlimited };
  }

  /**
   * Outcomes as they arrive. Ends when the batch is complete or lost; images without an outcome are then in
   * `window.lost`. Leaving the loop cancels the batch.
   * @throws RemoveBgError an error that would fail every image | the signal's reason
   */
  async *outcomes(): AsyncGenerator<BatchOutcome, void, undefined> {
    const work = this.work();
    try {
      yield* this.channel;
    } finally {
      this.stop.abort();
      this.channel.close();
      await work;
      if (!this.isComplete) await this.cancel();
    }
  }

  /** Never rejects: errors go through the channel. */
  private async work(): Promise<void> {
    const tasks = [this.submitAll(), this.pollStragglers()];
    for (let i = 0; i < RECEIVERS; i += 1) tasks.push(this.receive());
    await Promise.all(tasks.map((task) => task.catch((error: unknown) => this.fail(error))));
    if (this.isComplete) await this.reportFailures().catch((error: unknown) => this.fail(error));
    // Images that the batch did not account for go into the next batch.
    for (const image of this.parts.window.all()) await this.onLost(image, new RemoveBgError('queue-lost'));
    this.channel.close();
  }

  private fail(error: unknown): void {
    if (this.signal.aborted) {
      if (this.parts.policy.signal.aborted) this.channel.close(this.parts.policy.signal.reason);
      return;
    }
    if (!(error instanceof SessionEnded)) this.channel.close(error);
    this.stop.abort();
  }

  private async submitAll(): Promise<void> {
    await Promise.all(Array.from({ length: SUBMITTERS }, () => this.submitUntilFull()));
    await this.call(() => this.parts.batches.close(this.batch, { signal: this.signal }));
  }

  private async submitUntilFull(): Promise<void> {
    const { window, nextImage } = this.parts;
    for (;;) {
      await window.waitForRoom(this.signal);
      this.signal.throwIfAborted();
      const image = await nextImage();
      if (image === undefined) return;
      window.add(image);
      if (!(await this.submit(image))) return;
    }
  }

  /** Returns false when the batch accepts no more images. */
  private async submit(pending: PendingImage): Promise<boolean> {
    try {
      // An earlier batch has delivered the result.
      if (!this.isResumed && (await this.deliverEarly(pending))) return true;
      const upload = await this.uploadOf(pending);
      const add = (signal: AbortSignal): Promise<PendingImage['job']> =>
        this.parts.batches.add(this.batch, upload, { signal });
      pending.job = await this.call(() => withTimeout(ADD_TIMEOUT_MS, this.signal, add));
      await this.deliverEarly(pending);
      return true;
    } catch (error) {
      if (this.signal.aborted || error instanceof SessionEnded) throw error;
      if (error instanceof RemoveBgError) {
        if (BATCH_FULL_CODES.has(error.code)) {
          this.parts.window.resubmit(pending);
          pending.attempts -= 1;
          return false;
        }
        if (FATAL_CODES.has(error.code) || error.isTemporary) throw error;
      }
      await this.onFailed(pending, asRemoveBgError(error));
      return true;
    }
  }

  private async uploadOf({ id, source }: PendingImage): Promise<BatchUpload> {
    const { background, mask } = source;
    return {
      customId: id,
      image: await readImage(source),
      options: { ...this.parts.options, ...wireOptions(source.options) },
      background: background === undefined ? this.parts.background : await readImage({ image: background }),
      mask: mask === undefined ? undefined : await readImage({ image: mask }),
    };
  }

  /** Delivers a result that arrived before its image was submitted. Returns false if there is none. */
  private async deliverEarly(pending: PendingImage): Promise<boolean> {
    const { early } = this.parts;
    const result = early.get(pending.id);
    if (result === undefined) return false;
    early.delete(pending.id);
    await this.deliver(pending, result);
    return true;
  }

  private async deliver({ id }: PendingImage, result: EarlyResult): Promise<void> {
    const pending = this.parts.window.take(id);
    if (pending === undefined) return;
    const { name, job, attempts } = pending;
    await this.channel.put({ name, ok: true, ...result, job, attempts });
  }

  private async receive(): Promise<void> {
    while (!this.isComplete) {
      const take = (signal: AbortSignal): Promise<NextResult> =>
        this.parts.batches.next(this.batch, { signal, waitS: NEXT_WAIT_S });
      const next = await this.call(() => withTimeout(NEXT_TIMEOUT_MS, this.signal, take));
      if (next.state === 'image') {
        const pending = this.parts.window.get(next.customId);
        const { customId, image, facts } = next;
        if (pending?.job !== undefined) await this.deliver(pending, { image, facts });
        // A result may arrive twice when a connection broke during delivery: the second one is ignored.
        else if (pending !== undefined || this.isResumed) this.parts.early.set(customId, { image, facts });
      } else if (next.isComplete) this.isComplete = true;
    }
  }

  /** Detects images that will not return: the service pushes results, while failures have to be polled. */
  private async pollStragglers(): Promise<void> {
    while (!this.isComplete) {
      await pause(STRAGGLER_POLL_MS, this.signal);
      for (const image of this.parts.window.overdue(STRAGGLER_IDLE_MS, STRAGGLER_LEAD)) {
        if (!(await this.hasEnded(image))) break;
      }
    }
  }

  /** Asks for the status of one image. Returns false while it is in progress, which then holds for later ones too. */
  private async hasEnded(image: PendingImage): Promise<boolean> {
    const { job } = image;
    if (job === undefined) return false;
    let problem: RemoveBgError;
    try {
      const { status, problem: reported } = await this.parts.jobs.status(job, { signal: this.signal });
      if (status === 'delivered') return await this.onDelivered(image);
      if (status === 'failed') problem = RemoveBgError.of(reported);
      else if (status === 'cancelled') problem = new RemoveBgError('job-cancelled', { status: 410 });
      else if (status === 'expired') problem = new RemoveBgError('result-expired', { status: 410 });
      else return false;
    } catch (error) {
      // Any other error also reaches the submitters and receivers, which handle it.
      if (!(error instanceof RemoveBgError) || !error.isLostImage) return false;
      problem = error;
    }
    await this.onLost(image, problem);
    return true;
  }

  /** The service reports delivery. If the result does not arrive in time, the image is submitted again. */
  private async onDelivered(image: PendingImage): Promise<boolean> {
    const now = performance.now();
    image.deliveredAt ??= now;
    if (now - image.deliveredAt > DELIVERY_GRACE_MS) {
      await this.onLost(image, new RemoveBgError('result-delivered', { status: 410 }));
    }
    return true;
  }

  /** After completion: fetches why the remaining images failed. */
  private async reportFailures(): Promise<void> {
    if (this.parts.window.size === 0) return;
    const { failures } = await this.call(() => this.parts.batches.view(this.batch, { signal: this.signal }));
    const problems = new Map(failures.map(({ custom_id: id, problem }) => [id, problem]));
    for (const image of this.parts.window.all()) {
      const problem = problems.get(image.id);
      if (problem !== undefined) await this.onLost(image, RemoveBgError.of(problem));
    }
  }

  /** Submits an image again if that can help; otherwise reports the error. */
  private async onLost(image: PendingImage, problem: RemoveBgError): Promise<void> {
    if (!problem.isLostImage || image.attempts >= MAX_ATTEMPTS) await this.onFailed(image, problem);
    else this.parts.window.resubmit(image, problem.code === 'result-delivered');
  }

  private async onFailed({ id, name, attempts }: PendingImage, error: RemoveBgError): Promise<void> {
    if (this.parts.window.take(id) !== undefined)
      await this.channel.put({ name, ok: false, error, attempts });
  }

  /** Calls the service, with retries. @throws SessionEnded when the batch no longer exists */
  private async call<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await retry(request, this.policy);
    } catch (error) {
      if (error instanceof RemoveBgError && BATCH_LOST_CODES.has(error.code)) throw new SessionEnded();
      throw error;
    }
  }

  private async cancel(): Promise<void> {
    await withTimeout(CANCEL_TIMEOUT_MS, new AbortController().signal, (signal) =>
      this.parts.batches.cancel(this.batch, { signal }),
    ).catch(() => undefined);
  }
}

/** Reads an image of a batch. @throws RemoveBgError `image-unreadable` */
async function readImage({ image }: BatchImage): Promise<Blob> {
  try {
    return await blobOf(typeof image === 'function' ? await image() : image);
  } catch (cause) {
    if (cause instanceof RemoveBgError) throw cause;
    const detail = cause instanceof Error ? cause.message : undefined;
    throw new RemoveBgError('image-unreadable', { detail }, { cause });
  }
}

const asRemoveBgError = (error: unknown): RemoveBgError =>
  error instanceof RemoveBgError ? error : new RemoveBgError('unexpected-answer', {}, { cause: error });
