import type { JobAccepted, JobView } from '#contracts/job-view.js';
import { CutoutImage, factsOf, type CutoutFacts } from './cutout-image.js';
import type { CutoutOptions } from './cutout-options.js';
import type { ImageInput } from './image-input.js';
import { problemOfResponse, retryAfterMs } from './removebg-error.js';
import { followJob, type JobEvent, type PolledView } from './job-follow.js';
import {
  optionTexts,
  ServiceTransport,
  uploadType,
  type CallSettings,
  type JobClientSettings,
} from './service-transport.js';

export type { CallSettings, JobClientSettings } from './service-transport.js';

/** Id and token of a job. `JobAccepted` is one. */
export interface JobKey {
  id: string;
  /** 43 characters, base64url. */
  token: string;
}

/** Settings of a submission. */
export interface SubmitSettings extends CallSettings {
  /** Background image behind the subject; it is scaled to fill the result. */
  background?: ImageInput | undefined;
  /** Mask that takes the place of the model: a matte or a trimap in the proportions of the image. */
  mask?: ImageInput | undefined;
  /** A repeated submission with the same key returns the existing job. Needs an API key. */
  idempotencyKey?: string | undefined;
}

/** A finished cutout, or the delay before asking again. */
export type JobResult =
  { ready: true; image: CutoutImage; facts: CutoutFacts } | { ready: false; retryAfterMs: number };

/** URL and headers of a submission, for transports other than fetch. */
export interface Submission {
  url: string;
  headers: Record<string, string>;
}

const POLL_WAIT_S = 20;
const neverAborts = new AbortController().signal;

/**
 * Low-level client for jobs, in browsers and Node. Every method throws `RemoveBgError` for an error answer or a failed
 * connection, and the signal's reason after an abort. Only the event stream reconnects automatically; other calls are not
 * retried, because a delivered result is deleted at the service.
 */
export class JobClient {
  private readonly transport: ServiceTransport;

  constructor(private readonly settings: JobClientSettings = {}) {
    this.transport = new ServiceTransport(settings);
  }

  /** URL and headers for a POST of an image with MIME type `type`. */
  submission(type: string, options: CutoutOptions = {}): Submission {
    const query = new URLSearchParams(optionTexts(options)).toString();
    return {
      url: `${this.transport.baseUrl}/v1/jobs${query === '' ? '' : `?${query}`}`,
      headers: {
        'content-type': uploadType(type),
        accept: 'application/json',
        ...this.transport.keyHeaders,
      },
    };
  }

  /** Submits an image. Only the token in the answer gives access to the job. */
  async submit(
    image: ImageInput,
    options: CutoutOptions = {},
    { background, mask, idempotencyKey, ...call }: SubmitSettings = {},
  ): Promise<JobAccepted> {
    const headers: HeadersOf = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
    const response = await this.transport.post(
      '/v1/jobs',
      { image, options, background, mask },
      headers,
      call,
    );
    if (response.status !== 202) throw await problemOfResponse(response);
    return (await response.json()) as JobAccepted;
  }

  /** The job's status. With `waitS`, waits up to that many seconds for a change. */
  async status(job: JobKey, call: CallSettings = {}): Promise<JobView> {
    const response = await this.ask(job, '', call);
    if (response.status !== 200) throw await problemOfResponse(response);
    return (await response.json()) as JobView;
  }

  /**
   * The job's events, up to the last one. Uses server-sent events and reconnects; falls back to long polling if the stream
   * is blocked. Leaving the loop closes the connection. An event can arrive twice.
   */
  events(job: JobKey, call: CallSettings = {}): AsyncGenerator<JobEvent, void, undefined> {
    return followJob({
      openStream: (lastEventId, signal) => this.openStream(job, lastEventId, signal),
      poll: (last, signal) => this.poll(job, last, signal),
      signal: call.signal ?? neverAborts,
      retryMs: this.settings.retryMs ?? 1_000,
      idleMs: this.settings.idleMs ?? 60_000,
      firstMs: this.settings.firstMs ?? 5_000,
      maxFailures: 3,
    });
  }

  /**
   * The cutout; waits up to `waitS` seconds for it. The service deletes the cutout as soon as this answer has been read, so
   * keep the blob.
   */
  async result(job: JobKey, call: CallSettings = {}): Promise<JobResult> {
    const response = await this.ask(job, '/result', call);
    if (response.status === 202) {
      await response.body?.cancel();
      return { ready: false, retryAfterMs: retryAfterMs(response.headers.get('retry-after')) ?? 1_000 };
    }
    if (response.status !== 200) throw await problemOfResponse(response);
    const image = new CutoutImage(await this.transport.untilRead(() => response.blob(), call.signal));
    return { ready: true, image, facts: factsOf(response.headers, image) };
  }

  /** The signed deletion receipt of a job: a compact JWS. With `waitS`, waits up to that many seconds for the job's end. */
  async receipt(job: JobKey, call: CallSettings = {}): Promise<string> {
    const response = await this.ask(job, '/receipt', call, { accept: 'application/jose' });
    if (response.status !== 200) throw await problemOfResponse(response);
    return this.transport.untilRead(() => response.text(), call.signal);
  }

  /** Cancels the job and deletes its data. With `keepalive`, the request survives the closing of the page. */
  async cancel(job: JobKey, call: CallSettings & { keepalive?: boolean } = {}): Promise<void> {
    const init = { method: 'DELETE', headers: this.authorized(job), keepalive: call.keepalive ?? false };
    const response = await this.transport.send(this.pathOf(job), init, call);
    if (!response.ok) throw await problemOfResponse(response);
  }

  private pathOf(job: JobKey, suffix = ''): string {
    return `/v1/jobs/${encodeURIComponent(job.id)}${suffix}`;
  }

  private authorized(job: JobKey): Record<string, string> {
    return { authorization: `Bearer ${job.token}` };
  }

  private ask(job: JobKey, suffix: string, call: CallSettings, headers: HeadersOf = {}): Promise<Response> {
    const query = call.waitS === undefined ? '' : `?wait=${call.waitS}`;
    const all = { ...this.authorized(job), ...headers };
    return this.transport.send(this.pathOf(job, suffix) + query, { headers: all }, call);
  }

  private async openStream(job: JobKey, lastEventId: string, signal: AbortSignal): Promise<Response> {
    const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
    const response = await this.ask(job, '/events', { signal }, headers);
    const type = response.headers.get('content-type') ?? '';
    if (response.status !== 200 || !type.startsWith('text/event-stream')) {
      throw await problemOfResponse(response);
    }
    return response;
  }

  private async poll(job: JobKey, last: PolledView | undefined, signal: AbortSignal): Promise<PolledView> {
    const headers: HeadersOf = last?.etag === undefined ? {} : { 'if-none-match': last.etag };
    const call = last === undefined ? { signal } : { signal, waitS: POLL_WAIT_S };
    const response = await this.ask(job, '', call, headers);
    if (response.status === 304) return { view: undefined, etag: last?.etag };
    if (response.status !== 200) throw await problemOfResponse(response);
    const view = (await response.json()) as JobView;
    return { view, etag: response.headers.get('etag') ?? undefined };
  }
}

type HeadersOf = Record<string, string>;
