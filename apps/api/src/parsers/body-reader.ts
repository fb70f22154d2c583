import type { IncomingMessage } from 'node:http';
import { Problem, imageTooLarge } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import type { ByteSource } from './byte-cursor.js';

/** Smaller pieces are joined, so that the work of parsers does not depend on how a client splits its body. */
const BLOCK_BYTES = 4096;

/** The socket is paused while this many bytes are queued. */
const MAX_QUEUED_BYTES = 65_536;

/** Chunks that any chunked body may have (RFC 9112 §7.1), and the minimum average size of further ones. */
const FREE_CHUNKS = 1024;
const MIN_CHUNK_BYTES = 32;

declare module 'node:http' {
  interface IncomingMessage {
    /** Reads the body. Set by `bodyReaderOf`. */
    bodyReader?: BodyReader;
  }
}

const fragmented = (): Problem =>
  new Problem('invalid-request', {
    detail: `The body has too many small chunks. Chunks must have at least ${MIN_CHUNK_BYTES} bytes on average.`,
  });

/** The reader of the body of a request. */
export function bodyReaderOf(request: IncomingMessage): BodyReader {
  return (request.bodyReader ??= new BodyReader(request));
}

/**
 * Reads the body of a request, and wipes all of its pieces. It takes the pieces when the HTTP parser delivers them (`push`),
 * before the stream queues them: Node's streams join queued pieces and drop them without a wipe.
 */
export class BodyReader implements ByteSource {
  /** Bytes received so far. */
  receivedBytes = 0;
  /**
   * True when the body has so many small chunks that parsing them is too expensive. Nothing more is read then, and the
   * connection must be closed without draining.
   */
  isFragmented = false;
  private readonly isChunked: boolean;
  private pieceCount = 0;
  private readonly endStream: () => void;
  private readonly queue: Buffer[] = [];
  /** Block that collects small pieces; the newest in the queue. */
  private block: Buffer | undefined;
  private blockBytes = 0;
  private queued = 0;
  private lent: Buffer | undefined;
  private state: 'open' | 'complete' | 'ended' | 'discarding' = 'open';
  private maxBytes = Infinity;
  private maxImageBytes = Infinity;
  private disconnect: (() => void) | undefined;
  private wake: (() => void) | undefined;
  private isWakeScheduled = false;

  constructor(private readonly request: IncomingMessage) {
    this.isChunked = request.headers['transfer-encoding'] !== undefined;
    const push = request.push.bind(request);
    this.endStream = () => push(null);
    request.push = (piece: Buffer | null) => (piece === null ? this.complete() : this.receive(piece));
    request.once('close', () => this.discard());
    // Starts the stream. Only its end flows through it.
    request.resume();
  }

  /** Queued bytes. While there are some, this process is slow, not the client. */
  get queuedBytes(): number {
    return this.queued;
  }

  /** Limits the body to `maxBytes`, the size of a body with an image of `maxImageBytes`. */
  limitTo(maxBytes: number, maxImageBytes = maxBytes): this {
    this.maxBytes = maxBytes;
    this.maxImageBytes = maxImageBytes;
    return this;
  }

  /**
   * @throws Problem `upload-interrupted` when the connection closed | `image-too-large` beyond the limit |
   * `invalid-request` for a body in too many small chunks
   */
  async next(): Promise<Buffer | undefined> {
    this.release();
    while (this.queue.length === 0 && this.state === 'open') await this.arrival();
    if (this.isFragmented) throw fragmented();
    if (this.state === 'discarding') throw new Problem('upload-interrupted');
    this.lent = this.shift();
    if (this.receivedBytes > this.maxBytes) {
      this.release();
      throw imageTooLarge(this.maxImageBytes);
    }
    return this.lent;
  }

  /** The body as an iterable. Each piece is valid until the next is requested. */
  async *pieces(): AsyncGenerator<Buffer, void> {
    try {
      for (let piece = await this.next(); piece !== undefined; piece = await this.next()) yield piece;
    } finally {
      this.close();
    }
  }

  /** Wipes the received bytes. Later bytes are wiped after `drain`, or when the connection closes. */
  close(): void {
    this.release();
    this.clear();
  }

