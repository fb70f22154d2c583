import { pause } from './abortable-pause.js';
import { InFlightWindow, type BatchImage, type BatchOutcome, type PendingImage } from './in-flight-window.js';
import { BatchSession, type BatchSessionParts } from './batch-session.js';
import { blobOf, type ImageInput } from './image-input.js';
import { retry } from './retry-policy.js';

/** What a run needs beyond what its legs share. */
export interface RunParts extends Omit<BatchSessionParts, 'flights' | 'nextFlight' | 'background'> {
  background: ImageInput | undefined;
  images: Iterable<BatchImage> | AsyncIterable<BatchImage>;
  /** Most images at the service at a time. */
  window: number;
}

/**
 * Any number of images, through one batch on the service, or more when one was lost or is full. Holds a few images at a
 * time: the next is read when there is room for it, and a result is fetched when the one before has been taken.
 */
export class BatchRun {
  private readonly flights: InFlightWindow;
  private readonly images: AsyncIterator<BatchImage> | Iterator<BatchImage>;
  private count = 0;
  private isExhausted = false;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: RunParts) {
    const { images } = parts;
    this.flights = new InFlightWindow(parts.window);
    this.images = Symbol.asyncIterator in images ? images[Symbol.asyncIterator]() : images[Symbol.iterator]();
  }

  /** Each image once, as it is finished. @throws RemoveBgError when going on is pointless | the signal's reason */
  async *outcomes(): AsyncGenerator<BatchOutcome, void, undefined> {
    const { batches, patience, background: given } = this.parts;
    const { signal } = patience;
    try {
      const background = given === undefined ? undefined : await blobOf(given);
      const parts = { flights: this.flights, nextFlight: () => this.next(), background };
      for (;;) {
        const first = await this.next();
        if (first === undefined) return;
        this.flights.again.unshift(first);
        const batch = await retry(() => batches.open({ signal }), patience);
        yield* new BatchSession({ ...this.parts, ...parts }, batch).outcomes();
        signal.throwIfAborted();
        if (this.flights.again.length > 0) await pause(patience.retryMs, signal);
      }
    } finally {
      if (!this.isExhausted) await this.images.return?.();
    }
  }

  /** One after the other: an iterator need not bear being asked twice at a time. */
  private next(): Promise<PendingImage | undefined> {
    const mine = this.turn.then(() => this.read());
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async read(): Promise<PendingImage | undefined> {
    const lost = this.flights.again.shift();
    if (lost !== undefined || this.isExhausted) return lost;
    const next = await this.images.next();
    if (next.done === true) {
      this.isExhausted = true;
      return undefined;
    }
    const id = String(this.count);
    this.count += 1;
    return { id, name: next.value.name ?? id, source: next.value, tries: 0, order: 0, job: undefined };
  }
}
