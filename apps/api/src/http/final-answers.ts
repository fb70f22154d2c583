import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { routeConfig } from './problem-responses.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A GET that clients repeat until something has ended: its last answer, repeated, is slowed down. */
    isPolled?: boolean;
  }
}

/** When to ask again about something that has ended: there is no reason to. */
export const FINAL_RETRY_AFTER_S = 60;

/** Final answers about one thing that are sent at once; each after them is held for `HOLD_MS`. */
const FREE_ANSWERS = 3;
const HOLD_MS = 1000;
/** After that long without a question the answers are at once again. */
const FORGET_MS = 10_000;
const MAX_ENTRIES = 10_000;

/** Statuses of a polled route that no later answer takes back. */
const FINAL_STATUSES = new Set([404, 410, 422]);

const finalReplies = new WeakSet<FastifyReply['raw']>();

/** Says that nothing will follow this answer. */
export const markFinal = (reply: FastifyReply): void => void finalReplies.add(reply.raw);

/**
 * ETag of the status of what has ended: another one with each answer, so that no client gets 304 for ever.
 * `If-None-Match` cannot match it, whatever a client has seen.
 */
export const finalTag = (version: number): string => `"${version}-${randomBytes(6).toString('hex')}"`;

/** Counts final answers about each thing, in memory, and says how long the next one is held. */
export class FinalAnswerPace {
  private readonly entries = new Map<string, { answers: number; at: number }>();

  /** Milliseconds for which this answer about `name` is held: 0 for the first few. */
  holdMs(name: string, now: number): number {
    const { answers, at } = this.entries.get(name) ?? { answers: 0, at: now };
    const count = now - at > FORGET_MS ? 1 : answers + 1;
    // Deleted first: a map keeps the order of insertion, and the entry that was asked for longest ago is first.
    this.entries.delete(name);
    this.entries.set(name, { answers: count, at: now });
    const [oldest] = this.entries.keys();
    if (this.entries.size > MAX_ENTRIES && oldest !== undefined) this.entries.delete(oldest);
    return count > FREE_ANSWERS ? HOLD_MS : 0;
  }
}

/**
 * Slows down clients that ask on and on about what has ended: a loop of `curl` that looks at no answer
 * sends one request a second instead of hundreds. The first answers come at once.
 */
export function paceFinalAnswers(server: FastifyInstance): void {
  const pace = new FinalAnswerPace();
  // Not a promise: a refusal is sent at once, before the parser comes to what follows it.
  server.addHook('onSend', (request, reply, payload, done) => {
    const holdMs = isFinal(request, reply) ? pace.holdMs(nameOf(request), Date.now()) : 0;
    if (holdMs === 0) done(null, payload);
    else setTimeout(() => done(null, payload), holdMs);
  });
}

/** What a request asks about. */
const nameOf = ({ params, routeOptions }: FastifyRequest): string =>
  `${routeOptions.url ?? ''} ${(params as { id?: string }).id ?? ''}`;

/** Marked so, or the refusal of a question whose token was right: what it asks about has ended, or is forgotten. */
function isFinal(request: FastifyRequest, reply: FastifyReply): boolean {
  if (finalReplies.has(reply.raw)) return true;
  const isPolled = routeConfig(request).isPolled === true && FINAL_STATUSES.has(reply.statusCode);
  return isPolled && (request.jobAccess ?? request.batchAccess) !== undefined;
}
