import type { PixelAnswer, PixelFault, PixelNote, PixelWork, WorkName } from './pixel-messages.js';

const WORKER = '/assets/pixels.js';

/** Work on pixels that could not be done. */
export class PixelProblem extends Error {
  override readonly name = 'PixelProblem';

  constructor(readonly fault: PixelFault) {
    super(fault);
  }
}

interface Order {
  message: { name: WorkName; id: number; data: unknown };
  transfer: Transferable[];
  resolve: (back: never) => void;
  reject: (problem: PixelProblem) => void;
}

/**
 * Where pixels are worked on: a worker of its own, so that no photo, however large, holds up the page. One piece of
 * work at a time, so that at most one photo is held decoded.
 */
export class PixelWorkerClient {
  private readonly worker = new Worker(WORKER, { type: 'module' });
  private readonly urgent: Order[] = [];
  private readonly patient: Order[] = [];
  private current: Order | undefined;
  private lastId = 0;

  constructor() {
    this.worker.addEventListener('message', ({ data }: MessageEvent<PixelAnswer>) => this.settle(data));
    // A worker that dies (of memory, most likely) answers nothing any more: whoever waits is told.
    this.worker.addEventListener('error', () => this.failAll());
  }

  /**
   * Has work done. A measure waits until all other work is done.
   *
   * @throws PixelProblem
   */
  do<N extends WorkName>(
    name: N,
    data: PixelWork[N]['send'],
    transfer: Transferable[] = [],
  ): Promise<PixelWork[N]['back']> {
    return new Promise((resolve, reject) => {
      const message = { name, id: ++this.lastId, data };
      (name === 'measure' ? this.patient : this.urgent).push({ message, transfer, resolve, reject });
      this.next();
    });
  }

  /** Tells something that needs no answer. */
  tell(note: PixelNote): void {
    this.worker.postMessage(note);
  }

  /** Ends the worker: everything it held is gone at once. */
  close(): void {
    this.worker.terminate();
    this.failAll();
  }

  private next(): void {
    if (this.current !== undefined) return;
    this.current = this.urgent.shift() ?? this.patient.shift();
    if (this.current !== undefined) this.worker.postMessage(this.current.message, this.current.transfer);
  }

  private settle(answer: PixelAnswer): void {
    const order = this.current;
    if (order?.message.id !== answer.id) return;
    this.current = undefined;
    if ('back' in answer) order.resolve(answer.back as never);
    else order.reject(new PixelProblem(answer.fault));
    this.next();
  }

  private failAll(): void {
    const orders = [this.current, ...this.urgent.splice(0), ...this.patient.splice(0)];
    this.current = undefined;
    for (const order of orders) order?.reject(new PixelProblem('too-large'));
  }
}
