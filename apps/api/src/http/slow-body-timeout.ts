import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { closeWith } from './raw-responses.js';
import { hasBody } from './unread-bodies.js';

/** How often a body is looked at. */
const WINDOW_MS = 5000;

/** Windows in a row in which too little has come. */
const PATIENCE = 2;

/** Least that is to come in one window: 2 KiB a second, a tenth of what the slowest mobile networks carry. */
const LEAST_BYTES = 10_240;

/**
 * Cuts clients that drip a body in, byte by byte, to hold a connection and memory for as long as they can: 408 after ten
 * seconds of too little. The time in which this process does not read, because it cannot pass on what it has, counts
 * for nobody.
 */
export function limitSlowBodies(server: FastifyInstance): void {
  server.addHook('onRequest', ({ raw }, reply, done) => {
    if (hasBody(raw)) watch(raw, reply.raw);
    done();
  });
}

function watch(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  let before = socket.bytesRead;
  let slow = 0;
  const timer = setInterval(() => {
    const isOver = request.readableEnded || request.complete || socket.destroyed;
    if (isOver) {
      clearInterval(timer);
      return;
    }
    const isOurs = (request.bodyReader?.queuedBytes ?? 0) > 0;
    const came = socket.bytesRead - before;
    before = socket.bytesRead;
    slow = isOurs || came >= LEAST_BYTES ? 0 : slow + 1;
    if (slow < PATIENCE) return;
    clearInterval(timer);
    if (response.headersSent) socket.destroy();
    else closeWith(socket, 'request-timeout');
  }, WINDOW_MS).unref();
  request.once('close', () => clearInterval(timer));
}
