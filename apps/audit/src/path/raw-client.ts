import { setImmediate } from 'node:timers/promises';
import { request, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { pause } from '../system/audited-system.js';

const ANSWER_LIMIT_MS = 180_000;
/** Time in which a server that has responded early may read the rest of the body, in milliseconds. */
const REST_LIMIT_MS = 10_000;
const BREAK_AFTER_MS = 300;

const TOO_MANY_REQUESTS = 429;
const RATE_RETRIES = 3;
const MAX_RATE_WAIT_S = 60;

/** A request whose body is sent in the given pieces. */
export interface Outgoing {
  method?: string;
  /** Path and query. */
  path: string;
  /** Without `Content-Length` each piece becomes one HTTP chunk. */
  headers: Record<string, string>;
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Pause after each piece, so that it is sent as its own packet; 0: one event loop iteration. */
  paceMs?: number;
}

/** A response. */
export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Status when the connection was closed without a response. */
export const CUT = 0;

/**
 * Sends a request on its own connection, without Nagle's algorithm. Resolves when the response is complete or aborted
 * and the connection is closed.
 */
export async function sendRaw(url: string, outgoing: Outgoing): Promise<RawAnswer> {
  const sent = open(url, outgoing);
  const closed = new Promise<void>((resolve) => sent.once('close', resolve));
  const answered = answerOf(sent);
  const poured = pour(sent, outgoing);
  const answer = await answered;
  const late = setTimeout(() => sent.destroy(), REST_LIMIT_MS);
  await Promise.all([poured, closed]);
  clearTimeout(late);
  return answer;
}

/** The same, with retries after a 429 response, as its `Retry-After` says. */
export async function sendWithRetries(url: string, outgoing: Outgoing): Promise<RawAnswer> {
  for (let left = RATE_RETRIES; ; left -= 1) {
    const answer = await sendRaw(url, outgoing);
    const waitS = Number(answer.headers['retry-after']);
    if (answer.status !== TOO_MANY_REQUESTS || left === 0 || !(waitS <= MAX_RATE_WAIT_S)) return answer;
    await pause(waitS * 1000);
  }
}

/** Sends a share of the pieces, 0 to 1, and destroys the connection. */
export async function breakRaw(url: string, outgoing: Outgoing, share: number): Promise<void> {
  const sent = open(url, outgoing);
  sent.on('error', () => undefined);
  const pieces: Uint8Array[] = [];
  for await (const piece of outgoing.pieces) pieces.push(piece);
  for (const piece of pieces.slice(0, Math.ceil(pieces.length * share))) await write(sent, piece);
  await pause(BREAK_AFTER_MS);
  sent.destroy();
}

/** Sends a whole request and destroys the connection `afterMs` milliseconds later, before the response. */
export async function leaveRaw(url: string, outgoing: Outgoing, afterMs: number): Promise<void> {
  const sent = open(url, outgoing);
  sent.on('error', () => undefined);
  await pour(sent, outgoing);
  await pause(afterMs);
  sent.destroy();
}

function open(url: string, { method = 'POST', path, headers }: Outgoing): ClientRequest {
  const begin = url.startsWith('https:') ? requestSecurely : request;
  const sent = begin(`${url}${path}`, { method, headers, agent: false });
  sent.setNoDelay(true);
  return sent;
}

function answerOf(sent: ClientRequest): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const cut = (): void => resolve({ status: CUT, headers: {}, body: Buffer.alloc(0) });
    const limit = setTimeout(() => sent.destroy(new Error('no answer came')), ANSWER_LIMIT_MS);
    sent.once('response', (response: IncomingMessage) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', cut);
      response.once('end', () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(pieces) });
      });
    });
    // After an early response the rest of the body may meet a closed connection. The promise has been resolved by then.
    sent.on('error', () => undefined);
    sent.once('close', () => {
      clearTimeout(limit);
      cut();
    });
  });
}

async function pour(sent: ClientRequest, { pieces, paceMs }: Outgoing): Promise<void> {
  for await (const piece of pieces) {
    if (sent.destroyed) return;
    if (paceMs === undefined) await write(sent, piece);
    else {
      sent.write(piece);
      await (paceMs === 0 ? setImmediate() : pause(paceMs));
    }
  }
  if (!sent.destroyed) sent.end();
}

async function write(sent: ClientRequest, piece: Uint8Array): Promise<void> {
  if (sent.write(piece) || sent.destroyed) return;
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      sent.off('drain', goOn).off('close', goOn);
      resolve();
    };
    sent.once('drain', goOn).once('close', goOn);
  });
}
