import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { wipe } from '#vault/wipe.js';

/** True when the head of a request announces a body. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;

/** How long a client may go on sending what nobody wants. */
const MOST_MS = 10_000;

/**
 * Takes in, and forgets, what is left of a body when the answer is given before its end: closing at once would reset
 * the connection under a client that still sends, which would then never read the answer (RFC 9112 §9.6). Whoever
 * sends on for ten seconds, or more than `mostBytes`, is cut off.
 */
export function drainUnreadBodies(server: FastifyInstance, mostBytes: number): void {
  server.addHook('onSend', (request, _reply, _payload, done) => {
    if (hasBody(request.raw) && !request.raw.readableEnded) void drain(request.raw, mostBytes);
    done();
  });
}

async function drain(request: IncomingMessage, mostBytes: number): Promise<void> {
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), MOST_MS).unref();
  try {
    let left = mostBytes;
    for await (const bytes of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      left -= bytes.length;
      wipe(bytes);
      if (left < 0) socket.destroy();
    }
  } catch {
    // The client has gone.
  } finally {
    clearTimeout(timer);
  }
}
