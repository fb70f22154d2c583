import type { CutoutImage } from './cutout-image.js';
import type { CutoutOptions } from './cutout-options.js';
import type { ImageInput } from './image-input.js';
import type { JobKey } from './job-client.js';
import type { RemoveBgError } from './removebg-error.js';
import type { CutoutFacts } from './result-facts.js';

/** An image for a batch run. */
export interface BatchImage {
  /** What you call it; it stays with you, and may be repeated. By default its place in the order, from 0. */
  name?: string | undefined;
  /**
   * The image, or a function that reads it when there is room for it, and maybe once more when it was lost on the way.
   * A stream can be read once: give a function that opens it.
   */
  image: ImageInput | (() => ImageInput | Promise<ImageInput>);
  /** Beyond those of the run. */
  options?: CutoutOptions | undefined;
}

/** The end of one image: its cut-out, or why there is none. */
export type BatchOutcome =
  | { name: string; ok: true; image: CutoutImage; facts: CutoutFacts; job: JobKey | undefined }
  /** What reading the image threw is the `cause` of an error with the code `image-unreadable`. */
  | { name: string; ok: false; error: RemoveBgError };

/** An image between its submission and its end. */
export interface PendingImage {
  /** Its `custom_id`: a number, so that the service learns no name. */
  id: string;
  name: string;
  source: BatchImage;
  /** How often it has been submitted. */
  tries: number;
  /** Place in the order of submission. */
  order: number;
  job: JobKey | undefined;
  /** When the service was first seen to hold its result for delivered, by `performance.now()`. */
  deliveredAt?: number;
}

/** The images that are at the service, oldest first, and those that have to go there again. */
export class InFlightWindow {
  /** Lost on the way, through no fault of theirs. */
  readonly again: PendingImage[] = [];
  private readonly inside = new Map<string, PendingImage>();
  private readonly bells = new Set<() => void>();
  private submitted = 0;
  private newestBack = 0;
  private lastBackAt = 0;

  /** @param window most images at the service at a time */
  constructor(private readonly window: number) {}

  get size(): number {
    return this.inside.size;
  }

  /** Resolves once there is room for one more image, or something else has happened. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.inside.size >= this.window && !signal.aborted) await this.change(signal);
  }

  /** Notes that an image is on its way in. */
  begin(flight: PendingImage): void {
    flight.order = this.submitted += 1;
    flight.tries += 1;
    if (this.inside.size === 0) this.lastBackAt = performance.now();
    this.inside.set(flight.id, flight);
  }

  /** Takes an image out; undefined when it is not, or no longer, awaited. */
  take(id: string): PendingImage | undefined {
    const flight = this.inside.get(id);
    if (flight === undefined) return undefined;
    this.inside.delete(id);
    this.newestBack = Math.max(this.newestBack, flight.order);
    this.lastBackAt = performance.now();
    this.ring();
    return flight;
  }

  /** Has an image submitted once more, if it is still awaited. */
  repeat(flight: PendingImage): void {
    if (this.take(flight.id) === undefined) return;
    flight.job = undefined;
    delete flight.deliveredAt;
    this.again.push(flight);
  }

  /** All that are at the service, oldest first. */
  all(): PendingImage[] {
    return [...this.inside.values()];
  }

  /**
   * The oldest images, when it is time to ask what has become of them: nothing has come back for `idleMs`, or images
   * that were submitted well after them have.
   */
  overdue(idleMs: number, lead: number): PendingImage[] {
    const [oldest] = this.inside.values();
    if (oldest === undefined) return [];
    const isIdle = performance.now() - this.lastBackAt > idleMs;
    return isIdle || this.newestBack - oldest.order >= lead ? this.all() : [];
  }

  private change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', go);
        this.bells.delete(go);
        resolve();
      };
      this.bells.add(go);
      signal.addEventListener('abort', go, { once: true });
    });
  }

  private ring(): void {
    for (const go of [...this.bells]) go();
  }
}