  /**
   * Reads and wipes the rest of the body after the response: closing at once would reset the connection while the client is
   * sending, and the client would not read the response (RFC 9112 §9.6). `disconnect` is called when the client sends more
   * than `maxBytes`, or too many small chunks.
   */
  drain(maxBytes: number, disconnect: () => void): void {
    const isUnread = this.state === 'open';
    this.discard();
    this.disconnect = disconnect;
    if (this.isFragmented) disconnect();
    if (!isUnread) return;
    this.maxBytes = this.receivedBytes + maxBytes;
    this.request.socket.resume();
  }

  private receive(piece: Buffer): boolean {
    this.receivedBytes += piece.length;
    this.pieceCount += 1;
    if (this.isFragmented || this.hasTooManyChunks()) return this.refuse(piece);
    if (this.state !== 'open') {
      wipe(piece);
      if (this.receivedBytes <= this.maxBytes) return true;
      this.disconnect?.();
      return false;
    }
    if (piece.length >= BLOCK_BYTES) {
      this.closeBlock();
      this.queue.push(piece);
    } else if (piece.length > 0) this.append(piece);
    this.queued += piece.length;
    this.notify();
    return this.queued < MAX_QUEUED_BYTES;
  }

  /** The parser delivers each chunk separately; without chunks, there is one piece per read of the socket. */
  private hasTooManyChunks(): boolean {
    return this.isChunked && this.pieceCount > FREE_CHUNKS + this.receivedBytes / MIN_CHUNK_BYTES;
  }

  /** Wipes the received bytes, and stops reading from the socket. */
  private refuse(piece: Buffer): boolean {
    wipe(piece);
    if (this.isFragmented) return false;
    this.isFragmented = true;
    this.disconnect?.();
    this.discard();
    return false;
  }

  /** Moves a small piece into the newest block. */
  private append(piece: Buffer): void {
    for (let at = 0; at < piece.length;) {
      if (this.block === undefined) {
        this.block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
        this.blockBytes = 0;
      }
      const copied = piece.copy(this.block, this.blockBytes, at);
      this.blockBytes += copied;
      at += copied;
      if (this.blockBytes === BLOCK_BYTES) this.closeBlock();
    }
    wipe(piece);
  }

  private closeBlock(): void {
    if (this.block === undefined) return;
    this.queue.push(this.block.subarray(0, this.blockBytes));
    this.block = undefined;
  }

  private shift(): Buffer | undefined {
    if (this.queue.length === 0) this.closeBlock();
    const piece = this.queue.shift();
    this.queued -= piece?.length ?? 0;
    if (this.state === 'complete' && this.queued === 0) this.end();
    else if (this.state === 'open' && this.queued < MAX_QUEUED_BYTES) this.request.socket.resume();
    return piece;
  }

  private complete(): boolean {
    if (this.state === 'open') this.state = 'complete';
    if (this.queued === 0) this.end();
    this.notify();
    return false;
  }

  /** Ends the stream, once everything has been read. */
  private end(): void {
    if (this.state === 'complete') this.state = 'ended';
    this.endStream();
  }

  /** Drops queued and later bytes. A body that has been read to its end is unchanged. */
  private discard(): void {
    if (this.state === 'ended') return;
    const isComplete = this.state === 'complete';
    this.state = 'discarding';
    this.close();
    this.notify();
    if (isComplete) this.endStream();
  }

  private clear(): void {
    wipe(...this.queue.splice(0), this.block);
    this.block = undefined;
    this.queued = 0;
  }

  private release(): void {
    wipe(this.lent);
    this.lent = undefined;
  }

  private arrival(): Promise<void> {
    if (this.block !== undefined) {
      this.closeBlock();
      return Promise.resolve();
    }
    return new Promise((resolve) => (this.wake = resolve));
  }

  /** Wakes the reader once the parser has delivered all of its pieces. */
  private notify(): void {
    if (this.wake === undefined || this.isWakeScheduled) return;
    this.isWakeScheduled = true;
    setImmediate(() => {
      this.isWakeScheduled = false;
      this.wake?.();
      this.wake = undefined;
    });
  }
}
