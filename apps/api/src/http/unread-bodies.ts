import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { bodyReaderOf } from '../parsers/body-reader.js';
import { closeAfterWrites } from './raw-responses.js';

/** Connections on which nothing is handled any more but the request that is being answered. */
const closing = new WeakSet<Socket>();

/** True when the head of a request announces a body. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;

/**
 * Makes the answer to this request the last on its connection. Requests that follow, or that are hidden in what follows,
 * are not handled.
 */
export function closeAfterResponse(reply: FastifyReply): FastifyReply {
  closing.add(reply.raw.req.socket);
  return reply.header('Connection', 'close');
}

/**
 * Gives every request its body reader before anything else happens to it, and drains what is unread of the body once the
 * response is finished: `maxBytes` at most, at the pace and within the time that bodies have anyway.
 */
export function drainUnreadBodies(server: FastifyInstance, maxBytes: number): void {
  const read = (request: IncomingMessage, response: ServerResponse): void => {
    if (!hasBody(request) || request.bodyReader !== undefined) return;
    bodyReaderOf(request);
    // Before Node's own listener, which closes a connection that is to be closed.
    response.prependOnceListener('finish', () => finishBody(request, maxBytes));
  };
  // Before Fastify's own listener: it has hooks for neither unreadable addresses nor responses past it.
  server.server.prependListener('request', read);
  // For further servers that Fastify opens when its host has several addresses.
  server.addHook('onRequest', ({ raw }, reply, done) => {
    read(raw, reply.raw);
    if (!closing.has(raw.socket)) done();
  });
  server.addHook('onSend', ({ raw }, reply, _payload, done) => {
    if (raw.bodyReader?.isFragmented === true) closeAfterResponse(reply);
    done();
  });
}

function finishBody(request: IncomingMessage, maxBytes: number): void {
  const { socket, complete } = request;
  const reader = bodyReaderOf(request);
  reader.drain(maxBytes, () => closeAfterWrites(socket));
  if (complete) return;
  const close = socket.destroySoon.bind(socket);
  // What Node calls when the response is the last on its connection.
  socket.destroySoon = () => {
    closing.add(socket);
    if (!reader.isFragmented) request.once('end', close);
  };
}
