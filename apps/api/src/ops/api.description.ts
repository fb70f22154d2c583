import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { jobOptionsSchema, MIME_OF_FORMAT } from '#contracts/job.options.js';
import type { ProblemCode } from '#contracts/problem.catalogue.js';
import { jobAcceptedSchema, jobViewSchema } from '#contracts/job.view.js';
import { takesKey } from './account.description.js';
import {
  binary,
  job,
  problems,
  resultHeaders,
  schemaOf,
  wait,
  type Decorator,
  type Schema,
} from './description.parts.js';

const image = Object.fromEntries(Object.values(MIME_OF_FORMAT).map((mime) => [mime, { schema: binary }]));
const events = { 'text/event-stream': { schema: { type: 'string' } as Schema } };

/** The image as the whole body, or as part of a form. */
function submitBody(options: Record<string, Schema> = {}): Parameters<typeof ApiBody>[0] {
  const raw = { schema: binary };
  const picture = { ...binary, description: 'Picture to put behind the subject: it fills the result' };
  const properties = { image: binary, bg_image_file: picture, ...options };
  const form = { type: 'object', required: ['image'], properties } as Schema;
  return {
    required: true,
    content: {
      'image/jpeg': raw,
      'image/png': raw,
      'image/webp': raw,
      'application/octet-stream': raw,
      'multipart/form-data': { schema: form },
    },
  } as Parameters<typeof ApiBody>[0];
}

const retryHeader = {
  name: 'Idempotency-Key',
  required: false,
  description:
    'With an API key: a repeated request with the same value and image gets the same job and token, and ' +
    '`Idempotent-Replayed: true`, for as long as the job is known. 1 to 255 visible characters, best a UUID. ' +
    'Without a key it is not looked at.',
  schema: { type: 'string', maxLength: 255 } as Schema,
};

const rateHeaders = {
  'RateLimit-Policy': {
    description: 'Requests (`submit`) and megapixels (`pixels`) a minute',
    schema: { type: 'string' } as Schema,
  },
  RateLimit: {
    description: 'What is left of both (`r`), and seconds until all is there again (`t`)',
    schema: { type: 'string' } as Schema,
  },
};

const submitAnswers = (): MethodDecorator[] => [
  ApiResponse({
    status: 200,
    description: 'The cut-out (`Prefer: wait`), or events',
    headers: { ...resultHeaders, ...rateHeaders },
    content: { ...image, ...events },
  }),
  ApiResponse({
    status: 202,
    description: 'The job stands in the queue',
    headers: rateHeaders,
    content: { 'application/json': { schema: schemaOf(jobAcceptedSchema) } },
  }),
];

/** What calls that take an image have in common, but their answers. */
export function describesUpload(
  { summary, description }: { summary: string; description: string },
  ...more: ProblemCode[]
): MethodDecorator[] {
  const options = schemaOf(jobOptionsSchema) as { properties?: Record<string, Schema> };
  return [
    ...takesKey(),
    ApiOperation({ summary, description }),
    ...Object.entries(options.properties ?? {}).map(([name, schema]) =>
      ApiQuery({ name, required: false, schema }),
    ),
    ApiBody(submitBody(options.properties)),
    ...problems(
      'invalid-parameter',
      'unknown-parameter',
      'missing-image',
      'multiple-images',
      'multiple-backgrounds',
      'malformed-multipart',
      'upload-interrupted',
      'key-invalid',
      'image-too-large',
      'image-type-unsupported',
      'image-too-many-pixels',
      'image-corrupt',
      'model-unknown',
      'rate-limited',
      'tenant-limit',
      'capacity-exhausted',
      'broker-unavailable',
      ...more,
    ),
  ];
}

