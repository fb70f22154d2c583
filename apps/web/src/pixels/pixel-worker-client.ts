import type {
  Pair,
  PixelAnswer,
  PixelFault,
  PixelNotification,
  PixelWork,
  WorkName,
} from './pixel-messages.js';

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
  /** Of a preview: its pair. */
  key: string | undefined;
  callers: { resolve: (back: never) => void; reject: (problem: PixelProblem) => void }[];
}

/** Blobs by number. A worker receives copies, which have no identity. */
const numbers = new WeakMap<Blob, number>();
let lastNumber = 0;

/** A key for a pair of images: the same key is the same pair. */
function keyOf({ photo, cutout }: Pair): string {
  const numberOf = (blob: Blob): number => {
    const number = numbers.get(blob) ?? ++lastNumber;
    numbers.set(blob, number);
    return number;
  };
  return `${numberOf(photo)}/${numberOf(cutout)}`;
}

/**
 * Client of the pixel worker, which keeps large photos off the page's thread. Sends one request at a time, so that at most
 * one decoded photo is in memory.
 */
export class PixelWorkerClient {
  private started: Worker | undefined;
  private readonly highPriority: PendingRequest[] = [];
  private readonly lowPriority: PendingRequest[] = [];
  private current: PendingRequest | undefined;
  private lastId = 0;

  /** The worker. Its script is loaded with the first request. */
  private get worker(): Worker {
    if (this.started !== undefined) return this.started;
    this.started = new Worker(WORKER, { type: 'module' });
    this.started.addEventListener('message', ({ data }: MessageEvent<PixelAnswer>) => this.settle(data));
    // A worker that crashed, usually out of memory, or whose script could not be loaded, sends no answers. The next request
    // starts another one.
    this.started.addEventListener('error', () => this.close());
    return this.started;
  }

  /**
   * Sends a request. `measure` has lower priority than all others. A preview that has not been sent yet is replaced by a newer
   * one of the same pair: both callers receive the newer one.
   * @throws PixelProblem
   */
  do<N extends WorkName>(
    name: N,
    data: PixelWork[N]['send'],
    transfer: Transferable[] = [],
  ): Promise<PixelWork[N]['back']> {
    const key = name === 'renderPreview' ? keyOf(data as Pair) : undefined;
    const sent = key === undefined ? data : { ...data, key };
    return new Promise((resolve, reject) => {
      const waiting = key === undefined ? undefined : this.highPriority.find((one) => one.key === key);
      if (waiting !== undefined) {
        waiting.message.data = sent;
        waiting.callers.push({ resolve, reject });
        return;
      }
      const message = { name, id: ++this.lastId, data: sent };
      const queue = name === 'measure' ? this.lowPriority : this.highPriority;
      queue.push({ message, transfer, key, callers: [{ resolve, reject }] });
      this.next();
    });
  }

  /** Sends a message that has no answer. */
  notify(note: PixelNotification): void {
    this.worker.postMessage(note);
  }

  /** Ends the worker and frees its memory. */
  close(): void {
    this.started?.terminate();
    this.started = undefined;
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
    for (const { resolve, reject } of pending.callers) {
      if ('back' in answer) resolve(answer.back as never);
      else reject(new PixelProblem(answer.fault));
    }
    this.next();
  }

  private failAll(): void {
    const all = [this.current, ...this.highPriority.splice(0), ...this.lowPriority.splice(0)];
    this.current = undefined;
    for (const { reject } of all.flatMap((pending) => pending?.callers ?? []))
      reject(new PixelProblem('too-large'));
  }
}
