import type { IncomingMessage } from 'node:http';
import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';
import type { ByteSource } from './byte-source.js';

/** Pieces below this size are put together, so that work downstream does not depend on how a client cuts its body. */
const BLOCK_BYTES = 4096;

/** The socket is paused while this many bytes wait to be read. */
const MAX_QUEUED_BYTES = 65_536;

/** What is read of a body that nobody wants. */
export interface DrainLimits {
  maxBytes: number;
  maxMs: number;
}

declare module 'node:http' {
  interface IncomingMessage {
    /** Reads the body. Absent until `bodyReaderOf` is first asked for it. */
    bodyReader?: BodyReader;
  }
}

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
  private readonly endStream: () => void;
  private readonly queue: Buffer[] = [];
  /** Block that takes small pieces; it is the newest in the queue. */
  private block: Buffer | undefined;
  private blockBytes = 0;
  private queued = 0;
  private lent: Buffer | undefined;
  private state: 'open' | 'complete' | 'ended' | 'discarding' = 'open';
  private maxBytes = Infinity;
  private wake: (() => void) | undefined;
  private isWakeScheduled = false;

  constructor(private readonly request: IncomingMessage) {
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

  /** Reads no more than `maxBytes` in all. */
  limitTo(maxBytes: number): this {
    this.maxBytes = maxBytes;
    return this;
  }

  /** @throws Problem `upload-interrupted` when the connection closed | `image-too-large` beyond the limit */
  async next(): Promise<Buffer | undefined> {
    this.release();
    while (this.queue.length === 0 && this.state === 'open') await this.arrival();
    if (this.state === 'discarding') throw new Problem('upload-interrupted');
    this.lent = this.shift();
    if (this.receivedBytes > this.maxBytes) {
      this.release();
      throw new Problem('image-too-large');
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
   * connection under a client that still sends, which would then never read the answer (RFC 9112 §9.6). A client that
   * sends on beyond the limits is disconnected.
   */
  drain({ maxBytes, maxMs }: DrainLimits): void {
    const isUnread = this.state === 'open';
    this.discard();
    if (!isUnread) return;
    const { request } = this;
    const { socket } = request;
    this.maxBytes = this.receivedBytes + maxBytes;
    const timer = setTimeout(() => socket.destroy(), maxMs).unref();
    request.once('close', () => clearTimeout(timer));
    socket.resume();
  }

  private receive(piece: Buffer): boolean {
    this.receivedBytes += piece.length;
    if (this.state !== 'open') {
      wipe(piece);
      if (this.receivedBytes > this.maxBytes) this.request.socket.destroy();
      return true;
    }
    if (piece.length >= BLOCK_BYTES) {
      this.closeBlock();
      this.queue.push(piece);
    } else if (piece.length > 0) this.append(piece);
    this.queued += piece.length;
    this.notify();
    return this.queued < MAX_QUEUED_BYTES;
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
