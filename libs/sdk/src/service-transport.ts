import { wireOptions, type CutoutOptions } from './cutout-options.js';
import { blobOf, type ImageInput } from './image-input.js';
import { TimeLimitError } from './retry-policy.js';
import { RemoveBgError } from './removebg-error.js';
import { apiKeyOf, baseUrlOf, type ServerAddress } from './server-address.js';

/** Address, key and transport settings. */
export interface JobClientSettings extends ServerAddress {
  /** Replaces the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /** First delay before a retry or reconnect, milliseconds. Default: 1,000. */
  retryMs?: number | undefined;
  /** Maximum time without data on an event stream, milliseconds. Default: 60,000; heartbeats come more often. */
  idleMs?: number | undefined;
  /** Maximum wait for the first event before the fallback to long polling, milliseconds. Default: 5,000. */
  firstMs?: number | undefined;
}

/** Settings of a single call. */
export interface CallSettings {
  signal?: AbortSignal | undefined;
  /** How long the service may wait for news before it answers, seconds. */
  waitS?: number | undefined;
}

/** An image to upload. */
export interface Upload {
  image: ImageInput;
  options?: CutoutOptions | undefined;
  /** Background image behind the subject; it is scaled to fill the result. */
  background?: ImageInput | undefined;
  /** Mask that takes the place of the model: a matte or a trimap in the proportions of the image. */
  mask?: ImageInput | undefined;
}

const RAW_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp']);

/** Content type for an image of MIME type `type`. The service detects the format from the bytes. */
export const uploadType = (type: string): string => (RAW_TYPES.has(type) ? type : 'application/octet-stream');

/** Options as query or form fields. @throws RemoveBgError `invalid-argument` */
export const optionTexts = (options: CutoutOptions = {}): [name: string, text: string][] =>
  Object.entries(wireOptions(options)).map(([name, value]) => [name, String(value)]);

/** HTTP requests to the service. Distinguishes failed connections from aborts. */
export class ServiceTransport {
  /** Base URL of requests, without a trailing slash. */
  readonly baseUrl: string;
  private readonly fetch: typeof globalThis.fetch;
  private readonly apiKey: string | undefined;

  /** @throws RemoveBgError `invalid-argument` for a missing or invalid address, or an invalid key */
  constructor(settings: JobClientSettings) {
    this.baseUrl = baseUrlOf(settings);
    this.fetch = settings.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.apiKey = apiKeyOf(settings);
  }

  /** True if requests carry an API key. */
  get hasKey(): boolean {
    return this.apiKey !== undefined;
  }

  /** Headers with the API key, if there is one. */
  get keyHeaders(): Record<string, string> {
    return this.apiKey === undefined ? {} : { 'x-api-key': this.apiKey };
  }

  /** Sends a request. Follows no redirect, which would take the key and the image to another host. @throws RemoveBgError `connection-lost` | the signal's reason */
  send(path: string, init: RequestInit, { signal }: CallSettings): Promise<Response> {
    const all = { cache: 'no-store', redirect: 'manual', ...init, signal: signal ?? null } as const;
    return this.untilRead(() => this.fetch(`${this.baseUrl}${path}`, all), signal);
  }

  /** POSTs an image: as raw bytes with options in the query, or as a form if there is a background or a mask. */
  async post(
    path: string,
    upload: Upload,
    headers: Record<string, string>,
    call: CallSettings,
  ): Promise<Response> {
    const { options, background, mask } = upload;
    const image = await blobOf(upload.image);
    const all = { accept: 'application/json', ...this.keyHeaders, ...headers };
    const texts = optionTexts(options);
    const [bare = '', given = ''] = path.split('?');
    if (background === undefined && mask === undefined) {
      const query = new URLSearchParams([...new URLSearchParams(given), ...texts]).toString();
      const typed = { ...all, 'content-type': uploadType(image.type) };
      const url = query === '' ? bare : `${bare}?${query}`;
      return this.send(url, { method: 'POST', headers: typed, body: image }, call);
    }
    const form = new FormData();
    for (const [name, text] of texts) form.set(name, text);
    // Fixed names instead of file names, which can be personal data and which the service does not need.
    form.set('image', image, 'image');
    if (background !== undefined) form.set('bg_image_file', await blobOf(background), 'background');
    if (mask !== undefined) form.set('mask', await blobOf(mask), 'mask');
    return this.send(path, { method: 'POST', headers: all, body: form }, call);
  }

  /** Reads part of a response. @throws RemoveBgError `connection-lost` | the signal's reason */
  async untilRead<T>(read: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      if (signal?.aborted === true && !(signal.reason instanceof TimeLimitError)) throw signal.reason;
      throw new RemoveBgError('connection-lost', { title: this.lostTitle(cause) }, { cause });
    }
  }

  private lostTitle(cause: unknown): string {
    if (cause instanceof TimeLimitError)
      return `${this.baseUrl} did not answer within ${cause.limitMs / 1000} s`;
    // Node throws "fetch failed" with the reason as its cause.
    const { code, message } = ((cause as Error | undefined)?.cause ?? {}) as {
      code?: string;
      message?: string;
    };
    const reason = code || message ? ` (${code || message})` : '';
    return `Cannot connect to ${this.baseUrl}${reason}. Check that the service is running there`;
  }
}
