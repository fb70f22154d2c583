import { PROBLEMS, type Problem, type ProblemCode } from '#contracts/problem-catalog.js';
import type { ProblemRenderer } from '../../http/problem-responses.js';
import { JSON_MIME } from '../base64-result-writer.js';
import { snakeCase, statusOfHosted } from '../peer-errors.js';

/** One problem in the error format of remove.bg. */
export interface ErrorRow {
  status: number;
  /** Code of remove.bg, or one in the same style. */
  code: string;
}

/** Body of an error of remove.bg. */
export interface RemovebgErrors {
  errors: { title: string; code: string; detail?: string }[];
}

/** A code with the name of the parameter, such as `invalid_roi`. */
const OF_PARAMETER = 'invalid_*';

/** The code of remove.bg for each problem that it knows. */
const CODE_OF_PROBLEM: Readonly<Partial<Record<ProblemCode, string>>> = {
  'invalid-request': 'invalid_request',
  'invalid-parameter': OF_PARAMETER,
  'missing-image': 'missing_source',
  'multiple-images': 'multiple_sources',
  'multiple-backgrounds': 'multiple_bg_sources',
  'malformed-multipart': 'invalid_request',
  'key-invalid': 'auth_failed',
  'result-expired': 'waited_too_long',
  'not-started-in-time': 'waited_too_long',
  'queue-lost': 'service_unavailable',
  'image-too-large': 'file_too_large',
  'image-type-unsupported': 'invalid_file_type',
  'image-url-off': 'invalid_image_url',
  'image-url-invalid': 'invalid_image_url',
  'image-url-refused': 'invalid_image_url',
  'image-url-failed': 'failed_image_download',
  'retry-differs': 'idempotency_key_reused',
  'image-too-many-pixels': 'resolution_too_high',
  'image-too-complex': 'failed_to_read_image',
  'image-memory-exceeded': 'resolution_too_high',
  'image-truncated': 'failed_to_read_image',
  'image-corrupt': 'failed_to_read_image',
  'background-corrupt': 'failed_to_read_bg_image',
  'mask-corrupt': 'failed_to_read_image',
  'mask-mismatch': 'failed_to_read_image',
  'roi-exceeds-bounds': 'roi_exceeds_bounds',
  'roi-empty': 'roi_region_empty',
  'subject-not-found': 'subject_not_found',
  'ground-not-flat': 'unknown_foreground',
  'foreground-not-found': 'unknown_foreground',
  'subject-no-room': OF_PARAMETER,
  'max-bytes-too-small': OF_PARAMETER,
  'model-unknown': OF_PARAMETER,
  'worker-crashed': 'failed_to_read_image',
  'deadline-exceeded': 'took_too_long',
  'processing-failed': 'processing_failed',
  'rate-limited': 'rate_limit_exceeded',
  'tenant-limit': 'rate_limit_exceeded',
  'broker-unavailable': 'service_unavailable',
  'capacity-exhausted': 'service_unavailable',
  'not-ready': 'service_unavailable',
  'shutting-down': 'service_unavailable',
};

/** Status and code of a problem in remove.bg. Other problems keep their code, with underscores. */
export const removebgError = (code: ProblemCode): ErrorRow => ({
  status: statusOfHosted(code),
  code: CODE_OF_PROBLEM[code] ?? snakeCase(code),
});

/** A problem in the format of remove.bg. Title and detail echo no input. */
export function asRemovebgError({ code, facts }: Problem): { status: number; body: RemovebgErrors } {
  const { status, code: removebgCode } = removebgError(code);
  const parameter = snakeCase(facts.parameter?.toLowerCase() ?? 'parameter');
  const error = {
    title: PROBLEMS[code][1],
    code: removebgCode === OF_PARAMETER ? `invalid_${parameter}` : removebgCode,
    ...(facts.detail !== undefined && { detail: facts.detail }),
  };
  return { status, body: { errors: [error] } };
}

/** A problem in the error format of remove.bg. */
export const renderRemovebgProblem: ProblemRenderer = (problem) => ({
  ...asRemovebgError(problem),
  contentType: JSON_MIME,
});
