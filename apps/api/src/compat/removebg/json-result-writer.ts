import type { FastifyReply } from 'fastify';
import type { OutputFacts } from '#broker/records/job-record.js';
import { wipe } from '#crypto/wipe.js';
import { base64Bytes, encodeBase64 } from '../../results/base64-encoder.js';
import {
  endAndFlush,
  writeAndFlush,
  resultHeaders,
  sendHead,
  type AbortableResultWriter,
} from '../../results/http-result-writer.js';

const HEAD = Buffer.from('{"data":{"result_b64":"');
const GROUP = 3;

/**
 * Writes a result in base64 within JSON, in the format of remove.bg. It is encoded chunk by chunk, without a string, which
 * could not be wiped.
 */
export class JsonResultWriter implements AbortableResultWriter {
  readonly way = 'compat';
  private isStarted = false;
  private tail = Buffer.alloc(0);
  /** Bytes of an incomplete group of three. */
  private rest = Buffer.alloc(0);

  constructor(private readonly reply: FastifyReply) {}

  /** Sends the head. */
  start(output: OutputFacts): void {
    const { top, left, width, height } = output.foreground;
    const facts = {
      foreground_top: top,
      foreground_left: left,
      foreground_width: width,
      foreground_height: height,
    };
    this.tail = Buffer.from(`",${JSON.stringify(facts).slice(1)}}`);
    this.isStarted = true;
    sendHead(this.reply, {
      ...resultHeaders(output),
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': HEAD.length + base64Bytes(output.bytes) + this.tail.length,
    });
    this.reply.raw.write(HEAD);
  }

  /** Sends one chunk, without the bytes of an incomplete group of three. */
  async write(plain: Buffer): Promise<void> {
    const joined = Buffer.allocUnsafeSlow(this.rest.length + plain.length);
    this.rest.copy(joined);
    plain.copy(joined, this.rest.length);
    const whole = joined.length - (joined.length % GROUP);
    wipe(this.rest);
    this.rest = Buffer.from(joined.subarray(whole));
    try {
      await this.send(joined.subarray(0, whole), Buffer.alloc(0));
    } finally {
      wipe(joined);
    }
  }

  /** Sends the last bytes, and ends the body. */
  async finish(): Promise<void> {
    await this.send(this.rest, this.tail);
    wipe(this.rest);
    await endAndFlush(this.reply.raw);
  }

  /** Closes the connection if the body has started. */
  abort(): boolean {
    wipe(this.rest);
    if (this.isStarted) this.reply.raw.destroy();
    return this.isStarted;
  }

  private async send(plain: Buffer, tail: Buffer): Promise<void> {
    const frame = Buffer.allocUnsafeSlow(base64Bytes(plain.length) + tail.length);
    tail.copy(frame, encodeBase64(plain, frame, 0));
    await writeAndFlush(this.reply.raw, frame).finally(() => wipe(frame));
  }
}
