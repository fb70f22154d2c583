import type { ReceiptKeySet } from '#contracts/receipt-claims.js';
import { BatchClient, type BatchKey } from './batch-client.js';
import { BatchRun } from './batch-run.js';
import { wireOptions, type CutoutOptions } from './cutout-options.js';
import { CutoutRun, type Cutout, type CutoutProgress, type RetryTimes } from './cutout-run.js';
import type { ImageInput } from './image-input.js';
import type { BatchImage, BatchOutcome } from './in-flight-window.js';
import { JobClient, type JobKey } from './job-client.js';
import { retry, withTimeout, type Waiting } from './retry-policy.js';
import { checkReceipt, fetchReceiptKeys, type ReceiptVerdict } from './receipt-check.js';
import type { JobClientSettings } from './service-transport.js';

/** Settings of the client. */
export interface RemoveBgSettings extends JobClientSettings {
  /** How long to retry while the service is unreachable or busy, milliseconds. Default: 120,000. */
  patienceMs?: number | undefined;
}

/** Settings of one image. */
export interface RemoveSettings {
  /** Aborting cancels the job at the service. The promise then rejects with the signal's reason, within 3 s. */
  signal?: AbortSignal | undefined;
  /** Called with each progress event. Without it, the client only fetches the result. */
  onProgress?: ((progress: CutoutProgress) => void) | undefined;
  /** Background image behind the subject; it is scaled to fill the result. */
  background?: ImageInput | undefined;
  /** Mask that takes the place of the model: a matte or a trimap in the proportions of the image. */
  mask?: ImageInput | undefined;
}

/** Settings of many images. */
export interface BatchSettings {
  /** Options for all images. An image can override them. */
  options?: CutoutOptions | undefined;
  /** Background image for all images; it is scaled to fill the result. */
  background?: ImageInput | undefined;
  /** Aborting cancels the batch at the service. */
  signal?: AbortSignal | undefined;
  /** Maximum number of images at the service at a time. Default: 32. The service may allow fewer. */
  window?: number | undefined;
  /** Called before each retry while the service is full, busy or unreachable. */
  onWait?: ((waiting: Waiting) => void) | undefined;
  /**
   * Called with the key of each batch that is opened, before an image is sent. A promise is awaited. Store the key to resume
   * the run in another process; it gives access to the results.
   */
  onBatch?: ((batch: BatchKey) => unknown) | undefined;
  /**
   * Batch of an interrupted run. Its images are not processed again, if they have the same `customId` and were not
   * delivered. If it no longer exists, another one is opened.
   */
  resume?: BatchKey | undefined;
}

const MAX_RETRY_MS = 120_000;
const RETRY_MS = 1_000;
const WINDOW = 32;
const RECEIPT_TIMEOUT_MS = 30_000;
const RECEIPT_WAIT_S = 10;

/**
 * Client of a Removebg BD service, for one image or thousands. Retries while the service is busy or unreachable, and
 * submits an image again if the service lost it.
 */
export class RemoveBg {
  /** Low-level client for single jobs, without retries. */
  readonly jobs: JobClient;
  /** Low-level client for batches, without retries. */
  readonly batches: BatchClient;
  private readonly retryTimes: RetryTimes;

  /** @throws RemoveBgError `invalid-argument` for a missing or invalid address, or an invalid key */
  constructor(private readonly settings: RemoveBgSettings = {}) {
    this.jobs = new JobClient(settings);
    this.batches = new BatchClient(settings);
    this.retryTimes = {
      maxRetryMs: settings.patienceMs ?? MAX_RETRY_MS,
      retryMs: settings.retryMs ?? RETRY_MS,
    };
  }

  /**
   * Removes the background of an image.
   * @throws RemoveBgError | the signal's reason
   */
  remove(image: ImageInput, options: CutoutOptions = {}, settings: RemoveSettings = {}): Promise<Cutout> {
    const { signal = neverAborts, onProgress, background, mask } = settings;
    const request = { image, options, background, mask, signal, onProgress };
    return new CutoutRun(this.jobs, request, this.retryTimes).result();
  }

  /**
   * Removes the backgrounds of any number of images. Yields each outcome when it is ready, in order of completion. Keeps
   * only a few images in memory. A failed image is an outcome and does not affect the others. Leaving the loop cancels
   * the remaining images.
   * @throws RemoveBgError if every image would fail: the key is invalid, or the service is unreachable | the signal's
   *   reason
   */
  batch(
    images: Iterable<BatchImage> | AsyncIterable<BatchImage>,
    settings: BatchSettings = {},
  ): AsyncGenerator<BatchOutcome, void, undefined> {
    const { background, signal = neverAborts, window = WINDOW, onWait, onBatch, resume } = settings;
    const { jobs, batches } = this;
    const options = wireOptions(settings.options);
    const policy = { ...this.retryTimes, signal, onWait };
    const parts = { images, window, jobs, batches, options, background, policy, onBatch, resume };
    return new BatchRun(parts).outcomes();
  }

  /** The signed deletion receipt of a job that has ended: a compact JWS. @throws RemoveBgError | the signal's reason */
  receipt(job: JobKey, { signal = neverAborts }: { signal?: AbortSignal } = {}): Promise<string> {
    const ask = (limited: AbortSignal): Promise<string> =>
      this.jobs.receipt(job, { signal: limited, waitS: RECEIPT_WAIT_S });
    return retry(() => withTimeout(RECEIPT_TIMEOUT_MS, signal, ask), { ...this.retryTimes, signal });
  }

  /**
   * Verifies a deletion receipt: its format, type, key, signature and claims.
   * @param keys public keys of the service. Default: fetched from the service
   * @throws RemoveBgError if the keys cannot be fetched
   */
  async verify(receipt: string, keys?: ReceiptKeySet): Promise<ReceiptVerdict> {
    return checkReceipt(receipt, keys ?? (await fetchReceiptKeys(this.settings)));
  }
}

const neverAborts = new AbortController().signal;
