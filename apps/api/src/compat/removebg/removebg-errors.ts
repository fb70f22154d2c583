import { PROBLEMS, type Problem, type ProblemCode } from '#contracts/problem-catalog.js';
import type { ProblemRenderer } from '../../http/problem-responses.js';

/** One problem in the error format of remove.bg. */
export interface ErrorRow {
  status: number;
  /** Their code where they have one for it, else one in their style. */
  code: string;
}

/** Body of an error as remove.bg gives it. */
export interface RemovebgErrors {
  errors: { title: string; code: string; detail?: string }[];
}

const row = (status: number, code: string): ErrorRow => ({ status, code });

/** A code that follows from the parameter: `invalid_roi`. */
const OF_PARAMETER = 'invalid_*';

/** Which of their errors each of our problems is: 400 for what is wrong with the request or the image, as there. */
const THEIRS: Readonly<Partial<Record<ProblemCode, ErrorRow>>> = {
  'invalid-request': row(400, 'invalid_request'),
  'invalid-parameter': row(400, OF_PARAMETER),
  'missing-image': row(400, 'missing_source'),
  'multiple-images': row(400, 'multiple_sources'),
  'multiple-backgrounds': row(400, 'multiple_bg_sources'),
  'malformed-multipart': row(400, 'invalid_request'),
  'key-invalid': row(403, 'auth_failed'),
  'result-expired': row(503, 'waited_too_long'),
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
  'roi-exceeds-bounds': row(400, 'roi_exceeds_bounds'),
  'roi-empty': row(400, 'roi_region_empty'),
  'foreground-not-found': row(400, 'unknown_foreground'),
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

/** remove.bg answers 400 to malformed requests, also where HTTP has a more specific status. */
const OF_FORM: ReadonlySet<number> = new Set([405, 415, 417, 421, 431]);

/** Status and code of a problem there; one without a counterpart keeps its status, and its code in their spelling. */
export function removebgError(code: ProblemCode): ErrorRow {
  const [status] = PROBLEMS[code];
  return THEIRS[code] ?? row(OF_FORM.has(status) ? 400 : status, code.replaceAll('-', '_'));
}

/** A problem as remove.bg would report it. Title and detail are ours and repeat nothing of the request. */
export function asRemovebgError({ code, facts }: Problem): { status: number; body: RemovebgErrors } {
  const { status, code: theirs } = removebgError(code);
  const parameter = facts.parameter?.toLowerCase().replaceAll('-', '_') ?? 'parameter';
  const error = {
    title: PROBLEMS[code][1],
    code: theirs === OF_PARAMETER ? `invalid_${parameter}` : theirs,
    ...(facts.detail !== undefined && { detail: facts.detail }),
  };
  return { status, body: { errors: [error] } };
}

/** A problem in the error format of remove.bg. */
export const renderRemovebgProblem: ProblemRenderer = (problem) => ({
  ...asRemovebgError(problem),
  contentType: 'application/json; charset=utf-8',
});
