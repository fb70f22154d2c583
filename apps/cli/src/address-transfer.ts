import { AddressError, repeated } from './address-error.js';
import { expired, openExchange, readBeginning, refusal, type Opened } from './address-exchange.js';
import { expiryOf } from './manifest-place.js';

/** Largest file that is fetched: more than any service accepts. */
const MAX_INPUT_BYTES = 256 * 1024 * 1024;
const MAX_REDIRECTS = 5;
/** A storage answers a PUT when it has stored the whole object. */
const PUT_HEAD_MS = 300_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A file that is fetched. */
export interface Download {
  url: URL;
  headers: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** Default: 256 MiB. */
  maxBytes?: number | undefined;
}

/** A file that is written. */
export interface Upload {
  url: URL;
  /** `Content-Type` and further headers. */
  headers: Readonly<Record<string, string>>;
  bytes: Uint8Array<ArrayBuffer>;
  /** Aborts the request. */
  signal: AbortSignal;
  /** Ends the retries, not the request. */
  retrySignal: AbortSignal;
}

/** @throws AddressError for a signed address that has expired */
export function rejectExpired(url: URL): void {
  const expiry = expiryOf(url);
  if (expiry !== undefined && expiry < Date.now()) {
    throw expired(`It was valid until ${new Date(expiry).toISOString()}`);
  }
}

/**
 * Fetches a file. Follows up to five redirects, never from https to http, and sends the headers to the origin of the
 * address only.
 * @throws AddressError | the signal's reason
 */
export async function download(file: Download): Promise<{ value: Blob; attempts: number }> {
  return repeated(async () => {
    rejectExpired(file.url);
    return blobOf(await follow(file), file.maxBytes ?? MAX_INPUT_BYTES);
  }, file.signal);
}

const failed = (message: string): AddressError =>
  new AddressError({ code: 'input-unavailable', message, isRepeatable: false });

async function follow({ url, headers, signal }: Download): Promise<Opened> {
  let current = url;
  let sent: Readonly<Record<string, string>> = { accept: 'image/*,*/*;q=0.8', ...headers };
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const opened = await openExchange({ method: 'GET', url: current, headers: sent, signal });
    const { status, ok, headers: received } = opened.response;
    const location = REDIRECTS.has(status) ? received.get('location') : null;
    if (location === null) {
      if (ok) return opened;
      throw await refusal('GET', opened);
    }
    opened.close();
    const next = URL.canParse(location, current.href) ? new URL(location, current) : undefined;
    if (next === undefined || !/^https?:$/.test(next.protocol))
      throw failed('It redirects to an invalid address');
    if (current.protocol === 'https:' && next.protocol !== 'https:')
      throw failed('It redirects from https to http');
    if (next.username !== '' || next.password !== '')
      throw failed('It redirects to an address with a user name or password');
    // Credentials of one host are not for another.
    if (next.origin !== current.origin) sent = { accept: 'image/*,*/*;q=0.8' };
    current = next;
  }
  throw failed(`It redirects more than ${MAX_REDIRECTS} times`);
}

async function blobOf(opened: Opened, maxBytes: number): Promise<Blob> {
  const { headers } = opened.response;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = Number(headers.get('content-length') ?? 0);
  const tooLarge = (): AddressError => {
    opened.close();
    const message = `The file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MiB`;
    return new AddressError({ code: 'input-too-large', message, isRepeatable: false });
  };
  if (bytes > maxBytes) throw tooLarge();
  bytes = 0;
  for await (const piece of opened.pieces()) {
    bytes += piece.length;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(new Uint8Array(piece));
  }
  if (bytes === 0) throw failed('The file is empty');
  return new Blob(chunks, { type: headers.get('content-type')?.split(';')[0]?.trim() ?? '' });
}

/**
 * Writes a file with PUT, which may be repeated. Returns the number of requests.
 * @throws AddressError | the signals' reasons
 */
export async function upload({ url, headers, bytes, signal, retrySignal }: Upload): Promise<number> {
  const { attempts } = await repeated(async () => {
    rejectExpired(url);
    const opened = await openExchange({
      method: 'PUT',
      url,
      headers,
      body: bytes,
      signal,
      headMs: PUT_HEAD_MS,
    });
    const { ok, status } = opened.response;
    if (!ok && !REDIRECTS.has(status)) throw await refusal('PUT', opened);
    await readBeginning(opened);
    if (ok) return;
    const message = `PUT was answered with ${status}, a redirect: use the address it redirects to`;
    throw new AddressError({ code: 'output-refused', message, isRepeatable: false });
  }, retrySignal);
  return attempts;
}
