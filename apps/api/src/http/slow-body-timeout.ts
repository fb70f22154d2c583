import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { closeWith } from './raw-responses.js';
import { hasBody } from './unread-bodies.js';

/** How often a body is looked at. */
const WINDOW_MS = 5000;

/** Windows in a row in which too little has come. */
const MAX_SLOW_WINDOWS = 2;

/** Least that is to come in one window: 2 KiB a second, a tenth of what the slowest mobile networks carry. */
const MIN_WINDOW_BYTES = 10_240;

/** Windows in a row at whose pace the body cannot be complete in time. Mobile networks have worse moments. */
const MAX_LATE_WINDOWS = 3;

/**
 * Disconnects clients that hold a connection and memory for nothing, with 408: those that drip a body in, byte by byte, after ten
 * seconds of too little, and those whose announced body cannot be complete within `uploadTimeoutMs` at their pace, after
 * fifteen. The time in which this process does not read, because it cannot pass on what it has, counts for nobody.
 */
export function limitSlowBodies(server: FastifyInstance, uploadTimeoutMs: number): void {
  server.addHook('onRequest', ({ raw }, reply, done) => {
    if (hasBody(raw)) watch(raw, reply.raw, uploadTimeoutMs);
    done();
  });
}

function watch(request: IncomingMessage, response: ServerResponse, uploadTimeoutMs: number): void {
  const { socket } = request;
  const pace = new BodyPace(Number(request.headers['content-length']), uploadTimeoutMs);
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
    if (!pace.isTooSlow(received, isOurs)) return;
    clearInterval(timer);
    if (response.headersSent) socket.destroy();
    else closeWith(socket, 'request-timeout');
  }, WINDOW_MS).unref();
  request.once('close', () => clearInterval(timer));
}

/** Judges the pace of one body, window by window. */
export class BodyPace {
  private windows = 0;
  private receivedBytes = 0;
  private slowWindows = 0;
  private lateWindows = 0;

  /** `totalBytes`: announced size of the body; NaN when none was announced. */
  constructor(
    private readonly totalBytes: number,
    private readonly timeoutMs: number,
  ) {}

  /** One more window is over in which that many bytes came. `isOurs`: this process did not read what there was. */
  isTooSlow(received: number, isOurs: boolean): boolean {
    this.windows += 1;
    this.receivedBytes += received;
    this.slowWindows = isOurs || received >= MIN_WINDOW_BYTES ? 0 : this.slowWindows + 1;
    this.lateWindows = isOurs || !this.isLate(received) ? 0 : this.lateWindows + 1;
    return this.slowWindows >= MAX_SLOW_WINDOWS || this.lateWindows >= MAX_LATE_WINDOWS;
  }

  /** Neither at the pace so far nor at that of the last window the rest comes in time. */
  private isLate(received: number): boolean {
    const bytesPerWindow = Math.max(received, this.receivedBytes / this.windows);
    const windowsLeft = this.timeoutMs / WINDOW_MS - this.windows;
    return this.totalBytes - this.receivedBytes > bytesPerWindow * windowsLeft;
  }
}
