import type { BatchCreated, BatchJob, BatchView } from '#contracts/batch-view.js';
import type { JobId } from '#contracts/job-id.js';
import { CutoutImage } from './cutout-image.js';
import { problemOfResponse, retryAfterMs } from './removebg-error.js';
import { factsOf, type CutoutFacts } from './result-facts.js';
import {
  ServiceTransport,
  type CallSettings,
  type JobClientSettings,
  type Upload,
} from './service-transport.js';

/** What names a batch and opens it and every image in it. `BatchCreated` is one. */
export interface BatchKey {
  id: string;
  /** 43 characters, base64url. */
  token: string;
}

/** An image for a batch. */
export interface BatchUpload extends Upload {
  /** Name of the image, unique in its batch: a repeated one is taken once. */
  customId: string;
}

/** The next finished image of a batch, or word that there is none yet, or none any more. */
export type NextResult =
  | { state: 'image'; customId: string; jobId: JobId; image: CutoutImage; facts: CutoutFacts }
  | { state: 'none'; isComplete: boolean; retryAfterMs: number };

/**
 * The calls of batches, one by one. Every method throws `RemoveBgError` for a refusal or a broken connection, and the
 * signal's reason after an abort. Nothing is retried: `RemoveBg.batch` does that.
 */
export class BatchClient {
  private readonly transport: ServiceTransport;

  constructor(settings: JobClientSettings = {}) {
    this.transport = new ServiceTransport(settings);
  }

  /** Opens a batch. The token in the answer is the only key to it. */
  async open(call: CallSettings = {}): Promise<BatchCreated> {
    const headers = { accept: 'application/json', ...this.transport.keyHeaders };
    const response = await this.transport.send('/v1/batches', { method: 'POST', headers }, call);
    if (response.status !== 201) throw await problemOfResponse(response);
    return (await response.json()) as BatchCreated;
  }

  /** Adds an image; one that is there already is found. */
  async add(
    batch: BatchKey,
    { customId, ...upload }: BatchUpload,
    call: CallSettings = {},
  ): Promise<BatchJob> {
    const path = `${addressOf(batch, '/jobs')}?custom_id=${encodeURIComponent(customId)}`;
    const response = await this.transport.post(path, upload, bearer(batch), call);
    if (response.status !== 202 && response.status !== 200) throw await problemOfResponse(response);
    return (await response.json()) as BatchJob;
  }

  /**
   * The next image that is finished, within `waitS` seconds. The service purges it when this answer has been read to
   * its end: keep the blob.
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

  /** Counts, and what failed. */
  async view(batch: BatchKey, call: CallSettings = {}): Promise<BatchView> {
    return this.viewOf(await this.ask('GET', batch, '', call));
  }

  /** Takes no more images; the batch is complete when all have come to their end. */
  async close(batch: BatchKey, call: CallSettings = {}): Promise<BatchView> {
    return this.viewOf(await this.ask('POST', batch, '/close', call));
  }

  /** Cancels and purges everything. */
  async cancel(batch: BatchKey, call: CallSettings = {}): Promise<void> {
    const response = await this.ask('DELETE', batch, '', call);
    if (!response.ok) throw await problemOfResponse(response);
  }

  private ask(method: string, batch: BatchKey, below: string, call: CallSettings): Promise<Response> {
    const query = call.waitS === undefined ? '' : `?wait=${call.waitS}`;
    return this.transport.send(addressOf(batch, below) + query, { method, headers: bearer(batch) }, call);
  }

  private async viewOf(response: Response): Promise<BatchView> {
    if (response.status !== 200) throw await problemOfResponse(response);
    return (await response.json()) as BatchView;
  }
}

const addressOf = ({ id }: BatchKey, below: string): string =>
  `/v1/batches/${encodeURIComponent(id)}${below}`;

const bearer = ({ token }: BatchKey): Record<string, string> => ({ authorization: `Bearer ${token}` });
