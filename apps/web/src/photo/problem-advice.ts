import type { RemoveBgErrorCode } from '#sdk/error-facts.js';
import { RemoveBgError } from '#sdk/removebg-error.js';
import { EN_PROBLEMS } from '../i18n/en-problems.js';
import type { TextKey } from '../i18n/en-words.js';
import type { Params } from '../i18n/i18n.js';

/** What went wrong, and what a person can do about it. */
export interface Advice {
  title: readonly [TextKey, Params?];
  next: TextKey;
}

type ProblemKey = keyof typeof EN_PROBLEMS;

const isKey = (text: string): text is ProblemKey => Object.hasOwn(EN_PROBLEMS, text);

/** What to do next, where several problems share it; the others have a text of their own, or are tried again. */
const SHARED_NEXT: Partial<Record<RemoveBgErrorCode, ProblemKey>> = {
  'image-too-large': 'next.export',
  'image-type-unsupported': 'next.save',
  'image-too-many-pixels': 'next.scale',
  'image-memory-exceeded': 'next.scale',
  'too-many-open-requests': 'next.wait',
  'cross-site-request': 'misdirected-request.next',
  'tenant-limit': 'next.wait',
  'capacity-exhausted': 'next.wait',
  'broker-unavailable': 'next.wait',
  'not-ready': 'next.wait',
  'shutting-down': 'next.wait',
  'queue-lost': 'next.again',
  'job-not-found': 'next.again',
  'processing-failed': 'next.again',
  'internal-error': 'next.again',
};

const OF_THE_FILE: ReadonlySet<RemoveBgErrorCode> = new Set<RemoveBgErrorCode>([
  'image-too-large',
  'image-type-unsupported',
  'image-too-many-pixels',
  'image-too-complex',
  'image-memory-exceeded',
  'image-truncated',
  'image-corrupt',
  'foreground-not-found',
]);

/** True when sending the same photo again may succeed: the fault is not in the file itself. */
export const mayRetry = (error: unknown): boolean =>
  error instanceof RemoveBgError && !OF_THE_FILE.has(error.code);

/** Readable words for whatever failed. */
export function adviceFor(error: unknown): Advice {
  if (!(error instanceof RemoveBgError)) return { title: ['page-error'], next: 'next.reload' };
  const { code } = error;
  const own = `${code}.next`;
  return {
    title: [isKey(code) ? code : 'other-problem'],
    next: isKey(own) ? own : (SHARED_NEXT[code] ?? 'next.retry'),
  };
}
