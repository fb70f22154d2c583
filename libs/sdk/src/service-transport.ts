import { wireOptions, type CutoutOptions } from './cutout-options.js';
import { blobOf, type ImageInput } from './image-input.js';
import { TimeLimitError } from './retry-policy.js';
import { RemoveBgError } from './removebg-error.js';
import { apiKeyOf, baseUrlOf, type ServerAddress } from './server-address.js';

/** Where and how to reach the service. */
export interface JobClientSettings extends ServerAddress {
  /** Stands in for the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /** First pause before a reconnect, milliseconds. */
  retryMs?: number | undefined;
  /** Longest silence of an event stream, milliseconds; the service sends heartbeats far more often. */
  idleMs?: number | undefined;
  /** Longest wait for an event stream's first byte before long-polls take its place, milliseconds; 5,000 unless set. */
  firstMs?: number | undefined;
}

/** Settings of a single call. */
export interface CallSettings {
  signal?: AbortSignal | undefined;
  /** Seconds the service may hold the answer back until there is news. */
  waitS?: number | undefined;
}

/** An image on its way in. */
export interface Upload {
  image: ImageInput;
  options?: CutoutOptions | undefined;
  /** Placed behind the subject; fills the result. */
  background?: ImageInput | undefined;
}

const RAW_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp']);

/** Media type under which an image of MIME type `type` is sent: the service goes by the bytes. */
export const uploadType = (type: string): string => (RAW_TYPES.has(type) ? type : 'application/octet-stream');

/** Options as the texts that queries and forms carry. @throws RemoveBgError `invalid-argument` */
export const optionTexts = (options: CutoutOptions = {}): [name: string, text: string][] =>
  Object.entries(wireOptions(options)).map(([name, value]) => [name, String(value)]);

/** Speaks HTTP with the service, and tells a broken connection from an abort. */
export class ServiceTransport {
  /** Address that requests start with, without a slash at its end. */
  readonly baseUrl: string;
  private readonly fetch: typeof globalThis.fetch;
  private readonly apiKey: string | undefined;

  /** @throws RemoveBgError `invalid-argument` when there is no address to ask, or the address or key cannot be one */
  constructor(settings: JobClientSettings) {
    this.baseUrl = baseUrlOf(settings);
    this.fetch = settings.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.apiKey = apiKeyOf(settings);
  }

  /** True when calls show an API key. */
  get hasKey(): boolean {
    return this.apiKey !== undefined;
  }

  /** Headers of calls that count for somebody. */
  get keyHeaders(): Record<string, string> {
    return this.apiKey === undefined ? {} : { 'x-api-key': this.apiKey };
  }

  /** Sends a request. @throws RemoveBgError `connection-lost` | the signal's reason */
  send(path: string, init: RequestInit, { signal }: CallSettings): Promise<Response> {
    const all = { cache: 'no-store', ...init, signal: signal ?? null } as const;
    return this.untilRead(() => this.fetch(`${this.baseUrl}${path}`, all), signal);
  }

  /** POSTs an image: raw with its options in the query, or as a form when a background comes with it. */
  async post(
    path: string,
    upload: Upload,
    headers: Record<string, string>,
    call: CallSettings,
  ): Promise<Response> {
    const { options, background } = upload;
    const image = await blobOf(upload.image);
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
    form.set('bg_image_file', await blobOf(background), 'background');
    return this.send(path, { method: 'POST', headers: all, body: form }, call);
  }

  /** Waits for something of an answer. @throws RemoveBgError `connection-lost` | the signal's reason */
  async untilRead<T>(read: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      if (signal?.aborted === true && !(signal.reason instanceof TimeLimitError)) throw signal.reason;
      throw new RemoveBgError('connection-lost', { title: this.lostBecause(cause) }, { cause });
    }
  }

  private lostBecause(cause: unknown): string {
    if (cause instanceof TimeLimitError)
      return `${this.baseUrl} did not answer within ${cause.limitMs / 1000} s`;
    // Node says "fetch failed" and has the reason below it.
    const { code, message } = ((cause as Error | undefined)?.cause ?? {}) as {
      code?: string;
      message?: string;
    };
    const reason = code || message ? ` (${code || message})` : '';
    return `No connection to ${this.baseUrl}${reason}: is the service running there?`;
  }
}
