import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { INPUT_FORMATS } from '#contracts/input-formats.js';
import { jobOptionsSchema } from '#contracts/job-options.js';
import { jobAcceptedSchema } from '#contracts/job-view.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import { HEADERS, headers, RATE_HEADERS, RESULT_HEADERS } from '../openapi/headers.js';
import {
  binary,
  ENDS,
  FAILURES,
  fieldsOf,
  problemsWith,
  schemaOf,
  takesKey,
  wait,
  type Decorator,
  type Schema,
} from '../openapi/parts.js';
import { eventStream } from './events.openapi.js';
import { image } from './jobs.openapi.js';

/** Fields of all image options. */
export const OPTIONS = fieldsOf(jobOptionsSchema);

/** Headers that any response may have once its request was counted. */
export const MORE_HEADERS = [
  'Idempotent-Replayed',
  'Preference-Applied',
  'X-Ignored-Fields',
  ...RATE_HEADERS,
] as const;

const ADDRESS: Schema = {
  type: 'string',
  format: 'uri',
  maxLength: 2048,
  description:
    'Public http or https address to fetch the image from, where the operator has switched that on',
};

const raw = { schema: binary };

/** A body that is nothing but an image, under the types that say so; any other type does as well. */
export const RAW_BODY = {
  ...Object.fromEntries(INPUT_FORMATS.map((format) => [`image/${format}`, raw])),
  'application/octet-stream': raw,
};

/** The image as the whole body, or as part of a form. (`@ApiBody` takes one media type only.) */
function submitBody(
  fields: Record<string, Schema>,
): NonNullable<Parameters<typeof ApiOperation>[0]['requestBody']> {
  const named = { image_url: ADDRESS, ...fields, ...OPTIONS };
  const properties = {
    image: { ...binary, description: 'The image; a lone file under another name is the image too' },
    bg_image_file: { ...binary, description: 'Picture to put behind the subject: it fills the result' },
    ...named,
  };
  const anyOf = [{ required: ['image'] }, { required: ['image_url'] }];
  const inBase64 = { type: 'string', description: 'The image in base64, maybe as a data URL' } as Schema;
  const asText = { schema: { type: 'object', anyOf, properties: { image: inBase64, ...named } } };
  return {
    required: true,
    content: {
      ...RAW_BODY,
      'multipart/form-data': { schema: { type: 'object', anyOf, properties } },
      'application/json': asText,
      'application/x-www-form-urlencoded': asText,
    },
  };
}

/** With an API key a repeated request is known again. */
export const idempotencyKey = (): MethodDecorator =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'With an API key: a repeated request with the same value and image gets the same job and token, and ' +
      '`Idempotent-Replayed: true`, for as long as the job is known. 1 to 255 visible characters, best a UUID. ' +
      'Without a key it is not looked at.',
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      examples: ['0b1f7a52-6c1d-4b1e-9a3f-2f0f6f6a9d10'],
    },
  });

const submitHeaders = (): MethodDecorator[] => [
  ApiHeader({
    name: 'Prefer',
    required: false,
    description: '`wait=N`: seconds to wait for the result (RFC 7240)',
    schema: { type: 'string', examples: ['wait=30'] },
  }),
  idempotencyKey(),
];

/** Headers of an image and of an event stream: a response is one or the other. */
const eitherHeaders = (): Record<string, object> =>
  Object.fromEntries(
    [...RESULT_HEADERS, 'X-Accel-Buffering' as const].map((name) => [
      name,
      { ...HEADERS[name], required: false },
    ]),
  );

const submitAnswers = (): MethodDecorator[] => [
  ApiResponse({
    status: 200,
    description: 'The cut-out (`Prefer: wait`), or events (`Accept: text/event-stream`)',
    headers: {
      ...eitherHeaders(),
      ...headers('Cache-Control', ...MORE_HEADERS),
    },
    content: { ...image, ...eventStream },
  }),
  ApiResponse({
    status: 202,
    description: 'The job is queued',
    headers: headers('Cache-Control', 'Location', 'Retry-After', ...MORE_HEADERS),
    content: { 'application/json': { schema: schemaOf(jobAcceptedSchema) } },
  }),
];

/** What may be wrong with any upload. */
export const UPLOAD_PROBLEMS = [
  'invalid-request',
  'invalid-parameter',
  'unknown-parameter',
  'missing-image',
  'multiple-images',
  'multiple-backgrounds',
  'malformed-multipart',
  'upload-interrupted',
  'image-url-off',
  'image-url-invalid',
  'image-url-refused',
  'image-url-failed',
  'key-invalid',
  'request-timeout',
  'image-too-large',
  'image-type-unsupported',
  'rate-limited',
  'tenant-limit',
  'broker-unavailable',
  ...FAILURES,
] as const satisfies ProblemCode[];

/** A call that takes an image: options, body, and what may be wrong with them. */
export const describesUpload = (
  operation: { operationId: string; summary: string; description: string },
  fields: Record<string, Schema>,
  ...more: ProblemCode[]
): MethodDecorator[] => [
  ApiOperation({ ...operation, requestBody: submitBody(fields) }),
  ...Object.entries({ ...fields, ...OPTIONS }).map(([name, { description, ...schema }]) =>
    ApiQuery({ name, required: false, description: description ?? '', schema }),
  ),
  ...problemsWith(MORE_HEADERS, [...UPLOAD_PROBLEMS, ...more]),
];

/** Describes `POST /v1/jobs`. */
export const DescribeSubmit = (): Decorator =>
  applyDecorators(
    ApiTags('jobs'),
    ...takesKey(),
    ...describesUpload(
      {
        operationId: 'submitJob',
        summary: 'Submit one image',
        description:
          'The image as the body with options in the query, or a form with one file, best named `image`, perhaps ' +
          'another named `bg_image_file`, and options as fields. The bytes decide what a body is, whatever its ' +
          '`Content-Type`. A form or JSON may hold the image in base64, or an address in `image_url`, where the ' +
          'service takes that. Other fields are ignored and listed in `ignored`. ' +
          '`Prefer: wait=N` or `?wait=N` returns the image if it is done in time; `Accept: text/event-stream` returns ' +
          "the job's events and the image inline.",
      },
      {},
      ...(['retry-too-soon', 'result-busy', 'retry-differs'] as const),
      ...ENDS,
    ),
    wait(),
    ...submitHeaders(),
    ...submitAnswers(),
  );
