import type { Problem } from '#contracts/problem-catalog.js';
import type { PhotoroomError } from '#contracts/photoroom-view.js';
import type { ProblemRenderer } from '../../http/problem-responses.js';
import { JSON_MIME } from '../base64-result-writer.js';
import { sentenceOf, snakeCase, statusOfHosted } from '../peer-errors.js';

/** A problem in the format of Photoroom. A wrong key has a second form there, which is added. */
export function asPhotoroomError(problem: Problem): PhotoroomError {
  return {
    detail: sentenceOf(problem),
    status_code: statusOfHosted(problem.code),
    type: snakeCase(problem.code),
    ...(problem.code === 'key-invalid' && { error: { message: 'Unauthorized' } }),
  };
}

/** A problem in the error format of Photoroom. */
export const renderPhotoroomProblem: ProblemRenderer = (problem) => {
  const body = asPhotoroomError(problem);
  return { status: body.status_code, contentType: JSON_MIME, body };
};
