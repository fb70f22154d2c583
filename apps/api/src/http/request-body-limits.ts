import { createServer, request, type IncomingMessage, type ServerResponse, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Problem } from '#contracts/problem-catalog.js';
import { bodyReaderOf } from '../parsers/body-reader.js';
import { closeAfterWrites, closeWith } from './problem-responses.js';
import { hasApiKey } from './request-preferences.js';

/** Connections on which no further request is handled. */
const closing = new WeakSet<Socket>();

/** True when the head of a request announces a body. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;

/**
 * Closes the connection after the response to this request. Requests that follow, or are hidden in the following bytes,
 * are not handled.
 */
export function closeAfterResponse(reply: FastifyReply): FastifyReply {
  closing.add(reply.raw.req.socket);
  return reply.header('Connection', 'close');
}

/**
 * Attaches a body reader to each request first, and drains the unread part of the body once the response is finished: at
 * most `maxBytes`, within the time limits of bodies.
 */
export function drainUnreadBodies(server: FastifyInstance, maxBytes: number): void {
  const read = (request: IncomingMessage, response: ServerResponse): void => {
    if (!hasBody(request) || request.bodyReader !== undefined) return;
    bodyReaderOf(request);
    // Before the listener of Node, which closes the connection.
    response.prependOnceListener('finish', () => finishBody(request, maxBytes));
  };
  // Before the listener of Fastify, which has no hook for malformed URLs and raw responses.
  server.server.prependListener('request', read);
  server.server.prependListener('checkExpectation', read);
  // For the other servers that Fastify opens when its host has several addresses.
  server.addHook('onRequest', ({ raw }, reply, done) => {
    read(raw, reply.raw);
    if (!closing.has(raw.socket)) done();
  });
  server.addHook('onSend', ({ raw }, reply, _payload, done) => {
    if (raw.bodyReader?.isFragmented === true || isHeldBack(raw, maxBytes)) closeAfterResponse(reply);
    done();
  });
}

/** True when the client waits for `100 Continue` and is rejected because its body is too large. */
const isHeldBack = ({ headers }: IncomingMessage, maxBytes: number): boolean =>
  headers.expect !== undefined && Number(headers['content-length']) > maxBytes;

function finishBody(request: IncomingMessage, maxBytes: number): void {
  const { socket, complete } = request;
  const reader = bodyReaderOf(request);
  reader.drain(maxBytes, () => closeAfterWrites(socket));
  if (complete || isHeldBack(request, maxBytes)) return;
  const close = socket.destroySoon.bind(socket);
  // Node calls this when the response is the last one on its connection.
  socket.destroySoon = () => {
    closing.add(socket);
    if (!reader.isFragmented) request.once('end', close);
  };
}

/** How often the pace of a body is checked. */
export const WINDOW_MS = 5000;

/** Windows in a row in which too little has come. */
export const MAX_SLOW_WINDOWS = 2;

/** Minimum for one window: 2 KiB a second, a tenth of what the slowest mobile networks carry. */
export const MIN_WINDOW_BYTES = 10_240;

/** Windows in a row at whose rate the body cannot be complete in time. */
const MAX_LATE_WINDOWS = 3;

/**
 * Disconnects clients that send too slowly, with 408: after ten seconds below the minimum, and after fifteen seconds at a
 * rate at which the announced body cannot be complete within `uploadTimeoutMs`. Time in which this process does not read
 * does not count.
 */
export function limitSlowBodies(server: FastifyInstance, uploadTimeoutMs: number): void {
  server.addHook('onRequest', ({ raw }, reply, done) => {
    if (hasBody(raw)) watch(raw, reply.raw, uploadTimeoutMs);
    done();
  });
}

const tooSlow = (uploadTimeoutMs: number): Problem =>
  new Problem('request-timeout', {
    ...{ limit: uploadTimeoutMs / 1000, unit: 'seconds' },
    detail: `The whole request must arrive within ${uploadTimeoutMs / 1000} seconds. Send a smaller file, or use a faster connection.`,
  });

