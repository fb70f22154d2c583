import type { IncomingMessage } from 'node:http';
import { Problem } from '#contracts/problem-catalog.js';
import { imageTooLarge } from '#contracts/problem-limits.js';
import { wipe } from '#crypto/wipe.js';
import type { ByteSource } from './byte-source.js';

/** Pieces below this size are put together, so that work downstream does not depend on how a client cuts its body. */
const BLOCK_BYTES = 4096;

/** The socket is paused while this many bytes wait to be read. */
const MAX_QUEUED_BYTES = 65_536;

/** Chunks that any chunked body may have (RFC 9112 §7.1), and the bytes that each one beyond them has to bring on average. */
const FREE_CHUNKS = 1024;
const MIN_CHUNK_BYTES = 32;

declare module 'node:http' {
  interface IncomingMessage {
    /** Reads the body. Absent until `bodyReaderOf` is first asked for it. */
    bodyReader?: BodyReader;
  }
}

const fragmented = (): Problem =>
  new Problem('invalid-request', {
    detail: `The body comes in too many small chunks: each is to have ${MIN_CHUNK_BYTES} bytes or more on average`,
  });

/** The one reader of a request's body. */
export function bodyReaderOf(request: IncomingMessage): BodyReader {
  return (request.bodyReader ??= new BodyReader(request));
}

/**
 * Reads the body of a request, and wipes every piece of it. It takes the pieces at the moment the HTTP parser delivers
 * them (`push`), before the stream queues them: a stream joins queued pieces when it is read, forgets the originals, and
 * drops them when it is destroyed, unwiped in each case.
 */
export class BodyReader implements ByteSource {
  /** Bytes that the client has sent so far. */
  receivedBytes = 0;
  /**
   * Set when the client cuts its body into so many tiny chunks that parsing them costs more than anything else a client
   * could send. Nothing more is read of it then: the connection is to be closed without draining.
   */
  isFragmented = false;
  private readonly isChunked: boolean;
  private pieceCount = 0;
  private readonly endStream: () => void;
  private readonly queue: Buffer[] = [];
  /** Block that takes small pieces; it is the newest in the queue. */
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
    // Marks the body as wanted; nothing flows through the stream but its end.
    request.resume();
  }

  /** Bytes that wait to be read. While there are some, it is not the client who is slow. */
  get queuedBytes(): number {
    return this.queued;
  }

  /** Reads no more than `maxBytes` in all: what a body may have that brings an image of `maxImageBytes`. */
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

  /** The body as an iterable. Each piece is valid until the next is asked for. */
  async *pieces(): AsyncGenerator<Buffer, void> {
    try {
      for (let piece = await this.next(); piece !== undefined; piece = await this.next()) yield piece;
    } finally {
      this.close();
    }
  }

  /** Wipes what has arrived. What still comes is wiped as well once `drain` or the end of the connection says so. */
  close(): void {
    this.release();
    this.clear();
  }

  /**
   * Reads and wipes what is left of the body, once the request has been answered: closing at once would reset the
   * connection under a client that still sends, which would then never read the answer (RFC 9112 §9.6). When the client
   * sends more than `maxBytes`, or tiny chunks, nothing more is read, and `disconnect` is called.
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

  /** The parser delivers each chunk by itself; without chunks there is one piece for each read of the socket. */
  private hasTooManyChunks(): boolean {
    return this.isChunked && this.pieceCount > FREE_CHUNKS + this.receivedBytes / MIN_CHUNK_BYTES;
  }

  /** Wipes what has arrived, and stops reading from the socket. */
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

  /** Lets the stream end, as it does when everything has been read from it. */
  private end(): void {
    if (this.state === 'complete') this.state = 'ended';
    this.endStream();
  }

  /** Forgets what waits, and what still comes. A body that has been read to its end stays readable. */
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

  /** Wakes the reader once the parser has delivered all that it has, not once for each piece. */
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
