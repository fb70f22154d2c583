import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { JobEvents } from '#contracts/job-events.js';
import { wipe } from '#crypto/wipe.js';
import { base64Bytes, encodeBase64 } from '../results/base64-encoder.js';
import { endAndFlush, writeAndFlush, sendHead } from '../results/http-result-writer.js';

/** A client with more unsent data is disconnected. It may reconnect with Last-Event-ID. */
const MAX_BEHIND_BYTES = 262_144;
const RECONNECT_AFTER_MS = 1000;
const DRAIN_CHECK_MS = 1000;
const HEARTBEAT = ': \n\n';

/** One server-sent event stream (WHATWG HTML §9.2), written to the raw response. */
export class SseStream<Events extends object = JobEvents> {
  private readonly response: ServerResponse;

  constructor(reply: FastifyReply) {
    this.response = reply.raw;
    sendHead(reply, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'X-Accel-Buffering': 'no',
    });
    // Flushed separately: with the first text, Node would keep the head in fifty pieces while the stream is open.
    this.response.flushHeaders();
    this.response.write(`retry: ${RECONNECT_AFTER_MS}\n\n`);
    forgetHead(reply);
  }

  /** False once the client has disconnected or the stream has ended. */
  get open(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  /** Calls `listener` when the client has disconnected or the stream has ended. */
  onClose(listener: () => void): void {
    this.response.once('close', listener);
    if (this.response.destroyed) listener();
  }

  /** Sends an event. A client can resume after an event with an `id`. */
  send<E extends keyof Events & string>(name: E, data: Events[E], id?: number): void {
    const idLine = id === undefined ? '' : `id: ${id}\n`;
    this.write(`event: ${name}\n${idLine}data: ${JSON.stringify(data)}\n\n`);
  }

  /** Sends an event, unless the client has unread data. */
  sendIfFlowing<E extends keyof Events & string>(name: E, data: Events[E]): void {
    if (!this.response.writableNeedDrain) this.send(name, data);
  }

  /** Resolves when the client has caught up or disconnected. */
  async flowing(): Promise<void> {
    while (this.open && this.response.writableNeedDrain) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, DRAIN_CHECK_MS);
        this.response.once('drain', () => {
          clearTimeout(timer);
          resolve(undefined);
        });
      });
    }
  }

  /** Sends a comment, so that proxies and clients keep the connection open. */
  heartbeat(): void {
    this.write(HEARTBEAT);
  }

  /** Sends one chunk of the result as an event, without making a string of it; resolves when the kernel has it. */
  async sendChunk(plain: Buffer, index: number): Promise<void> {
    const head = Buffer.from(`event: chunk\ndata: {"index":${index},"data":"`, 'latin1');
    const frame = Buffer.allocUnsafeSlow(head.length + base64Bytes(plain.length) + 4);
    head.copy(frame);
    const end = head.length + encodeBase64(plain, frame, head.length);
    frame.write('"}\n\n', end, 'latin1');
    await writeAndFlush(this.response, frame).finally(() => wipe(frame));
  }

  /** Completes the stream; resolves when the kernel has its last byte. */
  async end(): Promise<void> {
    if (this.open) await endAndFlush(this.response).catch(() => undefined);
  }

  /** Closes the connection. */
  destroy(): void {
    this.response.destroy();
  }

  private write(text: string): void {
    if (!this.open) return;
    this.response.write(text);
    if (this.response.writableLength > MAX_BEHIND_BYTES) this.destroy();
  }
}

/** Drops the headers of the request, with the token: a stream may be open for minutes. */
function forgetHead({ request: { raw } }: FastifyReply): void {
  raw.rawHeaders = [];
  raw.headers = {};
}
