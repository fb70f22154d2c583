import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { routeConfig } from './route-config.js';

declare module 'fastify' {
  interface FastifyReply {
    /** No response with other content will follow. */
    isFinal?: boolean;
  }
}

/** `Retry-After` of a final response. A repeated request returns the same. */
export const FINAL_RETRY_AFTER_S = 60;

/** Final responses about one resource that are sent at once. Each further one is delayed by `DELAY_MS`. */
const FREE_RESPONSES = 3;
const DELAY_MS = 1000;
/** After this time without a request, responses are sent at once again. */
const RESET_MS = 10_000;
const MAX_ENTRIES = 10_000;

/** Final statuses of a polled route. */
const FINAL_STATUSES = new Set([404, 410, 422]);

/** Marks a response as final: the state it reports does not change any more. */
export const markFinal = (reply: FastifyReply): void => void (reply.isFinal = true);

/**
 * ETag of a final status: a new one in each response, so that `If-None-Match` never matches and no client gets 304
 * indefinitely.
 */
export const finalTag = (version: number): string => `"${version}-${randomBytes(6).toString('hex')}"`;

/** Counts final responses per resource, in memory, and returns the delay of the next one. */
export class FinalResponseDelay {
  private readonly entries = new Map<string, { count: number; at: number }>();

  /** Milliseconds by which this response about `name` is delayed: 0 for the first few. */
  delayMs(name: string, now: number): number {
    const entry = this.entries.get(name) ?? { count: 0, at: now };
    const count = now - entry.at > RESET_MS ? 1 : entry.count + 1;
    // Deleted first: a map keeps insertion order, so the least recently requested entry is first.
    this.entries.delete(name);
    this.entries.set(name, { count, at: now });
    const [oldest] = this.entries.keys();
    if (this.entries.size > MAX_ENTRIES && oldest !== undefined) this.entries.delete(oldest);
    return count > FREE_RESPONSES ? DELAY_MS : 0;
  }
}

/**
 * Slows down clients that keep polling a resource that has ended: a loop of `curl` that ignores the status sends one request
 * a second instead of hundreds.
 */
export function delayFinalResponses(server: FastifyInstance): void {
  const delays = new FinalResponseDelay();
  // A callback, not a promise: a refusal is sent before the parser reads what follows the request.
  server.addHook('onSend', (request, reply, payload, done) => {
    const delayMs = isFinal(request, reply) ? delays.delayMs(nameOf(request), Date.now()) : 0;
    if (delayMs === 0) done(null, payload);
    else setTimeout(() => done(null, payload), delayMs);
  });
}

/** The resource of a request. */
const nameOf = ({ params, routeOptions }: FastifyRequest): string =>
  `${routeOptions.url ?? ''} ${(params as { id?: string }).id ?? ''}`;

/** True when it is marked as final, or reports with a valid token that the resource has ended or expired. */
function isFinal(request: FastifyRequest, reply: FastifyReply): boolean {
  if (reply.isFinal === true) return true;
  const isPolled = routeConfig(request).isPolled === true && FINAL_STATUSES.has(reply.statusCode);
  return isPolled && (request.jobAccess ?? request.batchAccess) !== undefined;
}
