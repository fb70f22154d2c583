import { retryAfterMs } from '#sdk/removebg-error.js';
import { AddressError, type AddressCode, type AddressFault } from './address-error.js';

/** Maximum wait for the head of a response, and for the next bytes of its body. */
const IDLE_MS = 30_000;
/** Maximum part of an error response that is read. */
const MAX_ERROR_BYTES = 4096;
const MAX_REASON = 200;

/** A request to an address. */
export interface Exchange {
  method: 'GET' | 'PUT';
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array<ArrayBuffer> | undefined;
  signal: AbortSignal;
  /** Maximum wait for the head of the response, milliseconds. */
  headMs?: number | undefined;
}

/** A response, whose body is read with an idle limit. */
export interface Opened {
  response: Response;
  /** The body in pieces. @throws AddressError when it stops or breaks off */
  pieces: () => AsyncGenerator<Uint8Array, void, undefined>;
  /** Ends the exchange without reading the rest. */
  close: () => void;
}

const UNAVAILABLE = { GET: 'input-unavailable', PUT: 'output-unavailable' } as const;

/**
 * Sends a request to an address, and does not follow redirects.
 * @throws AddressError for a failed connection | the signal's reason
 */
export async function openExchange(exchange: Exchange): Promise<Opened> {
  const { method, url, headers, body, signal, headMs = IDLE_MS } = exchange;
  const request = new AbortController();
  const onAbort = (): void => request.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  let timer = setTimeout(() => request.abort(new Error('idle')), headMs);
  const close = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    request.abort(new Error('closed'));
  };
  const fail = (error: unknown): never => {
    const isIdle = (request.signal.reason as Error | undefined)?.message === 'idle';
    close();
    if (signal.aborted) throw signal.reason;
    throw lostConnection(method, isIdle ? `no data for ${headMs / 1000} s` : networkReason(error), error);
  };
  const init: RequestInit = { method, headers, redirect: 'manual', signal: request.signal };
  const response = await fetch(url, { ...init, ...(body !== undefined && { body }) }).catch(fail);
  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const piece of response.body ?? []) {
        clearTimeout(timer);
        timer = setTimeout(() => request.abort(new Error('idle')), IDLE_MS);
        yield piece;
      }
    } catch (error) {
      fail(error);
    } finally {
      close();
    }
  }
  return { response, pieces, close };
}

/** Certificates do not become valid by repeating. */
const PERMANENT = /CERT|TLS|SELF_SIGNED|UNABLE_TO_|INVALID_ARG/;

function networkReason(error: unknown): string {
  // Node throws "fetch failed" with the reason as its cause. Without a cause, its message may have the address.
  const { code, message } = ((error as Error).cause ?? {}) as { code?: string; message?: string };
  return code ?? message ?? 'unknown error';
}

function lostConnection(method: Exchange['method'], reason: string, cause: unknown): AddressError {
  const fault: AddressFault = {
    code: UNAVAILABLE[method],
    message: `The connection failed (${reason})`,
    isRepeatable: !PERMANENT.test(reason),
  };
  return new AddressError(fault, { cause });
}

const REPEATABLE: ReadonlySet<number> = new Set([408, 425, 429]);
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403]);

/** The error of a response that is not successful. Reads the beginning of its body. */
export async function refusal(method: Exchange['method'], opened: Opened): Promise<AddressError> {
  const { status, headers } = opened.response;
  const reason = reasonIn(await readBeginning(opened));
  const text = `${method} was answered with ${status}${reason === '' ? '' : ` (${reason})`}`;
  if (REFUSALS.has(status) && /expired/i.test(reason)) return expired(text);
  return new AddressError({
    code: codeOf(method, status),
    message: text,
    isRepeatable: status >= 500 || REPEATABLE.has(status),
    retryAfterMs: retryAfterMs(headers.get('retry-after')),
  });
}

/** The error of a signed address that is no longer valid. */
export const expired = (what: string): AddressError =>
  new AddressError({
    ...{ code: 'address-expired', isRepeatable: false },
    message: `${what}: the address has expired. Sign it again and run the command with --retry-failed`,
  });

function codeOf(method: Exchange['method'], status: number): AddressCode {
  if (method === 'GET') return 'input-unavailable';
  if (status === 412) return 'output-exists';
  return status < 500 && !REPEATABLE.has(status) ? 'output-refused' : 'output-unavailable';
}

/** The first bytes of a body, as text. Reading a short body to its end keeps the connection for the next request. */
export async function readBeginning(opened: Opened): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of opened.pieces()) {
      chunks.push(piece);
      bytes += piece.length;
      if (bytes >= MAX_ERROR_BYTES) break;
    }
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_ERROR_BYTES);
}

/** Code and message of an XML error, as object storages send it. Other bodies are not repeated: they may be anything. */
function reasonIn(body: string): string {
  const member = (name: string): string =>
    new RegExp(`<${name}>([^<>]*)</${name}>`, 'i').exec(body)?.[1]?.replace(/\s+/g, ' ').trim() ?? '';
  const parts = [member('Code'), member('Message')].filter((part) => part !== '');
  return parts
    .join(': ')
    .replaceAll(/[^\x20-\x7e]/g, '')
    .slice(0, MAX_REASON);
}
