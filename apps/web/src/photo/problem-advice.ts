import { RemoveBgError, type RemoveBgErrorCode } from '#sdk/removebg-error.js';
import { EN_PROBLEMS } from '../i18n/en-problems.js';
import type { TextKey } from '../i18n/en-words.js';
import type { Params } from '../i18n/i18n.js';

/** What went wrong, and what to do about it. */
export interface Advice {
  title: readonly [TextKey, Params?];
  next: TextKey;
}

type ProblemKey = keyof typeof EN_PROBLEMS;

const isKey = (text: string): text is ProblemKey => Object.hasOwn(EN_PROBLEMS, text);

/** Next steps that several errors share. Other errors have their own text, or `next.retry`. */
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

/** Errors in the file itself. */
const FILE_ERRORS: ReadonlySet<RemoveBgErrorCode> = new Set<RemoveBgErrorCode>([
  'image-too-large',
  'image-type-unsupported',
  'image-too-many-pixels',
  'image-too-complex',
  'image-memory-exceeded',
  'image-truncated',
  'image-corrupt',
  'foreground-not-found',
]);

/** True if sending the same photo again can succeed. */
export const mayRetry = (error: unknown): boolean =>
  error instanceof RemoveBgError && !FILE_ERRORS.has(error.code);

/** The texts for an error. */
export function adviceFor(error: unknown): Advice {
  if (!(error instanceof RemoveBgError)) return { title: ['page-error'], next: 'next.reload' };
  const { code } = error;
  const own = `${code}.next`;
  return {
    title: [isKey(code) ? code : 'other-problem'],
    next: isKey(own) ? own : (SHARED_NEXT[code] ?? 'next.retry'),
  };
}
