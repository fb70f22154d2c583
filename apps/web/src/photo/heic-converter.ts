import { refusalOfSize } from './photo-check.js';
import { MAX_FILE_BYTES, MAX_PIXELS } from './photo-limits.js';
import type { Advice } from './problem-advice.js';
import type { HeicAnswer, HeicRequest } from '../pixels/heic-messages.js';

const WORKER = '/assets/heic.js';

/** The converted photo, or why there is none. */
export type Converted = { photo: File } | { refusal: Advice };

const UNREADABLE: Advice = { title: ['file.heic'], next: 'next.save' };

/** Converts HEIC photos to JPEG, one at a time: a decoded photo of 12 megapixels takes about 250 MB. */
export class HeicConverter {
  private last: Promise<unknown> = Promise.resolve();

  /** The photo as JPEG, with the same name. Returns it unchanged if aborted. */
  async convert(photo: File, signal: AbortSignal): Promise<Converted> {
    const next = this.last.then(() => (signal.aborted ? undefined : convertInWorker(photo, signal)));
    this.last = next;
    const answer = await next;
    if (answer === undefined) return { photo };
    if ('jpeg' in answer) return { photo: new File([answer.jpeg], photo.name, { type: 'image/jpeg' }) };
    if (answer.fault === 'unreadable') return { refusal: UNREADABLE };
    return { refusal: refusalOfSize(answer.width, answer.height) ?? UNREADABLE };
  }
}

/** Converts a photo in its own worker, whose end frees all memory. Undefined if aborted. */
function convertInWorker(photo: Blob, signal: AbortSignal): Promise<HeicAnswer | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(WORKER);
    const end = (answer: HeicAnswer | undefined): void => {
      worker.terminate();
      resolve(answer);
    };
    worker.addEventListener('message', ({ data }: MessageEvent<HeicAnswer>) => end(data));
    // A crashed worker, usually out of memory, sends no answer.
    worker.addEventListener('error', () => end({ fault: 'unreadable' }));
    signal.addEventListener('abort', () => end(undefined), { once: true });
    const request: HeicRequest = { photo, maxPixels: MAX_PIXELS, maxBytes: MAX_FILE_BYTES };
    worker.postMessage(request);
  });
}
