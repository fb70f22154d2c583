import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Log } from '#telemetry/log.js';

const AGENT_CHARACTERS = 200;

/** Requested every few seconds by monitors: logged at `debug`, and never a refusal. */
export const PROBES = new Set(['/healthz', '/readyz']);

/** Files that a page brings along: logged at `debug`. */
const ASSET = /^\/(robots\.txt|[\w-]+\.(svg|png|ico|webmanifest)|(assets|docs)\/.+\.\w+)$/;

/** Logged when the client disconnected before the response's head was sent (nginx's convention). */
const CLIENT_CLOSED = 499;

/** Bytes that a connection had transferred when its last request ended: the rest belongs to the next one. */
const transferred = new WeakMap<Socket, { read: number; written: number }>();

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
      // Read now: a closed socket has no address.
      client: request.ip,
      agent: (request.headers['user-agent'] ?? '').slice(0, AGENT_CHARACTERS),
      method: request.method,
      route: request.routeOptions.url ?? 'none',
    };
    logOnceClosed(log, head, { response: reply.raw, socket: request.raw.socket });
    done();
  });
}

/** A function of its own, so that its closure holds neither the request nor its headers while a client waits. */
function logOnceClosed(
  log: Log,
  head: Head,
  { response, socket }: { response: ServerResponse; socket: Socket },
): void {
  const startedAt = performance.now();
  response.once('close', () => {
    const before = transferred.get(socket) ?? { read: 0, written: 0 };
    const now = { read: socket.bytesRead, written: socket.bytesWritten };
    transferred.set(socket, now);
    log[PROBES.has(head.route) || ASSET.test(head.route) ? 'debug' : 'info']('access', {
      ...head,
      status: response.headersSent ? response.statusCode : CLIENT_CLOSED,
      requestBytes: now.read - before.read,
      responseBytes: now.written - before.written,
      durationMs: Math.round(performance.now() - startedAt),
    });
  });
}
