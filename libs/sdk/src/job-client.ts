import type { JobAccepted, JobView } from '#contracts/job-view.js';
import { CutoutImage } from './cutout-image.js';
import type { CutoutOptions } from './cutout-options.js';
import type { ImageInput } from './image-input.js';
import { problemOfResponse, retryAfterMs } from './removebg-error.js';
import { followJob, type JobEvent, type PolledView } from './job-follow.js';
import { factsOf, type CutoutFacts } from './result-facts.js';
import {
  optionTexts,
  ServiceTransport,
  uploadType,
  type CallSettings,
  type JobClientSettings,
} from './service-transport.js';

export type { CallSettings, JobClientSettings } from './service-transport.js';

/** What names a job and proves that it is the caller's. `JobAccepted` is one. */
export interface JobKey {
  id: string;
  /** 43 characters, base64url. */
  token: string;
}

/** What a submission may have besides its options. */
export interface SubmitSettings extends CallSettings {
  /** Placed behind the subject; fills the result. */
  background?: ImageInput | undefined;
  /** Makes a repeated submission find the job that the first one made; counts with an API key only. */
  idempotencyKey?: string | undefined;
}

/** A finished cut-out, or word that it is still being made. */
export type JobResult =
  { ready: true; image: CutoutImage; facts: CutoutFacts } | { ready: false; retryAfterMs: number };

/** Address and headers of a submission, for transports other than fetch. */
export interface Submission {
  url: string;
  headers: Record<string, string>;
}

const POLL_WAIT_S = 20;
const never = new AbortController().signal;

/**
 * Client of the cut-out service for browsers and Node 20 and later. Every method throws `RemoveBgError` for a
 * refusal or a broken connection, and the signal's reason after an abort. Nothing is retried but the event
 * stream: a result is purged once it was delivered, so when to ask again is the caller's decision.
 */
export class JobClient {
  private readonly transport: ServiceTransport;

  constructor(private readonly settings: JobClientSettings = {}) {
    this.transport = new ServiceTransport(settings);
  }

  /** Where and with which headers to POST an image of MIME type `type`. */
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

  /** Submits one image. The token in the answer is the only key to it. */
  async submit(
    image: ImageInput,
    options: CutoutOptions = {},
    { background, idempotencyKey, ...call }: SubmitSettings = {},
  ): Promise<JobAccepted> {
    const headers: HeadersOf = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
    const response = await this.transport.post('/v1/jobs', { image, options, background }, headers, call);
    if (response.status !== 202) throw await problemOfResponse(response);
    return (await response.json()) as JobAccepted;
  }

  /** The job's status; with `waitS`, as soon as it changes. */
  async status(job: JobKey, call: CallSettings = {}): Promise<JobView> {
    const response = await this.ask(job, '', call);
    if (response.status !== 200) throw await problemOfResponse(response);
    return (await response.json()) as JobView;
  }

  /**
   * The job's events up to its last one, over whatever gets through: event stream, reconnected, or long-poll.
   * Leaving the loop closes the connection. An event may come twice.
   */
  events(job: JobKey, call: CallSettings = {}): AsyncGenerator<JobEvent, void, undefined> {
    return followJob({
      openStream: (lastEventId, signal) => this.openStream(job, lastEventId, signal),
      poll: (last, signal) => this.poll(job, last, signal),
      signal: call.signal ?? never,
      retryMs: this.settings.retryMs ?? 1_000,
      idleMs: this.settings.idleMs ?? 60_000,
      firstMs: this.settings.firstMs ?? 5_000,
      maxFailures: 3,
    });
  }

  /**
   * The cut-out, if it is ready within `waitS` seconds. The service purges it when this answer has been read to
   * its end: keep the blob.
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

  /** The signed deletion receipt of a job that has ended, a compact JWS; with `waitS`, as soon as it has. */
  async receipt(job: JobKey, call: CallSettings = {}): Promise<string> {
    const response = await this.ask(job, '/receipt', call, { accept: 'application/jose' });
    if (response.status !== 200) throw await problemOfResponse(response);
    return this.transport.untilRead(() => response.text(), call.signal);
  }

  /** Cancels the job and purges what is held of it. `keepalive` lets the call outlive a page being closed. */
  async cancel(job: JobKey, call: CallSettings & { keepalive?: boolean } = {}): Promise<void> {
    const init = { method: 'DELETE', headers: this.authorized(job), keepalive: call.keepalive ?? false };
    const response = await this.transport.send(this.address(job), init, call);
    if (!response.ok) throw await problemOfResponse(response);
  }

  private address(job: JobKey, below = ''): string {
    return `/v1/jobs/${encodeURIComponent(job.id)}${below}`;
  }

  private authorized(job: JobKey): Record<string, string> {
    return { authorization: `Bearer ${job.token}` };
  }

  private ask(job: JobKey, below: string, call: CallSettings, headers: HeadersOf = {}): Promise<Response> {
    const query = call.waitS === undefined ? '' : `?wait=${call.waitS}`;
    const all = { ...this.authorized(job), ...headers };
    return this.transport.send(this.address(job, below) + query, { headers: all }, call);
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
