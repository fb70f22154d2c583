import { pause } from './abortable-pause.js';
import type { BatchClient, BatchKey, NextResult } from './batch-client.js';
import type { BatchImage, BatchOutcome, PendingImage, InFlightWindow } from './in-flight-window.js';
import { BoundedChannel } from './bounded-channel.js';
import { wireOptions, type WireOptions } from './cutout-options.js';
import { blobOf } from './image-input.js';
import { RemoveBgError } from './removebg-error.js';
import type { JobClient } from './job-client.js';
import { retry, withTimeout, type RetryPolicy } from './retry-policy.js';

/** What a leg of a batch run works with. */
export interface BatchSessionParts {
  batches: BatchClient;
  jobs: JobClient;
  flights: InFlightWindow;
  /** The next image to submit; undefined when there is none any more. */
  nextFlight: () => Promise<PendingImage | undefined>;
  options: WireOptions;
  background: Blob | undefined;
  patience: RetryPolicy;
}

const SUBMITTERS = 3;
const RECEIVERS = 4;
/** How often an image is submitted before it is given up. */
const MAX_TRIES = 3;
const ADD_LIMIT_MS = 600_000;
const NEXT_WAIT_S = 10;
const NEXT_LIMIT_MS = 180_000;
const LOOK_MS = 500;
const IDLE_MS = 1_500;
/** Images that come back before an older one make that one suspicious: workers finish side by side. */
const LEAD = 6;
/** A result may be on its way to us although the service counts it as delivered. */
const ON_ITS_WAY_MS = 10_000;
const CANCEL_TIMEOUT_MS = 3_000;

/** The run must go on with another batch. */
class LegOver extends Error {
  override readonly name = 'LegOver';
}

const GONE: ReadonlySet<string> = new Set(['batch-not-found', 'queue-lost', 'batch-cancelled']);
const FULL: ReadonlySet<string> = new Set(['batch-full', 'batch-closed']);
/** What is wrong with every image alike. */
const FATAL_CODES: ReadonlySet<string> = new Set(['key-invalid', 'not-found']);

/** One batch on the service, from its opening to its end: its images go in and come out side by side. */
export class BatchSession {
  private readonly channel = new BoundedChannel<BatchOutcome>(1);
  private readonly leave = new AbortController();
  private readonly signal: AbortSignal;
  private readonly patience: RetryPolicy;
  private isComplete = false;

  constructor(
    private readonly parts: BatchSessionParts,
    private readonly batch: BatchKey,
  ) {
    this.signal = AbortSignal.any([parts.patience.signal, this.leave.signal]);
    const isFree = ({ status }: RemoveBgError): boolean => status === 429;
    this.patience = { ...parts.patience, signal: this.signal, isFree };
  }

  /**
   * Outcomes as they come. Ends when the batch is complete or lost; what is still owed then stands in
   * `flights.again`. Leaving the loop cancels the batch.
   * @throws RemoveBgError what makes going on pointless | the signal's reason
   */
  async *outcomes(): AsyncGenerator<BatchOutcome, void, undefined> {
    const work = this.work();
    try {
      yield* this.channel;
    } finally {
      this.leave.abort();
      this.channel.close();
      await work;
      if (!this.isComplete) await this.cancel();
    }
  }

  /** Never rejects: what goes wrong is told through the channel. */
  private async work(): Promise<void> {
    const tasks = [this.submitAll(), this.pollStragglers()];
    for (let i = 0; i < RECEIVERS; i += 1) tasks.push(this.receive());
    const mapRedisErrors = tasks.map((task) => task.catch((error: unknown) => this.fail(error)));
    await Promise.all(mapRedisErrors);
    if (this.isComplete) await this.settle().catch((error: unknown) => this.fail(error));
    // A batch that is gone, or did not tell of all: what is left goes into the next one.
    for (const flight of this.parts.flights.all()) await this.lost(flight, new RemoveBgError('queue-lost'));
    this.channel.close();
  }

  private fail(error: unknown): void {
    if (this.signal.aborted) {
      if (this.parts.patience.signal.aborted) this.channel.close(this.parts.patience.signal.reason);
      return;
    }
    if (error instanceof LegOver) this.leave.abort();
    else {
      this.channel.close(error);
      this.leave.abort();
    }
  }

  private async submitAll(): Promise<void> {
    await Promise.all(Array.from({ length: SUBMITTERS }, () => this.submitSome()));
    await this.ask(() => this.parts.batches.close(this.batch, { signal: this.signal }));
  }

  private async submitSome(): Promise<void> {
    const { flights, nextFlight } = this.parts;
    for (;;) {
      await flights.room(this.signal);
      this.signal.throwIfAborted();
      const flight = await nextFlight();
      if (flight === undefined) return;
      flights.begin(flight);
      if (!(await this.submit(flight))) return;
    }
  }

