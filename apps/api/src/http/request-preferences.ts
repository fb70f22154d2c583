import type { FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';

/**
 * Milliseconds of a `?wait=` in seconds, cut at `maxS`; 0 when there is none.
 * @throws Problem `invalid-parameter` when it is no whole number of seconds
 */
export function queryWaitMs(request: FastifyRequest, maxS: number): number {
  const { wait } = request.query as { wait?: unknown };
  if (wait === undefined || wait === '') return 0;
  if (typeof wait !== 'string' || !/^\d{1,6}$/.test(wait))
    throw new Problem('invalid-parameter', { parameter: 'wait' });
  return Math.min(Number(wait), maxS) * 1000;
}

/** Seconds of `Prefer: wait=N` (RFC 7240 §4.3), cut at `maxS`; undefined when the client does not ask for it. */
export function preferredWaitS(request: FastifyRequest, maxS: number): number | undefined {
  const header = request.headers['prefer'];
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  const seconds = /(?:^|[,;]\s*)wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(text)?.[1];
  return seconds === undefined ? undefined : Math.min(Number(seconds), maxS);
}

/** True when the client accepts an event stream. */
export const wantsEvents = (request: FastifyRequest): boolean =>
  /(?:^|,)\s*text\/event-stream\b/i.test(request.headers.accept ?? '');

/** True when the client names JSON and prefers it to `type`, which is the default. */
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

/** A whole number in a header such as `Last-Event-ID: 3` or `If-None-Match: "3"`. */
export function numberInHeader(value: string | string[] | undefined): number | undefined {
  const digits = /^(?:W\/)?"?(\d{1,15})"?$/.exec(typeof value === 'string' ? value.trim() : '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}
