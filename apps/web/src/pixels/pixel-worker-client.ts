import type { PixelAnswer, PixelFault, PixelNotification, PixelWork, WorkName } from './pixel-messages.js';

const WORKER = '/assets/pixels.js';

/** A request to the pixel worker failed. */
export class PixelProblem extends Error {
  override readonly name = 'PixelProblem';

  constructor(readonly fault: PixelFault) {
    super(fault);
  }
}

interface PendingRequest {
  message: { name: WorkName; id: number; data: unknown };
  transfer: Transferable[];
  resolve: (back: never) => void;
  reject: (problem: PixelProblem) => void;
}

/**
 * Client of the pixel worker, which keeps large photos off the page's thread. Sends one request at a time, so that at most
 * one decoded photo is in memory.
 */
export class PixelWorkerClient {
  private readonly worker = new Worker(WORKER, { type: 'module' });
  private readonly highPriority: PendingRequest[] = [];
  private readonly lowPriority: PendingRequest[] = [];
  private current: PendingRequest | undefined;
  private lastId = 0;

  constructor() {
    this.worker.addEventListener('message', ({ data }: MessageEvent<PixelAnswer>) => this.settle(data));
    // A crashed worker, usually out of memory, sends no answers.
    this.worker.addEventListener('error', () => this.failAll());
  }

  /**
   * Sends a request. `measure` has lower priority than all others.
   * @throws PixelProblem
   */
  do<N extends WorkName>(
    name: N,
    data: PixelWork[N]['send'],
    transfer: Transferable[] = [],
  ): Promise<PixelWork[N]['back']> {
    return new Promise((resolve, reject) => {
      const message = { name, id: ++this.lastId, data };
      (name === 'measure' ? this.lowPriority : this.highPriority).push({
        message,
        transfer,
        resolve,
        reject,
      });
      this.next();
    });
  }

  /** Sends a message that has no answer. */
  notify(note: PixelNotification): void {
    this.worker.postMessage(note);
  }

  /** Ends the worker and frees its memory. */
  close(): void {
    this.worker.terminate();
    this.failAll();
  }

  private next(): void {
    if (this.current !== undefined) return;
    this.current = this.highPriority.shift() ?? this.lowPriority.shift();
    if (this.current !== undefined) this.worker.postMessage(this.current.message, this.current.transfer);
  }

  private settle(answer: PixelAnswer): void {
    const pending = this.current;
    if (pending?.message.id !== answer.id) return;
    this.current = undefined;
    if ('back' in answer) pending.resolve(answer.back as never);
    else pending.reject(new PixelProblem(answer.fault));
    this.next();
  }

  private failAll(): void {
    const all = [this.current, ...this.highPriority.splice(0), ...this.lowPriority.splice(0)];
    this.current = undefined;
    for (const pending of all) pending?.reject(new PixelProblem('too-large'));
  }
}
