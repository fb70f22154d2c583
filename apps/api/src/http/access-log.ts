import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Log } from '#telemetry/log.js';

const AGENT_CHARACTERS = 200;

/** Asked every few seconds by machines: logged at `debug`. */
const PROBES = new Set(['/healthz', '/readyz']);

/** Logged when the client disconnected before the response's head was sent (nginx's convention). */
const CLIENT_CLOSED = 499;

/** Bytes a connection had moved when its last request ended: what came after belongs to the next one. */
const moved = new WeakMap<Socket, { read: number; written: number }>();

/** What is logged of a request's head. */
interface Head {
  client: string;
  agent: string;
  method: string;
  route: string;
}

/** Logs each finished or broken request with the allow-listed fields, and nothing of its path or query. */
export function logAccess(server: FastifyInstance, log: Log): void {
  server.addHook('onRequest', (request, reply, done) => {
    const head = {
      // Asked for now: a closed socket no longer knows.
      client: request.ip,
      agent: (request.headers['user-agent'] ?? '').slice(0, AGENT_CHARACTERS),
      method: request.method,
      route: request.routeOptions.url ?? 'none',
    };
    logOnceClosed(log, head, { response: reply.raw, socket: request.raw.socket });
    done();
  });
}

/** Apart from the hook, so that nothing but this is held for as long as a client waits: not the request, no header. */
function logOnceClosed(
  log: Log,
  head: Head,
  { response, socket }: { response: ServerResponse; socket: Socket },
): void {
  const beganAt = performance.now();
  response.once('close', () => {
    const before = moved.get(socket) ?? { read: 0, written: 0 };
    const now = { read: socket.bytesRead, written: socket.bytesWritten };
    moved.set(socket, now);
    log[PROBES.has(head.route) ? 'debug' : 'info']('access', {
      ...head,
      status: response.headersSent ? response.statusCode : CLIENT_CLOSED,
      requestBytes: now.read - before.read,
      responseBytes: now.written - before.written,
      durationMs: Math.round(performance.now() - beganAt),
    });
  });
}
