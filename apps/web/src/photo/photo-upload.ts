import type { JobAccepted } from '#contracts/job-view.js';
import { RemoveBgError, problemOfAnswer } from '#sdk/removebg-error.js';
import type { Submission } from '#sdk/job-client.js';

/** Progress callback and signal of an upload. */
export interface UploadOptions {
  /** Called with the percentage of bytes sent, 0 to 100. */
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
 * Uploads a photo with XMLHttpRequest, because fetch does not report upload progress.
 * @throws RemoveBgError | the signal's reason
 */
export function uploadPhoto(photo: Blob, to: Submission, options: UploadOptions): Promise<JobAccepted> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    const request = new XMLHttpRequest();
    const onAbort = (): void => request.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      if (total > 0) options.onPercent((loaded / total) * 100);
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
