import type { JobAccepted } from '#contracts/job-view.js';
import { RemoveBgError, problemOfAnswer } from '#sdk/removebg-error.js';
import type { Submission } from '#sdk/job-client.js';

/** What an upload tells and listens to while it runs. */
export interface UploadWatch {
  /** 0 to 100, of the bytes handed to the network. */
  onPercent: (percent: number) => void;
  signal: AbortSignal;
}

function acceptedOf(request: XMLHttpRequest): JobAccepted {
  if (request.status === 202) return JSON.parse(request.responseText) as JobAccepted;
  throw problemOfAnswer({
    status: request.status,
    retryAfter: request.getResponseHeader('retry-after'),
    body: request.responseText,
  });
}

/**
 * Sends a photo, with progress: fetch cannot tell how much of a body has left, XMLHttpRequest can.
 *
 * @throws RemoveBgError, or the signal's reason after an abort
 */
export function uploadPhoto(photo: Blob, to: Submission, watch: UploadWatch): Promise<JobAccepted> {
  return new Promise((resolve, reject) => {
    const { signal } = watch;
    const request = new XMLHttpRequest();
    const onAbort = (): void => request.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      if (total > 0) watch.onPercent((loaded / total) * 100);
    });
    request.addEventListener('loadend', () => signal.removeEventListener('abort', onAbort));
    request.addEventListener('load', () => {
      try {
        resolve(acceptedOf(request));
      } catch (error) {
        reject(error instanceof RemoveBgError ? error : new RemoveBgError('unexpected-answer'));
      }
    });
    request.addEventListener('error', () => reject(new RemoveBgError('connection-lost')));
    request.addEventListener('abort', () => reject(signal.reason as Error));
    request.open('POST', to.url);
    for (const [name, value] of Object.entries(to.headers)) request.setRequestHeader(name, value);
    request.send(photo);
  });
}
