import type { ProblemCode } from '#contracts/problem.catalogue.js';
import { ClientProblem, type ConnectionCode } from '#client/client.problem.js';

/** What went wrong, and what a person can do about it. */
export interface Advice {
  title: string;
  next: string;
}

type AnyCode = ProblemCode | ConnectionCode;

const AGAIN = 'Nothing of it was kept. Try it again.';

const ADVICE: Partial<Record<AnyCode, readonly [title: string, next: string]>> = {
  'connection-lost': [
    'The connection was lost.',
    'Check that you are online, then try again. Unfinished work is purged by itself.',
  ],
  'unexpected-answer': [
    'The service gave an answer this page does not understand.',
    'Reload the page; if it stays, tell whoever runs this service.',
  ],
  'image-too-large': ['The file is too large.', 'Export it smaller, or as JPEG, and drop it again.'],
  'image-type-unsupported': [
    'Only JPEG, PNG and WebP are taken.',
    'Save it in one of these and drop it again.',
  ],
  'image-too-many-pixels': ['The photo has too many pixels.', 'Scale it down and drop it again.'],
  'image-too-complex': ['The photo takes too much work to open.', 'Save it anew as JPEG and drop that.'],
  'image-corrupt': ['The file is damaged.', 'Open it in another program, save a copy, and drop that.'],
  'foreground-not-found': ['No subject was found in the photo.', 'Try one where it stands out more clearly.'],
  'upload-interrupted': ['The upload was cut short.', 'Check your connection and try again.'],
  'request-timeout': ['The upload took too long.', 'Try a faster connection or a smaller file.'],
  'rate-limited': ['Too many photos from your address for now.', 'Wait a minute, then try again.'],
  'tenant-limit': ['You have as many photos in work as one may have.', 'Wait a little, then try again.'],
  'capacity-exhausted': ['The service is full right now.', 'Wait a little, then try again.'],
  'broker-unavailable': ['The service is not reachable right now.', 'Wait a little, then try again.'],
  'not-ready': ['The service is still starting.', 'Wait a little, then try again.'],
  'shutting-down': ['The service is restarting.', 'Wait a little, then try again.'],
  'queue-lost': ['The queue was restarted, and your photo with it.', AGAIN],
  'result-expired': ['The result was not collected in time and has been purged.', 'Try it again.'],
  'result-delivered': ['The result was delivered elsewhere and has been purged.', 'Try it again.'],
  'job-cancelled': ['The job was cancelled and purged.', 'Try it again if that was not you.'],
  'job-not-found': ['The service no longer knows this photo.', AGAIN],
  'deadline-exceeded': ['The photo took longer than one photo may take.', 'Scale it down and try again.'],
  'worker-crashed': ['The photo stopped its worker twice.', 'Save it anew as PNG or JPEG and drop that.'],
  'processing-failed': ['The photo could not be processed.', AGAIN],
  'internal-error': ['Something went wrong on our side.', AGAIN],
};

const OF_THE_FILE: ReadonlySet<AnyCode> = new Set<AnyCode>([
  'image-too-large',
  'image-type-unsupported',
  'image-too-many-pixels',
  'image-too-complex',
  'image-corrupt',
  'foreground-not-found',
]);

/** True when sending the same photo again may succeed: the fault is not in the file itself. */
export const mayRetry = (error: unknown): boolean =>
  error instanceof ClientProblem && !OF_THE_FILE.has(error.code);

/** Readable words for whatever failed. */
export function adviceFor(error: unknown): Advice {
  if (!(error instanceof ClientProblem)) {
    return { title: 'Something went wrong in this page.', next: 'Reload it and try again.' };
  }
  const [title, next] = ADVICE[error.code] ?? [`${error.message}.`, 'Try it again.'];
  return { title, next };
}
