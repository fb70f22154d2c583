import type { FastifyReply } from 'fastify';
import type { OutputFacts } from '#broker/records/job-record.js';
import { wipe } from '#crypto/wipe.js';
import { Base64Pieces } from '../../results/base64-encoder.js';
import {
  endAndFlush,
  writeAndFlush,
  resultHeaders,
  sendHead,
  type AbortableResultWriter,
} from '../../results/http-result-writer.js';
import { JSON_MIME } from '../base64-result-writer.js';
import { workMs } from '../call-values.js';

/** Bytes of a ZIP's local header before the name, and where the size of the file is in it (APPNOTE §4.3.7). */
const HEADER_BYTES = 30;
const SIZE_AT = 22;

/** The files of a result with `only=both`, and the text before each. */
const FILES = [
  { name: 'cutout.png', before: '{"processed":"data:image/png;base64,' },
  { name: 'alpha.png', before: '","alphaMatte":"data:image/png;base64,' },
];

/**
 * Writes the two files of a result with `only=both` as data URLs within JSON, as withoutBG does. They are encoded chunk by
 * chunk. Their sizes are in the ZIP only, so the body has no `Content-Length`.
 */
export class PairResultWriter implements AbortableResultWriter {
  readonly way = 'compat';
  private isStarted = false;
  private tail = '';
  private fileIndex = 0;
  /** The header of the current file, as far as it has come. */
  private header = Buffer.alloc(0);
  /** Bytes of the current file that have not come yet. */
  private leftBytes = 0;
  private readonly base64 = new Base64Pieces();

  constructor(private readonly reply: FastifyReply) {}

  /** Sends the head. */
  start(output: OutputFacts): void {
    this.tail = `","latencyMs":${workMs(output)}}`;
    this.isStarted = true;
    sendHead(this.reply, { ...resultHeaders(output), 'Content-Type': JSON_MIME });
  }

  /** Sends what a chunk of the ZIP has of the two files. Its directory, behind them, is left out. */
  async write(plain: Buffer): Promise<void> {
    let at = 0;
    while (at < plain.length && this.fileIndex < FILES.length) {
      const rest = plain.subarray(at);
      at += this.leftBytes === 0 ? this.readHeader(rest) : await this.sendFile(rest);
    }
  }

  /** Ends the body. */
  async finish(): Promise<void> {
    this.reply.raw.write(this.tail);
    await endAndFlush(this.reply.raw);
  }

  /** Closes the connection if the body has started. */
  abort(): boolean {
    this.base64.close();
    if (this.isStarted) this.reply.raw.destroy();
    return this.isStarted;
  }

  /** Reads the header of a file, or a part of it. Returns the bytes read. */
  private readHeader(bytes: Buffer): number {
    const { name, before } = FILES[this.fileIndex] ?? { name: '', before: '' };
    const wanted = HEADER_BYTES + name.length - this.header.length;
    this.header = Buffer.concat([this.header, bytes.subarray(0, wanted)]);
    if (bytes.length < wanted) return bytes.length;
    this.leftBytes = this.header.readUInt32LE(SIZE_AT);
    this.header = Buffer.alloc(0);
    this.reply.raw.write(before);
    return wanted;
  }

  /** Sends the bytes of the current file. Returns their number. */
  private async sendFile(bytes: Buffer): Promise<number> {
    const piece = bytes.subarray(0, this.leftBytes);
    this.leftBytes -= piece.length;
    await this.send(this.base64.next(piece));
    if (this.leftBytes === 0) {
      await this.send(this.base64.end());
      this.fileIndex += 1;
    }
    return piece.length;
  }

  private async send(text: Buffer): Promise<void> {
    await writeAndFlush(this.reply.raw, text).finally(() => wipe(text));
  }
}
