import type { FastifyReply } from 'fastify';
import type { OutputFacts } from '#broker/records/job-record.js';
import { wipe } from '#crypto/wipe.js';
import { base64Bytes, Base64Pieces } from '../results/base64-encoder.js';
import {
  endAndFlush,
  writeAndFlush,
  resultHeaders,
  sendHead,
  type AbortableResultWriter,
  type ResultHeaders,
} from '../results/http-result-writer.js';

/** Media type of answers in JSON. */
export const JSON_MIME = 'application/json; charset=utf-8';

/** What surrounds a result in base64, as JSON. */
export interface JsonFrame {
  before: string;
  after: (output: OutputFacts) => string;
  /** Headers besides those of all results. */
  headers?: ResultHeaders;
}

/** Writes a result in base64 within JSON. It is encoded chunk by chunk, without a string, which could not be wiped. */
export class Base64ResultWriter implements AbortableResultWriter {
  readonly way = 'compat';
  private isStarted = false;
  private tail = '';
  private readonly base64 = new Base64Pieces();

  constructor(
    private readonly reply: FastifyReply,
    private readonly frame: JsonFrame,
  ) {}

  /** Sends the head. */
  start(output: OutputFacts): void {
    const { before, after, headers } = this.frame;
    this.tail = after(output);
    this.isStarted = true;
    sendHead(this.reply, {
      ...resultHeaders(output),
      ...headers?.(output),
      'Content-Type': JSON_MIME,
      'Content-Length': before.length + base64Bytes(output.bytes) + this.tail.length,
    });
    this.reply.raw.write(before);
  }

  /** Sends one chunk, without the bytes of an incomplete group of three. */
  write(plain: Buffer): Promise<void> {
    return this.send(this.base64.next(plain));
  }

  /** Sends the last bytes, and ends the body. */
  async finish(): Promise<void> {
    await this.send(this.base64.end());
    this.reply.raw.write(this.tail);
    await endAndFlush(this.reply.raw);
  }

  /** Closes the connection if the body has started. */
  abort(): boolean {
    this.base64.close();
    if (this.isStarted) this.reply.raw.destroy();
    return this.isStarted;
  }

  private async send(text: Buffer): Promise<void> {
    await writeAndFlush(this.reply.raw, text).finally(() => wipe(text));
  }
}
