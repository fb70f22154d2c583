import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { JobEvents } from '#contracts/job-events.js';
import { wipe } from '#crypto/wipe.js';
import { base64Bytes, encodeBase64 } from '../results/base64-encoder.js';
import { endAndFlush, writeAndFlush, sendHead } from '../results/http-result-writer.js';

/** A client this far behind is disconnected; it may reconnect with Last-Event-ID. */
const MAX_BEHIND_BYTES = 262_144;
const RECONNECT_AFTER_MS = 1000;
const DRAIN_CHECK_MS = 1000;
const HEARTBEAT = ': \n\n';

/** One server-sent event stream (WHATWG HTML §9.2), written straight to the response. Events by name and data. */
export class SseStream<Events extends object = JobEvents> {
  private readonly response: ServerResponse;

  constructor(reply: FastifyReply) {
    this.response = reply.raw;
    sendHead(reply, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    // On its own: sent along with the first text, Node would keep the head in fifty pieces for as long as it streams.
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

  /** Sends an event. `id` makes it one that a client can resume after. */
  send<E extends keyof Events & string>(name: E, data: Events[E], id?: number): void {
    const idLine = id === undefined ? '' : `id: ${id}\n`;
    this.write(`event: ${name}\n${idLine}data: ${JSON.stringify(data)}\n\n`);
  }

  /** Sends an event that may be left out when the client is behind. */
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

  /** Keeps proxies and clients from giving up. */
  heartbeat(): void {
    this.write(HEARTBEAT);
  }

  /** Sends one piece of the result as a `chunk` event; resolves when the kernel has it. Makes no string of it. */
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

  /** Cuts the stream. */
  cut(): void {
    this.response.destroy();
  }

  private write(text: string): void {
    if (!this.open) return;
    this.response.write(text);
    if (this.response.writableLength > MAX_BEHIND_BYTES) this.cut();
  }
}

/** A stream may be open for minutes: its request, with the token in it, is not kept that long. */
function forgetHead({ request: { raw } }: FastifyReply): void {
  raw.rawHeaders = [];
  raw.headers = {};
}