/** Describes `POST /v1/jobs`. */
export const DescribeSubmit = (): Decorator =>
  applyDecorators(
    ApiTags('jobs'),
    ...describesUpload(
      {
        summary: 'Submit one image',
        description:
          'A raw body with options in the query, or multipart with one file named `image`, perhaps another named ' +
          '`bg_image_file`, and options as fields. ' +
          '`Prefer: wait=N` answers with the image if it is done in time; `Accept: text/event-stream` answers with ' +
          "the job's events and the image inline.",
      },
      'retry-too-soon',
      'retry-differs',
    ),
    ApiHeader({ name: 'Prefer', required: false, description: '`wait=N`: seconds (RFC 7240)' }),
    ApiHeader(retryHeader),
    ...submitAnswers(),
  );

/** Describes `GET /v1/jobs/{id}`. */
export const DescribeStatus = (): Decorator =>
  applyDecorators(
    ...job(),
    wait(),
    ApiOperation({ summary: 'Status of a job, or a long-poll for its next change' }),
    ApiHeader({ name: 'If-None-Match', required: false, description: 'ETag of the status already known' }),
    ApiResponse({
      status: 200,
      description: 'Status',
      content: { 'application/json': { schema: schemaOf(jobViewSchema) } },
    }),
    ApiResponse({ status: 304, description: 'Nothing changed in the time given' }),
    ...problems('job-not-found', 'queue-lost', 'broker-unavailable'),
  );

/** Describes `GET /v1/jobs/{id}/events`. */
export const DescribeEvents = (): Decorator =>
  applyDecorators(
    ...job(),
    ApiQuery({
      name: 'token',
      required: false,
      description: 'Token, where headers cannot be set',
      schema: { type: 'string' },
    }),
    ApiQuery({ name: 'deliver', required: false, schema: { type: 'string', enum: ['inline'] } }),
    ApiOperation({
      summary: 'The life of a job as server-sent events',
      description:
        '`queued {position, eta_ms}`, `started {attempt}`, `progress {stage, percent}`, `done {…, link}`, ' +
        '`chunk {index, data}` (inline), `failed {problem, receipt}`, `cancelled {receipt}`, `expired {receipt}`, ' +
        '`purged {reason, at, receipt}`.',
    }),
    ApiResponse({ status: 200, description: 'Events', content: events }),
    ...problems('job-not-found', 'broker-unavailable'),
  );

/** Describes `GET /v1/jobs/{id}/result`. */
export const DescribeResult = (): Decorator =>
  applyDecorators(
    ...job(),
    wait(),
    ApiOperation({ summary: 'The image, once: it is purged when the answer has been written' }),
    ApiResponse({ status: 200, description: 'The cut-out', headers: resultHeaders, content: image }),
    ApiResponse({
      status: 202,
      description: 'Not done yet',
      content: { 'application/json': { schema: schemaOf(jobViewSchema) } },
    }),
    ...problems(
      'job-not-found',
      'result-busy',
      'result-delivered',
      'result-expired',
      'job-cancelled',
      'queue-lost',
      'image-corrupt',
      'background-corrupt',
      'roi-exceeds-bounds',
      'roi-empty',
      'foreground-not-found',
      'worker-crashed',
      'deadline-exceeded',
      'processing-failed',
    ),
  );

/** Describes `DELETE /v1/jobs/{id}`. */
export const DescribeCancel = (): Decorator =>
  applyDecorators(
    ...job(),
    ApiOperation({ summary: 'Cancel and purge' }),
    ApiResponse({ status: 204, description: 'Nothing of the job is left' }),
    ...problems('job-not-found', 'broker-unavailable'),
  );

/** Describes `GET /.well-known/retention`. */
export const DescribeRetention = (): Decorator =>
  applyDecorators(
    ApiTags('retention'),
    ApiOperation({ summary: 'What is promised, and what was checked about every process and its Redis' }),
    ApiResponse({ status: 200, description: 'The retention statement' }),
    ...problems('broker-unavailable'),
  );

/** Describes a health check. */
export const DescribeHealth = (summary: string): Decorator =>
  applyDecorators(
    ApiTags('operation'),
    ApiOperation({ summary }),
    ApiResponse({ status: 200, description: 'Yes' }),
    ...problems('not-ready', 'broker-unavailable'),
  );
