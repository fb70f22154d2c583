import { PROBLEMS, type Problem, type ProblemCode } from '#contracts/problem-catalog.js';
import type { WithoutbgError } from '#contracts/withoutbg-view.js';
import type { ProblemRenderer } from '../../http/problem-responses.js';
import { JSON_MIME } from '../base64-result-writer.js';
import { sentenceOf, snakeCase, statusOfHosted } from '../peer-errors.js';

/** Problems that keep their status at the local server: a wrong key, and a file that is too large. */
const OWN_STATUS: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['key-invalid', 'image-too-large']);

/** Status of a problem at the local server of withoutBG: 400 for any request or image that cannot be used. */
export const statusOfLocal = (code: ProblemCode): number =>
  OWN_STATUS.has(code) ? PROBLEMS[code][0] : statusOfHosted(code);

const VALIDATION = 422;

/** Status of a problem in the cloud API of withoutBG: 422 for a request that is not valid. */
export function statusOfCloud(code: ProblemCode): number {
  const [status] = PROBLEMS[code];
  if (status === 400) return VALIDATION;
  const hosted = statusOfHosted(code);
  return hosted >= 500 ? hosted : status;
}

/** A problem in the format of the local server of withoutBG. */
export function asLocalError(problem: Problem): WithoutbgError {
  const error = sentenceOf(problem);
  return { error, code: snakeCase(problem.code), detail: error };
}

/** A problem in the format of the cloud API of withoutBG: FastAPI lists the faults of a request that is not valid. */
export function asCloudError(problem: Problem): WithoutbgError {
  const { code, facts } = problem;
  const own = { error: sentenceOf(problem), code: snakeCase(code) };
  if (PROBLEMS[code][0] !== 400) return { ...own, detail: own.error };
  const type = code === 'missing-image' ? 'value_error.missing' : `value_error.${own.code}`;
  const name = facts.parameter ?? facts.expected?.[0];
  const loc = ['body', ...(name === undefined ? [] : [name])];
  return { ...own, detail: [{ loc, msg: own.error, type }] };
}

/** A problem in the error format of the local server of withoutBG. */
export const renderLocalProblem: ProblemRenderer = (problem) => ({
  status: statusOfLocal(problem.code),
  contentType: JSON_MIME,
  body: asLocalError(problem),
});

/** A problem in the error format of the cloud API of withoutBG. */
export const renderCloudProblem: ProblemRenderer = (problem) => ({
  status: statusOfCloud(problem.code),
  contentType: JSON_MIME,
  body: asCloudError(problem),
});
