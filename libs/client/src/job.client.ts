import type { JobOptions } from '#contracts/job.options.js';
import type { JobAccepted, JobView } from '#contracts/job.view.js';
import { ClientProblem, problemOfResponse, retryAfterMs } from './client.problem.js';
import { followJob, type JobEvent, type PolledView } from './job.follow.js';

/** What names a job and proves that it is the caller's. `JobAccepted` is one. */
export interface JobKey {
  id: string;
  /** 43 characters, base64url. */
  token: string;
}

/** Where and how to reach the service. */
export interface JobClientSettings {
  /** Origin of the service, without a slash at its end; empty for the page's own origin. */
  origin?: string;
  /** Stands in for the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** API key, for quotas beyond the anonymous ones. */
  apiKey?: string;
  /** First pause before a reconnect, milliseconds. */
  retryMs?: number;
  /** Longest silence of an event stream, milliseconds; the service sends heartbeats far more often. */
  idleMs?: number;
}

/** Settings of a single call. */
export interface CallSettings {
  signal?: AbortSignal;
  /** Seconds the service may hold the answer back until there is news. */
  waitS?: number;
}

/** A finished cut-out, or word that it is still being made. */
export type JobResult = { ready: true; image: Blob } | { ready: false; retryAfterMs: number };

/** Address and headers of a submission, for transports other than fetch. */
export interface Submission {
  url: string;
  headers: Record<string, string>;
}

const RAW_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp']);
const POLL_WAIT_S = 20;
const never = new AbortController().signal;

/**
 * Client of the cut-out service for browsers and Node 20 and later. Every method throws `ClientProblem` for a
 * refusal or a broken connection, and the signal's reason after an abort. Nothing is retried but the event
 * stream: a result is purged once it was delivered, so when to ask again is the caller's decision.
 */
export class JobClient {
  private readonly origin: string;
  private readonly fetch: typeof globalThis.fetch;

  constructor(private readonly settings: JobClientSettings = {}) {
    this.origin = settings.origin ?? '';
    this.fetch = settings.fetch ?? ((input, init) => globalThis.fetch(input, init));
  }

  /** Where and with which headers to POST an image of MIME type `type`. */
  submission(type: string, options: Partial<JobOptions> = {}): Submission {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(options)) {
      if (value !== undefined) query.set(name, String(value));
    }
    return {
      url: `${this.origin}/v1/jobs${query.size > 0 ? `?${query.toString()}` : ''}`,
      headers: {
        'content-type': RAW_TYPES.has(type) ? type : 'application/octet-stream',
        accept: 'application/json',
        ...(this.settings.apiKey !== undefined && { 'x-api-key': this.settings.apiKey }),
      },
    };
  }

  /** Submits one image. The token in the answer is the only key to it. */
  async submit(
    image: Blob,
    options: Partial<JobOptions> = {},
    call: CallSettings = {},
  ): Promise<JobAccepted> {
    const { url, headers } = this.submission(image.type, options);
    const response = await this.send(url, { method: 'POST', headers, body: image }, call);
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
    return { ready: true, image: await this.untilRead(() => response.blob(), call) };
  }

  /** Cancels the job and purges what is held of it. `keepalive` lets the call outlive a page being closed. */
  async cancel(job: JobKey, call: CallSettings & { keepalive?: boolean } = {}): Promise<void> {
    const init = { method: 'DELETE', headers: this.authorized(job), keepalive: call.keepalive ?? false };
    const response = await this.send(this.address(job), init, call);
    if (!response.ok) throw await problemOfResponse(response);
  }

  private address(job: JobKey, below = ''): string {
    return `${this.origin}/v1/jobs/${encodeURIComponent(job.id)}${below}`;
  }

  private authorized(job: JobKey): Record<string, string> {
    return { authorization: `Bearer ${job.token}` };
  }

  private ask(job: JobKey, below: string, call: CallSettings, headers: HeadersOf = {}): Promise<Response> {
    const query = call.waitS === undefined ? '' : `?wait=${call.waitS}`;
    const all = { ...this.authorized(job), ...headers };
    return this.send(this.address(job, below) + query, { headers: all }, call);
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

  private send(url: string, init: RequestInit, call: CallSettings): Promise<Response> {
    const all = { cache: 'no-store', ...init, signal: call.signal ?? null } as const;
    return this.untilRead(() => this.fetch(url, all), call);
  }

  /** Tells a broken connection from an abort; anything else fetch throws is a broken connection. */
  private async untilRead<T>(read: () => Promise<T>, call: CallSettings): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      if (call.signal?.aborted) throw call.signal.reason;
      throw new ClientProblem('connection-lost', {}, { cause });
    }
  }
}

type HeadersOf = Record<string, string>;
