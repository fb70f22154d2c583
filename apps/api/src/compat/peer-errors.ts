import { PROBLEMS, type Problem, type ProblemCode } from '#contracts/problem-catalog.js';

/** Statuses that hosted services answer with 400: requests and images that cannot be used. */
const OF_CLIENT: ReadonlySet<number> = new Set([413, 415, 417, 421, 422, 431]);

/** Statuses of single problems. A client without a token sees a job that was lost as a failure of the service. */
const OF_PROBLEM: Readonly<Partial<Record<ProblemCode, number>>> = {
  'key-invalid': 403,
  'result-expired': 503,
  'queue-lost': 503,
  'processing-failed': 500,
};

/** Status of a problem at remove.bg and Photoroom: 400 for any request or image that cannot be used. */
export function statusOfHosted(code: ProblemCode): number {
  const [status] = PROBLEMS[code];
  return OF_PROBLEM[code] ?? (OF_CLIENT.has(status) ? 400 : status);
}

/** A code or name with underscores. */
export const snakeCase = (name: string): string => name.replaceAll('-', '_');

/** What went wrong, and what would be right if that is known. It echoes no input. */
export const sentenceOf = ({ code, facts: { detail } }: Problem): string =>
  detail === undefined ? PROBLEMS[code][1] : `${PROBLEMS[code][1]}. ${detail}`;