  /** False when the batch takes no more images. */
  private async submit(flight: PendingImage): Promise<boolean> {
    try {
      const { source } = flight;
      const image = await imageOf(source);
      const options = { ...this.parts.options, ...wireOptions(source.options) };
      const upload = { customId: flight.id, image, options, background: this.parts.background };
      const add = (signal: AbortSignal): Promise<PendingImage['job']> =>
        this.parts.batches.add(this.batch, upload, { signal });
      flight.job = await this.ask(() => withTimeout(ADD_LIMIT_MS, this.signal, add));
      return true;
    } catch (error) {
      if (this.signal.aborted || error instanceof LegOver) throw error;
      if (error instanceof RemoveBgError) {
        if (FULL.has(error.code)) {
          this.parts.flights.repeat(flight);
          flight.tries -= 1;
          return false;
        }
        if (FATAL_CODES.has(error.code) || error.isTemporary) throw error;
      }
      await this.failed(flight, errorOf(error));
      return true;
    }
  }

  private async receive(): Promise<void> {
    while (!this.isComplete) {
      const take = (signal: AbortSignal): Promise<NextResult> =>
        this.parts.batches.next(this.batch, { signal, waitS: NEXT_WAIT_S });
      const next = await this.ask(() => withTimeout(NEXT_LIMIT_MS, this.signal, take));
      if (next.state === 'image') {
        // One that comes twice was on its way when a connection broke.
        const flight = this.parts.flights.take(next.customId);
        const { image, facts } = next;
        if (flight !== undefined) {
          await this.channel.put({ name: flight.name, ok: true, image, facts, job: flight.job });
        }
      } else if (next.isComplete) this.isComplete = true;
    }
  }

  /** Finds images that will not come back although nobody says so: results are told, failures have to be asked for. */
  private async pollStragglers(): Promise<void> {
    while (!this.isComplete) {
      await pause(LOOK_MS, this.signal);
      for (const flight of this.parts.flights.overdue(IDLE_MS, LEAD)) {
        if (!(await this.hasEnded(flight))) break;
      }
    }
  }

  /** Asks for one image; false when it is still in work, and so are those behind it. */
  private async hasEnded(flight: PendingImage): Promise<boolean> {
    const { job } = flight;
    if (job === undefined) return false;
    let problem: RemoveBgError;
    try {
      const { status, problem: why } = await this.parts.jobs.status(job, { signal: this.signal });
      if (status === 'delivered') return await this.isOnItsWay(flight);
      if (status === 'failed') problem = RemoveBgError.of(why);
      else if (status === 'cancelled') problem = new RemoveBgError('job-cancelled', { status: 410 });
      else if (status === 'expired') problem = new RemoveBgError('result-expired', { status: 410 });
      else return false;
    } catch (error) {
      // Whatever it is, the other calls find out.
      if (!(error instanceof RemoveBgError) || !error.isLostImage) return false;
      problem = error;
    }
    await this.lost(flight, problem);
    return true;
  }

  /** True: it is delivered, others may have ended too. Submitted again if it does not arrive. */
  private async isOnItsWay(flight: PendingImage): Promise<boolean> {
    const now = performance.now();
    flight.deliveredAt ??= now;
    if (now - flight.deliveredAt > ON_ITS_WAY_MS) {
      await this.lost(flight, new RemoveBgError('result-delivered', { status: 410 }));
    }
    return true;
  }

  /** After completion: why the images that did not come back failed. */
  private async settle(): Promise<void> {
    if (this.parts.flights.size === 0) return;
    const { failures } = await this.ask(() => this.parts.batches.view(this.batch, { signal: this.signal }));
    const problems = new Map(failures.map(({ custom_id: id, problem }) => [id, problem]));
    for (const flight of this.parts.flights.all()) {
      const problem = problems.get(flight.id);
      if (problem !== undefined) await this.lost(flight, RemoveBgError.of(problem));
    }
  }

  /** Submits an image again if that can help, else tells what became of it. */
  private async lost(flight: PendingImage, problem: RemoveBgError): Promise<void> {
    if (!problem.isLostImage || flight.tries >= MAX_TRIES) await this.failed(flight, problem);
    else this.parts.flights.repeat(flight);
  }

  private async failed({ id, name }: PendingImage, error: RemoveBgError): Promise<void> {
    if (this.parts.flights.take(id) !== undefined) await this.channel.put({ name, ok: false, error });
  }

  /** A call on the batch, as often as it takes. @throws LegOver when the batch is no more */
  private async ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await retry(call, this.patience);
    } catch (error) {
      if (error instanceof RemoveBgError && GONE.has(error.code)) throw new LegOver();
      throw error;
    }
  }

  private async cancel(): Promise<void> {
    await withTimeout(CANCEL_TIMEOUT_MS, new AbortController().signal, (signal) =>
      this.parts.batches.cancel(this.batch, { signal }),
    ).catch(() => undefined);
  }
}

/** The image of a batch, read. @throws RemoveBgError `image-unreadable` */
async function imageOf({ image }: BatchImage): Promise<Blob> {
  try {
    return await blobOf(typeof image === 'function' ? await image() : image);
  } catch (cause) {
    if (cause instanceof RemoveBgError) throw cause;
    const detail = cause instanceof Error ? cause.message : undefined;
    throw new RemoveBgError('image-unreadable', { detail }, { cause });
  }
}

/** Whatever went wrong with one image, as the one error of this client. */
const errorOf = (error: unknown): RemoveBgError =>
  error instanceof RemoveBgError ? error : new RemoveBgError('unexpected-answer', {}, { cause: error });
