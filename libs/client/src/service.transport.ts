import type { JobOptions } from '#contracts/job.options.js';
import { ClientProblem } from './client.problem.js';

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
  /** Longest wait for an event stream's first byte before long-polls take its place, milliseconds; 5,000 unless set. */
  firstMs?: number;
}

/** Settings of a single call. */
export interface CallSettings {
  signal?: AbortSignal;
  /** Seconds the service may hold the answer back until there is news. */
  waitS?: number;
}

/** An image on its way in. */
export interface Upload {
  image: Blob;
  options?: Partial<JobOptions> | undefined;
  /** Stands behind the subject and fills the result. */
  background?: Blob | undefined;
}

const RAW_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp']);

/** Media type under which an image of MIME type `type` is sent: the service goes by the bytes. */
export const uploadType = (type: string): string => (RAW_TYPES.has(type) ? type : 'application/octet-stream');

/** Options as the texts that queries and forms carry; what is undefined is left out. */
export const optionTexts = (options: Partial<JobOptions> = {}): [name: string, text: string][] =>
  Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));

/** Speaks HTTP with the service, and tells a broken connection from an abort. */
export class ServiceTransport {
  readonly origin: string;
  private readonly fetch: typeof globalThis.fetch;
  private readonly apiKey: string | undefined;

  constructor(settings: JobClientSettings) {
    this.origin = settings.origin ?? '';
    this.fetch = settings.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.apiKey = settings.apiKey;
  }

  /** True when calls show an API key. */
  get hasKey(): boolean {
    return this.apiKey !== undefined;
  }

  /** Headers of calls that count for somebody. */
  get keyHeaders(): Record<string, string> {
    return this.apiKey === undefined ? {} : { 'x-api-key': this.apiKey };
  }

  /** Sends a request. @throws ClientProblem `connection-lost` | the signal's reason */
  send(path: string, init: RequestInit, { signal }: CallSettings): Promise<Response> {
    const all = { cache: 'no-store', ...init, signal: signal ?? null } as const;
    return this.untilRead(() => this.fetch(`${this.origin}${path}`, all), signal);
  }

  /** POSTs an image: raw with its options in the query, or as a form when a background comes with it. */
  post(path: string, upload: Upload, headers: Record<string, string>, call: CallSettings): Promise<Response> {
    const { image, options, background } = upload;
    const all = { accept: 'application/json', ...this.keyHeaders, ...headers };
    const texts = optionTexts(options);
    const [bare = '', given = ''] = path.split('?');
    if (background === undefined) {
      const query = new URLSearchParams([...new URLSearchParams(given), ...texts]).toString();
      const typed = { ...all, 'content-type': uploadType(image.type) };
      const url = query === '' ? bare : `${bare}?${query}`;
      return this.send(url, { method: 'POST', headers: typed, body: image }, call);
    }
    const form = new FormData();
    for (const [name, text] of texts) form.set(name, text);
    // Names of files are not sent: the service does not read them, and they say much about people.
    form.set('image', image, 'image');
    form.set('bg_image_file', background, 'background');
    return this.send(path, { method: 'POST', headers: all, body: form }, call);
  }

  /** Waits for something of an answer. @throws ClientProblem `connection-lost` | the signal's reason */
  async untilRead<T>(read: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      throw new ClientProblem('connection-lost', {}, { cause });
    }
  }
}
