import type { BatchCreated, BatchJob, BatchView } from '#contracts/batch-view.js';
import type { JobId } from '#contracts/job-id.js';
import { CutoutImage, factsOf, type CutoutFacts } from './cutout-image.js';
import type { CutoutOptions } from './cutout-options.js';
import { problemOfResponse, retryAfterMs } from './removebg-error.js';
import {
  optionTexts,
  ServiceTransport,
  type CallSettings,
  type JobClientSettings,
  type Upload,
} from './service-transport.js';

/** Id and token of a batch; they give access to every image in it. `BatchCreated` is one. */
export interface BatchKey {
  id: string;
  /** 43 characters, base64url. */
  token: string;
}

/** Settings of a new batch. */
export type OpenSettings = CallSettings & Pick<CutoutOptions, 'startWithin' | 'keepAtMost'>;

/** An image for a batch. */
export interface BatchUpload extends Upload {
  /** Your id of the image, unique in its batch: a repeated upload is accepted once. */
  customId: string;
}

/** The next finished image of a batch; or none yet, or none left (`isComplete`). */
export type NextResult =
  | { state: 'image'; customId: string; jobId: JobId; image: CutoutImage; facts: CutoutFacts }
  | { state: 'none'; isComplete: boolean; retryAfterMs: number };

/**
 * Low-level client for batches. Every method throws `RemoveBgError` for an error answer or a failed connection, and the
 * signal's reason after an abort. It does not retry: `RemoveBg.batch` does.
 */
export class BatchClient {
  private readonly transport: ServiceTransport;

  constructor(settings: JobClientSettings = {}) {
    this.transport = new ServiceTransport(settings);
  }

  /**
   * Opens a batch. Only the token in the answer gives access to it. `startWithin` and `keepAtMost` apply to images that are
   * added without their own.
   */
  async open({ startWithin, keepAtMost, ...call }: OpenSettings = {}): Promise<BatchCreated> {
    const headers = { accept: 'application/json', ...this.transport.keyHeaders };
    const query = new URLSearchParams(optionTexts({ startWithin, keepAtMost })).toString();
    const path = query === '' ? '/v1/batches' : `/v1/batches?${query}`;
    const response = await this.transport.send(path, { method: 'POST', headers }, call);
    if (response.status !== 201) throw await problemOfResponse(response);
    return (await response.json()) as BatchCreated;
  }

  /** Adds an image. A repeated `customId` returns the existing job. */
  async add(
    batch: BatchKey,
    { customId, ...upload }: BatchUpload,
    call: CallSettings = {},
  ): Promise<BatchJob> {
    const path = `${pathOf(batch, '/jobs')}?custom_id=${encodeURIComponent(customId)}`;
    const response = await this.transport.post(path, upload, bearer(batch), call);
    if (response.status !== 202 && response.status !== 200) throw await problemOfResponse(response);
    return (await response.json()) as BatchJob;
  }

  /**
   * The next finished image; waits up to `waitS` seconds for one. The service deletes the image as soon as this answer has
   * been read, so keep the blob.
   */
  async next(batch: BatchKey, call: CallSettings = {}): Promise<NextResult> {
    const response = await this.ask('GET', batch, '/results', call);
    const { status, headers } = response;
    if (status === 204) {
      const isComplete = headers.get('x-batch-status') === 'complete';
      return { state: 'none', isComplete, retryAfterMs: retryAfterMs(headers.get('retry-after')) ?? 1_000 };
    }
    if (status !== 200) throw await problemOfResponse(response);
    const image = new CutoutImage(await this.transport.untilRead(() => response.blob(), call.signal));
    const customId = decodeURIComponent(headers.get('x-custom-id') ?? '');
    const jobId = (headers.get('x-job-id') ?? '') as JobId;
    return { state: 'image', customId, jobId, image, facts: factsOf(headers, image) };
  }

  /** Counts by status, and the failures. */
  async view(batch: BatchKey, call: CallSettings = {}): Promise<BatchView> {
    return this.viewOf(await this.ask('GET', batch, '', call));
  }

  /** Closes the batch for new images. It is complete when every image has ended. */
  async close(batch: BatchKey, call: CallSettings = {}): Promise<BatchView> {
    return this.viewOf(await this.ask('POST', batch, '/close', call));
  }

  /** Cancels the batch and deletes all its data. */
  async cancel(batch: BatchKey, call: CallSettings = {}): Promise<void> {
    const response = await this.ask('DELETE', batch, '', call);
    if (!response.ok) throw await problemOfResponse(response);
  }

  private ask(method: string, batch: BatchKey, suffix: string, call: CallSettings): Promise<Response> {
    const query = call.waitS === undefined ? '' : `?wait=${call.waitS}`;
    return this.transport.send(pathOf(batch, suffix) + query, { method, headers: bearer(batch) }, call);
  }

  private async viewOf(response: Response): Promise<BatchView> {
    if (response.status !== 200) throw await problemOfResponse(response);
    return (await response.json()) as BatchView;
  }
}

const pathOf = ({ id }: BatchKey, suffix: string): string => `/v1/batches/${encodeURIComponent(id)}${suffix}`;

const bearer = ({ token }: BatchKey): Record<string, string> => ({ authorization: `Bearer ${token}` });
