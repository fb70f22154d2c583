import { PROBLEMS, type Problem, type ProblemCode } from '#contracts/problem-catalog.js';
import type { ProblemRenderer } from '../../http/problem-responses.js';

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

const row = (status: number, code: string): ErrorRow => ({ status, code });

/** A code with the name of the parameter, such as `invalid_roi`. */
const OF_PARAMETER = 'invalid_*';

/** The error of remove.bg for each problem. Errors of the request or the image have the status 400. */
const ERROR_OF_PROBLEM: Readonly<Partial<Record<ProblemCode, ErrorRow>>> = {
  'invalid-request': row(400, 'invalid_request'),
  'invalid-parameter': row(400, OF_PARAMETER),
  'missing-image': row(400, 'missing_source'),
  'multiple-images': row(400, 'multiple_sources'),
  'multiple-backgrounds': row(400, 'multiple_bg_sources'),
  'malformed-multipart': row(400, 'invalid_request'),
  'key-invalid': row(403, 'auth_failed'),
  'result-expired': row(503, 'waited_too_long'),
  'not-started-in-time': row(503, 'waited_too_long'),
  'queue-lost': row(503, 'service_unavailable'),
  'image-too-large': row(400, 'file_too_large'),
  'image-type-unsupported': row(400, 'invalid_file_type'),
  'image-url-off': row(400, 'invalid_image_url'),
  'image-url-invalid': row(400, 'invalid_image_url'),
  'image-url-refused': row(400, 'invalid_image_url'),
  'image-url-failed': row(400, 'failed_image_download'),
  'retry-differs': row(400, 'idempotency_key_reused'),
  'image-too-many-pixels': row(400, 'resolution_too_high'),
  'image-too-complex': row(400, 'failed_to_read_image'),
  'image-memory-exceeded': row(400, 'resolution_too_high'),
  'image-truncated': row(400, 'failed_to_read_image'),
  'image-corrupt': row(400, 'failed_to_read_image'),
  'background-corrupt': row(400, 'failed_to_read_bg_image'),
  'mask-corrupt': row(400, 'failed_to_read_image'),
  'mask-mismatch': row(400, 'failed_to_read_image'),
  'roi-exceeds-bounds': row(400, 'roi_exceeds_bounds'),
  'roi-empty': row(400, 'roi_region_empty'),
  'subject-not-found': row(400, 'subject_not_found'),
  'ground-not-flat': row(400, 'unknown_foreground'),
  'foreground-not-found': row(400, 'unknown_foreground'),
  'subject-no-room': row(400, OF_PARAMETER),
  'max-bytes-too-small': row(400, OF_PARAMETER),
  'model-unknown': row(400, OF_PARAMETER),
  'worker-crashed': row(400, 'failed_to_read_image'),
  'deadline-exceeded': row(400, 'took_too_long'),
  'processing-failed': row(500, 'processing_failed'),
  'rate-limited': row(429, 'rate_limit_exceeded'),
  'tenant-limit': row(429, 'rate_limit_exceeded'),
  'broker-unavailable': row(503, 'service_unavailable'),
  'capacity-exhausted': row(503, 'service_unavailable'),
  'not-ready': row(503, 'service_unavailable'),
  'shutting-down': row(503, 'service_unavailable'),
};

/** Statuses of malformed requests, which remove.bg answers with 400. */
const OF_FORM: ReadonlySet<number> = new Set([405, 415, 417, 421, 431]);

/** Status and code of a problem in remove.bg. Other problems keep their status, and their code with underscores. */
export function removebgError(code: ProblemCode): ErrorRow {
  const [status] = PROBLEMS[code];
  return ERROR_OF_PROBLEM[code] ?? row(OF_FORM.has(status) ? 400 : status, code.replaceAll('-', '_'));
}

/** A problem in the format of remove.bg. Title and detail echo no input. */
export function asRemovebgError({ code, facts }: Problem): { status: number; body: RemovebgErrors } {
  const { status, code: removebgCode } = removebgError(code);
  const parameter = facts.parameter?.toLowerCase().replaceAll('-', '_') ?? 'parameter';
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
  contentType: 'application/json; charset=utf-8',
});