function watch(request: IncomingMessage, response: ServerResponse, uploadTimeoutMs: number): void {
  const { socket } = request;
  const rate = new BodyRate(Number(request.headers['content-length']), uploadTimeoutMs);
  let before = socket.bytesRead;
  const timer = setInterval(() => {
    const isOver = request.readableEnded || request.complete || socket.destroyed;
    if (isOver) {
      clearInterval(timer);
      return;
    }
    const isOurs = (request.bodyReader?.queuedBytes ?? 0) > 0;
    const received = socket.bytesRead - before;
    before = socket.bytesRead;
    if (!rate.isTooSlow(received, isOurs)) return;
    clearInterval(timer);
    if (response.headersSent) socket.destroy();
    else closeWith(socket, tooSlow(uploadTimeoutMs));
  }, WINDOW_MS).unref();
  request.once('close', () => clearInterval(timer));
}

/** Checks the transfer rate of one body, window by window. */
export class BodyRate {
  private windows = 0;
  private receivedBytes = 0;
  private slowWindows = 0;
  private lateWindows = 0;

  /** @param totalBytes announced size of the body; NaN without `Content-Length` */
  constructor(
    private readonly totalBytes: number,
    private readonly timeoutMs: number,
  ) {}

  /** Ends a window in which `received` bytes arrived. @param isOurs true when this process did not read available bytes */
  isTooSlow(received: number, isOurs: boolean): boolean {
    this.windows += 1;
    this.receivedBytes += received;
    this.slowWindows = isOurs || received >= MIN_WINDOW_BYTES ? 0 : this.slowWindows + 1;
    this.lateWindows = isOurs || !this.isLate(received) ? 0 : this.lateWindows + 1;
    return this.slowWindows >= MAX_SLOW_WINDOWS || this.lateWindows >= MAX_LATE_WINDOWS;
  }

  /** True when the rest arrives too late, both at the average rate and at the rate of the last window. */
  private isLate(received: number): boolean {
    const bytesPerWindow = Math.max(received, this.receivedBytes / this.windows);
    const windowsLeft = this.timeoutMs / WINDOW_MS - this.windows;
    return this.totalBytes - this.receivedBytes > bytesPerWindow * windowsLeft;
  }
}

/** Node reads HTTP into one buffer of 64 KiB per process. Slightly more overwrites all of it. */
const WIPE_BYTES = 70_000;

/** Delay between a body and the wipe. Bodies within this time share one wipe. */
const DELAY_MS = 5;

/**
 * Wipes the read buffer of Node's HTTP parser. All connections of a process share it, and it keeps the end of the last body,
 * or the head of a request with an API key, until the next request. After each body, complete or not, after its response,
 * and after each key, this process sends zeros to itself through the parser, over an abstract socket (Linux) or a loopback
 * port.
 */
export function wipeParserAfterBodies(server: FastifyInstance): void {
  const parser = new ParserWipe();
  const wipe = (): void => parser.wipeSoon();
  server.addHook('onRequest', ({ raw }, reply, done) => {
    if (hasBody(raw) || hasApiKey(raw.headers)) {
      raw.once('end', wipe).once('close', wipe);
      reply.raw.once('finish', wipe);
    }
    done();
  });
  // Malformed requests do not reach a hook.
  server.server.on('clientError', wipe);
  server.addHook('onClose', () => parser.close());
}

class ParserWipe {
  private timer: NodeJS.Timeout | undefined;
  private server: Promise<Server> | undefined;

  wipeSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.wipe().catch(() => undefined);
    }, DELAY_MS);
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    (await this.server)?.close();
  }

  private async wipe(): Promise<void> {
    this.server ??= listen();
    const address = (await this.server).address();
    const where = typeof address === 'string' ? { socketPath: address } : { port: address?.port };
    await new Promise<void>((resolve, reject) => {
      const sent = request({ ...where, host: '127.0.0.1', method: 'POST', agent: false }, (response) => {
        response.resume().once('end', resolve).once('error', reject);
      });
      sent.once('error', reject).end(Buffer.alloc(WIPE_BYTES));
    });
  }
}

function listen(): Promise<Server> {
  const server = createServer((incoming, response) => {
    incoming.resume().once('end', () => response.end());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const listening = (): void => resolve(server.unref());
    if (process.platform === 'linux') server.listen(`\0removebg-wipe-${process.pid}`, listening);
    else server.listen(0, '127.0.0.1', listening);
  });
}
