import type { ClientRequest, IncomingMessage } from 'node:http';
import { Problem, imageTooLarge } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';

/** How a body is read. */
export interface BodyLimits {
  /** Size limit of the body. */
  maxBytes: number;
  /** Longest wait for its next bytes. */
  idleMs: number;
  /** Aborts the read. */
  signal: AbortSignal;
}

/**
 * The body of an answer, piece by piece as it is asked for. Not the stream's own iterator: that joins what has arrived
 * in the meantime and forgets the parts, unwiped.
 */
export class ResponseBody {
  private readonly waiting: Buffer[] = [];
  private state: 'open' | 'ended' | 'broken' | 'closed' = 'open';
  private wake: () => void = () => undefined;

  constructor(
    private readonly request: ClientRequest,
    private readonly response: IncomingMessage,
  ) {
    response.on('data', (piece: Buffer) => this.take(piece));
    response.once('end', () => this.become('ended'));
    response.once('error', () => this.become('broken'));
    response.once('close', () => this.become('broken'));
    response.pause();
  }

  /**
   * Each piece is its reader's, to be wiped.
   * @throws Problem `image-too-large` | `image-url-failed`
   * @throws the signal's reason
   */
  async *pieces({ maxBytes, idleMs, signal }: BodyLimits): AsyncGenerator<Buffer, void> {
    let total = 0;
    for (;;) {
      const piece = await this.next(idleMs, signal);
      if (piece === undefined) break;
      total += piece.length;
      if (total > maxBytes) {
        wipe(piece);
        throw imageTooLarge(maxBytes);
      }
      yield piece;
    }
    if (total === 0) throw new Problem('image-url-failed', { detail: 'The host sent no bytes' });
  }

  /** Ends the exchange. What has arrived and was not asked for is wiped, and what still comes. */
  close(): void {
    this.state = 'closed';
    wipe(...this.waiting.splice(0));
    // Pieces that the stream still holds come out of it first.
    this.response.resume();
    setImmediate(() => this.request.destroy());
  }

  private take(piece: Buffer): void {
    if (this.state === 'closed') {
      wipe(piece);
      return;
    }
    this.waiting.push(piece);
    this.response.pause();
    this.wake();
  }

  private become(state: 'ended' | 'broken'): void {
    if (this.state === 'open') this.state = state;
    this.wake();
  }

  private async next(idleMs: number, signal: AbortSignal): Promise<Buffer | undefined> {
    const idle = AbortSignal.timeout(idleMs);
    signal.throwIfAborted();
    while (this.waiting.length === 0 && this.state === 'open') {
      if (idle.aborted) throw new Problem('image-url-failed', { detail: 'The host stopped sending' });
      this.response.resume();
      await this.news([signal, idle]);
      signal.throwIfAborted();
    }
    const piece = this.waiting.shift();
    if (piece === undefined && this.state !== 'ended')
      throw new Problem('image-url-failed', { detail: 'The host broke off' });
    return piece;
  }

  /** Resolves when something has happened. */
  private news(signals: readonly AbortSignal[]): Promise<void> {
    return new Promise((resolve) => {
      this.wake = () => {
        for (const signal of signals) signal.removeEventListener('abort', this.wake);
        resolve();
      };
      for (const signal of signals) signal.addEventListener('abort', this.wake);
    });
  }
}
