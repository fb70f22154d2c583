import type { CutoutFacts, CutoutImage } from './cutout-image.js';
import type { CutoutOptions } from './cutout-options.js';
import type { ImageInput } from './image-input.js';
import type { JobKey } from './job-client.js';
import type { RemoveBgError } from './removebg-error.js';

/** An image for a batch run. */
export interface BatchImage {
  /** Your name for it. Never sent; names may repeat. Default: its position in the input, from 0. */
  name?: string | undefined;
  /**
   * Its `custom_id` at the service, unique in the run, at most 190 characters. Needed to resume a batch: an image that the
   * batch already has is not processed again. Default: its position.
   */
  customId?: string | undefined;
  /**
   * The image, or a function that reads it when there is room for it. The function is called again if the image must be
   * submitted again. A stream can be read only once: pass a function that opens it.
   */
  image: ImageInput | (() => ImageInput | Promise<ImageInput>);
  /** Options for this image. They override the options of the run. */
  options?: CutoutOptions | undefined;
  /** Mask of this image, or a function that reads it, as for the image. It takes the place of the model. */
  mask?: ImageInput | (() => ImageInput | Promise<ImageInput>) | undefined;
  /** Background of this image, or a function that reads it. It takes the place of the background of the run. */
  background?: ImageInput | (() => ImageInput | Promise<ImageInput>) | undefined;
}

/** The outcome of one image: its cutout, or the error. `attempts` is the number of its submissions in this run. */
export type BatchOutcome =
  | {
      name: string;
      ok: true;
      image: CutoutImage;
      facts: CutoutFacts;
      job: JobKey | undefined;
      attempts: number;
    }
  /** If reading the image failed, `error.code` is `image-unreadable` and `error.cause` is what the reader threw. */
  | { name: string; ok: false; error: RemoveBgError; attempts: number };

/** An image that has been submitted and has no outcome yet. */
export interface PendingImage {
  /** Its `custom_id`: by default a number, so that the service learns no file name. */
  id: string;
  /** How often its result was delivered and got lost. A batch delivers a result once: the next submission has a new id. */
  repeats: number;
  name: string;
  source: BatchImage;
  /** Number of submissions so far. */
  attempts: number;
  /** Sequence number of the latest submission. */
  order: number;
  job: JobKey | undefined;
  /** When the service first reported the result as delivered, by `performance.now()`. */
  deliveredAt?: number;
}

/** The images that are at the service, oldest first, and those to submit again. Limits how many are in flight. */
export class InFlightWindow {
  /** Images that the service lost, to be submitted again. */
  readonly lost: PendingImage[] = [];
  private readonly inFlight = new Map<string, PendingImage>();
  private readonly listeners = new Set<() => void>();
  private submitted = 0;
  private newestReturned = 0;
  private lastReturnAt = 0;

  /** @param limit maximum number of images in flight */
  constructor(private readonly limit: number) {}

  /** Number of images in flight. */
  get size(): number {
    return this.inFlight.size;
  }

  /** Resolves when there is room for one more image, or when the signal aborts. */
  async waitForRoom(signal: AbortSignal): Promise<void> {
    while (this.inFlight.size >= this.limit && !signal.aborted) await this.nextChange(signal);
  }

  /** Adds an image that is about to be submitted. */
  add(image: PendingImage): void {
    image.order = this.submitted += 1;
    image.attempts += 1;
    if (this.inFlight.size === 0) this.lastReturnAt = performance.now();
    this.inFlight.set(image.id, image);
  }

  /** An image in flight; undefined if there is none with this id. */
  get(id: string): PendingImage | undefined {
    return this.inFlight.get(id);
  }

  /** Removes and returns an image; undefined if it is not in flight. */
  take(id: string): PendingImage | undefined {
    const image = this.inFlight.get(id);
    if (image === undefined) return undefined;
    this.inFlight.delete(id);
    this.newestReturned = Math.max(this.newestReturned, image.order);
    this.lastReturnAt = performance.now();
    for (const listener of [...this.listeners]) listener();
    return image;
  }

  /** Queues an image for another submission if it is still in flight. @param hasNewId true for a result that was delivered */
  resubmit(image: PendingImage, hasNewId = false): void {
    if (this.take(image.id) === undefined) return;
    if (hasNewId) {
      image.repeats += 1;
      image.id = `${image.id.replace(/~\d+$/, '')}~${image.repeats + 1}`;
    }
    image.job = undefined;
    delete image.deliveredAt;
    this.lost.push(image);
  }

  /** All images in flight, oldest first. */
  all(): PendingImage[] {
    return [...this.inFlight.values()];
  }

  /**
   * All images, oldest first, when it is time to ask for the status of the oldest: no image has returned for `idleMs`,
   * or an image submitted at least `lead` later has returned. Otherwise empty.
   */
  overdue(idleMs: number, lead: number): PendingImage[] {
    const [oldest] = this.inFlight.values();
    if (oldest === undefined) return [];
    const isIdle = performance.now() - this.lastReturnAt > idleMs;
    return isIdle || this.newestReturned - oldest.order >= lead ? this.all() : [];
  }

  private nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const onChange = (): void => {
        signal.removeEventListener('abort', onChange);
        this.listeners.delete(onChange);
        resolve();
      };
      this.listeners.add(onChange);
      signal.addEventListener('abort', onChange, { once: true });
    });
  }
}
