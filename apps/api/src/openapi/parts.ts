import { type applyDecorators } from '@nestjs/common';
import { ApiParam, ApiQuery, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { problemBody, PROBLEMS, type ProblemBody, type ProblemCode } from '#contracts/problem-catalog.js';
import { headers, type HeaderName } from './headers.js';
import type { Schema } from './schemas.js';

export { resultHeaders } from './headers.js';
export { fieldsOf, schemaOf, type Schema } from './schemas.js';

/** A decorator that describes an operation. */
export type Decorator = ReturnType<typeof applyDecorators>;

/** An OpenAPI response with problems. */
interface ProblemResponse {
  description: string;
  headers: Record<string, { $ref: string }>;
  content: Record<string, { schema: Schema; examples: Record<string, { value: ProblemBody }> }>;
}

/** Names of the OpenAPI security schemes: API key, token of a job, token of a batch. */
export const SCHEMES = {
  key: 'api-key',
  keyAsBearer: 'api-key-as-bearer',
  token: 'job-token',
  tokenInQuery: 'job-token-in-query',
  batchToken: 'batch-token',
  batchTokenInQuery: 'batch-token-in-query',
} as const;

/** An operation with an optional API key. */
export const takesKey = (): MethodDecorator[] => [
  ApiSecurity({}),
  ApiSecurity(SCHEMES.key),
  ApiSecurity(SCHEMES.keyAsBearer),
];

/** Schema of binary content. */
export const binary = { type: 'string', format: 'binary' } as Schema;

/** Reasons why processing an image may fail. */
export const FAILURES = [
  'image-too-many-pixels',
  'image-too-complex',
  'image-memory-exceeded',
  'image-truncated',
  'image-corrupt',
  'background-corrupt',
  'mask-corrupt',
  'mask-mismatch',
  'roi-exceeds-bounds',
  'roi-empty',
  'subject-not-found',
  'ground-not-flat',
  'foreground-not-found',
  'subject-no-room',
  'max-bytes-too-small',
  'model-unknown',
  'worker-crashed',
  'deadline-exceeded',
  'processing-failed',
  'capacity-exhausted',
  'not-started-in-time',
] as const satisfies ProblemCode[];

/** Reasons why a job that ended has no result. */
export const ENDS = [
  'result-delivered',
  'result-expired',
  'job-cancelled',
  'queue-lost',
] as const satisfies ProblemCode[];

/** Headers that problems of a status have besides `Cache-Control`. */
const HEADERS_OF_STATUS: Record<number, HeaderName[]> = {
  401: ['WWW-Authenticate'],
  409: ['Retry-After'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/** Problems of an operation, one response per status. */
export const problems = (...codes: ProblemCode[]): MethodDecorator[] => problemsWith([], codes);

/** Problems of an operation, with these headers in addition to those of their status. */
export function problemsWith(more: readonly HeaderName[], codes: readonly ProblemCode[]): MethodDecorator[] {
  const statuses = new Set(codes.map((code) => PROBLEMS[code][0]));
  return [...statuses].map((status) => {
    const response = problemResponse(codes.filter((code) => PROBLEMS[code][0] === status));
    return ApiResponse({ status, ...response, headers: { ...response.headers, ...headers(...more) } });
  });
}

/** The response for these problems, which have the same status. */
export function problemResponse(codes: readonly ProblemCode[]): ProblemResponse {
  const [status] = PROBLEMS[codes[0] ?? 'internal-error'];
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}`).join('\n\n'),
    headers: headers('Cache-Control', ...(HEADERS_OF_STATUS[status] ?? [])),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: [...codes] } } }],
        },
        examples: Object.fromEntries(codes.map((code) => [code, { value: problemBody(code) }])),
      },
    },
  };
}

/** Common parts of all operations on one job. */
export const job = (): MethodDecorator[] => [
  ApiTags('jobs'),
  ApiSecurity(SCHEMES.token),
  ApiParam({
    name: 'id',
    description: 'Job id: 22 characters, base64url; with regions, prefixed with `region.`',
    // No pattern: a malformed id is answered with 404, as an unknown one.
    schema: { type: 'string', examples: ['q83vASNFZ4mrze8BI0VniQ'] },
  }),
  ...problems('wrong-region'),
];

/** The `?wait=` parameter. */
export const wait = (): MethodDecorator =>
  ApiQuery({
    name: 'wait',
    required: false,
    description: 'Maximum number of seconds to wait; capped at the limit of the service',
    schema: { type: 'integer', minimum: 0, maximum: 999_999, examples: [5] } as Schema,
  });
