import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { bodyReaderOf } from '../parsers/body-reader.js';

/** True when the head of a request announces a body. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;

/** How long a client may go on sending a body that has been refused. */
const MAX_DRAIN_MS = 10_000;

/**
 * Gives every request its body reader before anything else happens to it, and drains what is unread of the body once the
 * response is finished: of `maxBytes` at most, for ten seconds at most.
 */
export function drainUnreadBodies(server: FastifyInstance, maxBytes: number): void {
  const read = (request: IncomingMessage, response: ServerResponse): void => {
    if (!hasBody(request) || request.bodyReader !== undefined) return;
    const reader = bodyReaderOf(request);
    response.once('finish', () => reader.drain({ maxBytes, maxMs: MAX_DRAIN_MS }));
  };
  // Before Fastify's own listener: it has hooks for neither unreadable addresses nor responses past it.
  server.server.prependListener('request', read);
  // For further servers that Fastify opens when its host has several addresses.
  server.addHook('onRequest', ({ raw }, reply, done) => {
    read(raw, reply.raw);
    done();
  });
}
