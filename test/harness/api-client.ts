import type { JobAccepted } from '#contracts/job-view.js';
import { SseReader } from './sse-reader.js';

type Body = NonNullable<RequestInit['body']>;

/** A complete answer. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Buffer;
  /** The body, read as JSON. */
  json: Record<string, unknown>;
}

/** What a request adds to the plain call. */
export interface Extras {
  query?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Id and token of a job. */
export type JobKey = Pick<JobAccepted, 'id' | 'token'>;

/** Speaks HTTP with one API, and nothing else: no knowledge of the service's insides. */
export class ApiClient {
  /** @param at address of the API, or a system whose first API is meant */
  constructor(private readonly at: string | { readonly url: string }) {}

  get url(): string {
    return typeof this.at === 'string' ? this.at : this.at.url;
  }

  /** Any request, read to its end. */
  async call(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, { ...init, method });
    const body = Buffer.from(await response.arrayBuffer());
    return {
      status: response.status,
      headers: response.headers,
      body,
      get json() {
        return JSON.parse(body.toString()) as Record<string, unknown>;
      },
    };
  }

  /** `POST /v1/jobs` with a raw body, image/jpeg by default. */
  post(image: Uint8Array | string, { query = '', headers, signal }: Extras = {}): Promise<Answer> {
    return this.call('POST', `/v1/jobs${query}`, {
      body: image as Body,
      headers: { 'Content-Type': 'image/jpeg', ...headers },
      ...(signal && { signal }),
    });
  }

  /** `POST /v1/jobs` with a form. */
  postForm(form: FormData, { query = '', headers = {} }: Extras = {}): Promise<Answer> {
    return this.call('POST', `/v1/jobs${query}`, { body: form, headers });
  }

  /** Submits an image that must be accepted. */
  async submit(image: Uint8Array, extras: Extras = {}): Promise<JobAccepted> {
    const answer = await this.post(image, extras);
    if (answer.status !== 202)
      throw new Error(`not accepted: status ${answer.status}: ${String(answer.body)}`);
    return answer.json as unknown as JobAccepted;
  }

  /** `GET /v1/jobs/{id}`. */
  status(job: JobKey, extras: Extras = {}): Promise<Answer> {
    return this.get(`/v1/jobs/${job.id}`, job, extras);
  }

  /** `GET /v1/jobs/{id}/result`; waits up to a minute by default. */
  result(job: JobKey, { query = '?wait=60', ...extras }: Extras = {}): Promise<Answer> {
    return this.get(`/v1/jobs/${job.id}/result`, job, { query, ...extras });
  }

  /** `DELETE /v1/jobs/{id}`. */
  cancel(job: JobKey): Promise<Answer> {
    return this.call('DELETE', `/v1/jobs/${job.id}`, { headers: bearer(job) });
  }

  /** `GET /v1/jobs/{id}/events`. */
  events(job: JobKey, { query = '', headers = {} }: Extras = {}): Promise<SseReader> {
    const url = `${this.url}/v1/jobs/${job.id}/events${query}`;
    return SseReader.open(url, { headers: { ...bearer(job), ...headers } });
  }

  /** `POST /v1/jobs` that asks for an event stream. */
  postForEvents(image: Uint8Array): Promise<SseReader> {
    const headers = { 'Content-Type': 'image/jpeg', Accept: 'text/event-stream' };
    return SseReader.open(`${this.url}/v1/jobs`, { method: 'POST', body: image as Body, headers });
  }

  private get(path: string, job: JobKey, { query = '', headers, signal }: Extras): Promise<Answer> {
    return this.call('GET', `${path}${query}`, {
      headers: { ...bearer(job), ...headers },
      ...(signal && { signal }),
    });
  }
}

/** The header that opens a job. */
export const bearer = ({ token }: Pick<JobKey, 'token'>): Record<string, string> => ({
  Authorization: `Bearer ${token}`,
});
