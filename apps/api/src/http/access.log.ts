import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Log } from '#telemetry/log.js';

const AGENT_CHARACTERS = 200;

/** Asked every few seconds by machines: logged at `debug`. */
const PROBES = new Set(['/healthz', '/readyz']);

/** Logged when the client left before the answer's head was sent (nginx's convention). */
const CLIENT_CLOSED = 499;

/** Bytes a connection had moved when its last request ended: what came after belongs to the next one. */
const moved = new WeakMap<Socket, { read: number; written: number }>();

/** Logs each finished or broken request with the allow-listed fields, and nothing of its path or query. */
export function logAccess(server: FastifyInstance, log: Log): void {
  server.addHook('onRequest', (request, reply, done) => {
    const socket = request.raw.socket;
    // Asked for now: a closed socket no longer knows.
    const client = request.ip;
    reply.raw.once('close', () => {
      const before = moved.get(socket) ?? { read: 0, written: 0 };
      const now = { read: socket.bytesRead, written: socket.bytesWritten };
      moved.set(socket, now);
      const route = request.routeOptions.url ?? 'none';
      log[PROBES.has(route) ? 'debug' : 'info']('access', {
        client,
        agent: (request.headers['user-agent'] ?? '').slice(0, AGENT_CHARACTERS),
        method: request.method,
        route,
        status: reply.raw.headersSent ? reply.raw.statusCode : CLIENT_CLOSED,
        requestBytes: now.read - before.read,
        responseBytes: now.written - before.written,
        durationMs: Math.round(reply.elapsedTime),
      });
    });
    done();
  });
}
