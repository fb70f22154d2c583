import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Log } from '#telemetry/log.js';
import { routeConfig } from './route-config.js';

const AGENT_CHARACTERS = 200;

/** Logged when the client disconnected before the head of the response was sent, as in nginx. */
const CLIENT_CLOSED = 499;

/** Bytes that a connection had transferred when its previous request ended. */
const transferred = new WeakMap<Socket, { read: number; written: number }>();

/** Logged fields of the head of a request. */
interface Head {
  client: string;
  agent: string;
  method: string;
  route: string;
}

/** Logs each finished or interrupted request with allow-listed fields, without its path and query. */
export function logAccess(server: FastifyInstance, log: Log): void {
  server.addHook('onRequest', (request, reply, done) => {
    const head = {
      // Read here: a closed socket has no address.
      client: request.ip,
      agent: (request.headers['user-agent'] ?? '').slice(0, AGENT_CHARACTERS),
      method: request.method,
      route: request.routeOptions.url ?? 'none',
    };
    const { isProbe = false, isAsset = false } = routeConfig(request);
    const level = isProbe || isAsset ? 'debug' : 'info';
    logOnceClosed(log, { ...head, level }, { response: reply.raw, socket: request.raw.socket });
    done();
  });
}

/** A separate function, so that its closure does not keep the request and its headers while a client waits. */
function logOnceClosed(
  log: Log,
  { level, ...head }: Head & { level: 'debug' | 'info' },
  { response, socket }: { response: ServerResponse; socket: Socket },
): void {
  const startedAt = performance.now();
  response.once('close', () => {
    const before = transferred.get(socket) ?? { read: 0, written: 0 };
    const now = { read: socket.bytesRead, written: socket.bytesWritten };
    transferred.set(socket, now);
    log[level]('access', {
      ...head,
      status: response.headersSent ? response.statusCode : CLIENT_CLOSED,
      requestBytes: now.read - before.read,
      responseBytes: now.written - before.written,
      durationMs: Math.round(performance.now() - startedAt),
    });
  });
}
