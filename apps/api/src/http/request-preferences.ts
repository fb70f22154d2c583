import type { FastifyRequest, FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { mustBe } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import { API_KEY_PREFIX } from '#auth/api-key.js';

/**
 * Milliseconds of `?wait=` (in seconds), at most `maxS`; 0 without it.
 * @throws Problem `invalid-parameter` unless it is a whole number of seconds
 */
export function queryWaitMs(request: FastifyRequest, maxS: number): number {
  const { wait } = request.query as { wait?: unknown };
  if (wait === undefined || wait === '') return 0;
  if (typeof wait !== 'string' || !/^\d{1,6}$/.test(wait))
    throw new Problem('invalid-parameter', mustBe('wait', ['a whole number of seconds']));
  return Math.min(Number(wait), maxS) * 1000;
}

/** Seconds of `Prefer: wait=N` (RFC 7240 §4.3), at most `maxS`; undefined without it. */
export function preferredWaitS(request: FastifyRequest, maxS: number): number | undefined {
  const header = request.headers['prefer'];
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  const seconds = /(?:^|[,;]\s*)wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(text)?.[1];
  return seconds === undefined ? undefined : Math.min(Number(seconds), maxS);
}

/**
 * Seconds that the response to a submission may wait for the result: `Prefer: wait=N`, else `?wait=N`, at most `maxS`;
 * undefined without both.
 * @throws Problem `invalid-parameter`
 */
export function submissionWaitS(request: FastifyRequest, maxS: number): number | undefined {
  const queryS = queryWaitMs(request, maxS) / 1000;
  return preferredWaitS(request, maxS) ?? (queryS > 0 ? queryS : undefined);
}

/** True when the client accepts an event stream. */
export const wantsEvents = (request: FastifyRequest): boolean =>
  /(?:^|,)\s*text\/event-stream\b/i.test(request.headers.accept ?? '');

/** True when `Accept` names JSON and prefers it to `type`, the default. */
export function prefersJson(request: FastifyRequest, type: string): boolean {
  const weights = new Map(
    (request.headers.accept ?? '').split(',').map((range) => {
      const [name = '', ...parameters] = range.toLowerCase().split(';');
      const q = parameters.map((text) => /^\s*q=([\d.]+)\s*$/.exec(text)?.[1]).find(Boolean);
      return [name.trim(), Number(q ?? 1)];
    }),
  );
  return (weights.get('application/json') ?? 0) > (weights.get(type) ?? 0);
}

/** The whole number in a header such as `Last-Event-ID: 3` or `If-None-Match: "3"`. */
export function numberInHeader(value: string | string[] | undefined): number | undefined {
  const digits = /^(?:W\/)?"?(\d{1,15})"?$/.exec(typeof value === 'string' ? value.trim() : '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Runs `work` with a signal that is aborted when the client disconnects. */
export async function whileConnected<T>(
  { raw: { socket } }: FastifyRequest,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  socket.once('close', abort);
  if (socket.destroyed) abort();
  try {
    return await work(controller.signal);
  } finally {
    socket.off('close', abort);
  }
}

/** A signal that is aborted when the client disconnects before the response is complete. */
export function disconnectSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/**
 * The API key of a request: `X-Api-Key`, else `Authorization: Bearer`; any value counts, also one without the format of a
 * key. In requests about one job or batch, `Bearer` is its token (`bearerIsToken`).
 */
export function extractApiKey(
  { 'x-api-key': header, authorization }: IncomingHttpHeaders,
  bearerIsToken = false,
): string | undefined {
  if (header !== undefined) return String(header);
  if (bearerIsToken) return undefined;
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

/** True when the head of a request contains an API key. */
export const hasApiKey = (headers: IncomingHttpHeaders): boolean =>
  headers['x-api-key'] !== undefined || extractApiKey(headers)?.startsWith(API_KEY_PREFIX) === true;
