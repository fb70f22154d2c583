import { refusalOfSize } from './photo-check.js';
import { MAX_FILE_BYTES, MAX_PIXELS } from './photo-limits.js';
import type { Advice } from './problem-advice.js';
import type { HeicAnswer, HeicRequest } from '../pixels/heic-messages.js';

const WORKER = '/assets/heic.js';

/** A photo that can be sent, or why it cannot. */
export type Converted = { photo: File } | { refusal: Advice };

const UNREADABLE: Advice = { title: ['file.heic'], next: 'next.save' };

/** Turns HEIC photos into JPEG, one at a time: each is held decoded, about 250 MB for 12 megapixels. */
export class HeicConverter {
  private last: Promise<unknown> = Promise.resolve();

  /** The photo as JPEG, under its old name. What is aborted before its turn is not converted. */
  async convert(photo: File, signal: AbortSignal): Promise<Converted> {
    const turn = this.last.then(() => (signal.aborted ? undefined : answered(photo, signal)));
    this.last = turn;
    const answer = await turn;
    if (answer === undefined) return { photo };
    if ('jpeg' in answer) return { photo: new File([answer.jpeg], photo.name, { type: 'image/jpeg' }) };
    if (answer.fault === 'unreadable') return { refusal: UNREADABLE };
    return { refusal: refusalOfSize(answer.width, answer.height) ?? UNREADABLE };
  }
}

/** Has a worker of its own convert a photo: when it ends, so does all that it held. Undefined when aborted. */
function answered(photo: Blob, signal: AbortSignal): Promise<HeicAnswer | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(WORKER);
    const end = (answer: HeicAnswer | undefined): void => {
      worker.terminate();
      resolve(answer);
    };
    worker.addEventListener('message', ({ data }: MessageEvent<HeicAnswer>) => end(data));
    // A worker that dies (of memory, most likely) answers nothing any more.
    worker.addEventListener('error', () => end({ fault: 'unreadable' }));
    signal.addEventListener('abort', () => end(undefined), { once: true });
    const request: HeicRequest = { photo, maxPixels: MAX_PIXELS, maxBytes: MAX_FILE_BYTES };
    worker.postMessage(request);
  });
}
