import type { ReceiptKeySet } from '#contracts/receipt-claims.js';
import { BatchClient } from './batch-client.js';
import type { BatchImage, BatchOutcome } from './in-flight-window.js';
import { BatchRun } from './batch-run.js';
import { wireOptions, type CutoutOptions } from './cutout-options.js';
import type { CutoutProgress } from './cutout-progress.js';
import { CutoutRun, type Cutout, type RunTimes } from './cutout-run.js';
import type { ImageInput } from './image-input.js';
import { JobClient, type JobKey } from './job-client.js';
import { retry, withTimeout, type Waiting } from './retry-policy.js';
import { checkReceipt, fetchReceiptKeys, type ReceiptVerdict } from './receipt-check.js';
import type { JobClientSettings } from './service-transport.js';

/** Where the service is, and how patient to be with it. */
export interface RemoveBgSettings extends JobClientSettings {
  /** How long the service may be away or too busy at a stretch, in milliseconds; two minutes unless set. */
  patienceMs?: number | undefined;
}

/** Settings of one image. */
export interface RemoveSettings {
  /** Cancels the job at the service; the promise rejects with its reason when that is done, or after three seconds. */
  signal?: AbortSignal | undefined;
  /** Told where the image is. Without it nothing is asked but the result. */
  onProgress?: ((progress: CutoutProgress) => void) | undefined;
  /** Placed behind the subject; fills the result. */
  background?: ImageInput | undefined;
}

/** Settings of many images. */
export interface BatchSettings {
  /** Of every image; an image may have its own beyond them. */
  options?: CutoutOptions | undefined;
  background?: ImageInput | undefined;
  /** Cancels everything at the service. */
  signal?: AbortSignal | undefined;
  /** Most images at the service at a time; 32 unless set. Fewer are there when the service has room for fewer. */
  window?: number | undefined;
  /** Told when a request has to wait because the service is full, busy or away. */
  onWait?: ((waiting: Waiting) => void) | undefined;
}

const PATIENCE_MS = 120_000;
const RETRY_MS = 1_000;
const WINDOW = 32;
const ANSWER_LIMIT_MS = 30_000;
const RECEIPT_WAIT_S = 10;

/** Cuts subjects out, one image or thousands, and comes through whatever breaks on the way. */
export class RemoveBg {
  /** The calls on jobs one by one. */
  readonly jobs: JobClient;
  /** The calls on batches one by one. */
  readonly batches: BatchClient;
  private readonly times: RunTimes;

  /** @throws RemoveBgError `invalid-argument` when there is no address to ask, or the address or key cannot be one */
  constructor(private readonly settings: RemoveBgSettings = {}) {
    this.jobs = new JobClient(settings);
    this.batches = new BatchClient(settings);
    this.times = {
      patienceMs: settings.patienceMs ?? PATIENCE_MS,
      retryMs: settings.retryMs ?? RETRY_MS,
    };
  }

  /**
   * Submits an image, tells of its progress, and fetches the cut-out.
   * @throws RemoveBgError why there is none | the signal's reason
   */
  remove(image: ImageInput, options: CutoutOptions = {}, settings: RemoveSettings = {}): Promise<Cutout> {
    const { signal = NEVER, onProgress, background } = settings;
    const request = { image, options, background, signal, onProgress };
    return new CutoutRun(this.jobs, request, this.times).result();
  }

  /**
   * Any number of images, each outcome as soon as it is there, in no certain order. A few are held at a time, however
   * many there are. One image that fails is an outcome and disturbs no other. Leaving the loop cancels what is left.
   * @throws RemoveBgError when going on is pointless: the key is refused, the service stays away | the signal's reason
   */
  batch(
    images: Iterable<BatchImage> | AsyncIterable<BatchImage>,
    settings: BatchSettings = {},
  ): AsyncGenerator<BatchOutcome, void, undefined> {
    const { background, signal = NEVER, window = WINDOW, onWait } = settings;
    const { jobs, batches } = this;
    const options = wireOptions(settings.options);
    const patience = { ...this.times, signal, onWait };
    return new BatchRun({ images, window, jobs, batches, options, background, patience }).outcomes();
  }

  /** The signed deletion receipt of a job that has ended, a compact JWS. @throws RemoveBgError */
  receipt(job: JobKey, { signal = NEVER }: { signal?: AbortSignal } = {}): Promise<string> {
    const ask = (limited: AbortSignal): Promise<string> =>
      this.jobs.receipt(job, { signal: limited, waitS: RECEIPT_WAIT_S });
    return retry(() => withTimeout(ANSWER_LIMIT_MS, signal, ask), { ...this.times, signal });
  }

  /**
   * Checks a receipt: form, kind, key, signature, and that it states what receipts state and nothing else.
   * @param keys of the service; fetched from it when absent
   * @throws RemoveBgError when the keys cannot be had
   */
  async verify(receipt: string, keys?: ReceiptKeySet): Promise<ReceiptVerdict> {
    return checkReceipt(receipt, keys ?? (await fetchReceiptKeys(this.settings)));
  }
}

const NEVER = new AbortController().signal;
