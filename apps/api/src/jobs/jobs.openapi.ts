import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiQuery, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { MIME_OF_FORMAT, jobOptionsSchema } from '#contracts/job-options.js';
import { jobViewSchema, jobAcceptedSchema } from '#contracts/job-view.js';
import { receiptAnswerSchema } from '#contracts/receipt-claims.js';
import { RECEIPT_MIME } from '#contracts/receipt-kind.js';
import { INPUT_FORMATS } from '#contracts/input-formats.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import { headers, resultHeaders, HEADERS, RATE_HEADERS, RESULT_HEADERS } from '../openapi/headers.js';
import {
  binary,
  ENDS,
  FAILURES,
  job,
  problems,
  schemaOf,
  wait,
  SCHEMES,
  fieldsOf,
  problemsWith,
  takesKey,
  type Decorator,
  type Schema,
} from '../openapi/parts.js';
import { jobEventSchema } from '../openapi/schemas.js';

/** Content of a response with a result. */
export const image = Object.fromEntries(
  Object.values(MIME_OF_FORMAT).map((mime) => [mime, { schema: binary }]),
);

const status = { 'application/json': { schema: schemaOf(jobViewSchema) } };

/** The version that the client has. */
export const ifNoneMatch = (): MethodDecorator =>
  ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'ETag of the last known status',
    schema: { type: 'string', examples: ['"999"'] },
  });

/** Describes `GET /v1/jobs/{id}`. */
export const DescribeStatus = (): Decorator =>
  applyDecorators(
    ...job(),
    wait(),
    ApiOperation({
      operationId: 'getJob',
      summary: 'Get the status of a job',
      description:
        'The state of a job, its place in the queue, and facts about its result.\n\nWith `wait`, the response is sent when the status differs from `If-None-Match`, or changes. There is nothing to ' +
        'wait for once `done` is `true`: the response is 200, whatever `If-None-Match` is. Repeated requests for the ' +
        'status of a job that has ended are delayed by one second.',
    }),
    ifNoneMatch(),
    ApiResponse({
      status: 200,
      description: 'Status of the job',
      headers: headers('Cache-Control', 'ETag', 'Retry-After'),
      content: status,
    }),
    ApiResponse({
      status: 304,
      description: 'No change within the wait',
      headers: headers('Cache-Control', 'ETag'),
    }),
    ...problems('invalid-parameter', 'job-not-found', 'queue-lost', 'broker-unavailable'),
  );

/** Describes `GET /v1/jobs/{id}/result`. */
export const DescribeResult = (): Decorator =>
  applyDecorators(
    ...job(),
    wait(),
    ApiOperation({
      operationId: 'getResult',
      summary: 'Download the result',
      description:
        'The result of a job, once. The job is purged when the response has been written.\n\nWith `wait`, the response is ' +
        'sent when the result is ready.',
    }),
    ApiResponse({ status: 200, description: 'The cut-out', headers: resultHeaders, content: image }),
    ApiResponse({
      status: 202,
      description: 'The job is not done yet',
      headers: headers('Cache-Control', 'Retry-After'),
      content: status,
    }),
    ...problems(
      'invalid-parameter',
      'job-not-found',
      'result-busy',
      ...ENDS,
      ...FAILURES,
      'broker-unavailable',
    ),
  );

/** Describes `DELETE /v1/jobs/{id}`. */
export const DescribeCancel = (): Decorator =>
  applyDecorators(
    ...job(),
    ApiOperation({
      operationId: 'cancelJob',
      summary: 'Cancel a job',
      description: 'Stops a job in any state and deletes its data.',
    }),
    ApiResponse({
      status: 204,
      description: 'All data of the job has been deleted',
      headers: headers('Cache-Control'),
    }),
    ...problems('job-not-found', 'broker-unavailable'),
  );

/**
 * Content of an event stream. OpenAPI 3.1 has no keyword for streams: `contentSchema` of JSON Schema describes the
 * parsed text.
 */
export const streamOf = (
  event: Schema,
  example: string,
): Record<string, { schema: Schema; example: string }> => ({
  'text/event-stream': {
    schema: {
      type: 'string',
      description: 'Server-sent events (WHATWG HTML §9.2)',
      contentMediaType: 'text/event-stream',
      contentSchema: { type: 'array', items: event },
    } as Schema,
    example: `retry: 1000\n\n${example}`,
  },
});

/** The events of a job. */
const eventStream = streamOf(
  schemaOf(jobEventSchema),
  'event: queued\nid: 2\ndata: {"position":1,"eta_ms":900}\n\n' +
    'event: started\nid: 3\ndata: {"attempt":1}\n\n',
);

/** The header that resumes a stream. */
export const lastEventId = (): MethodDecorator =>
  ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Id of the last received event: the stream continues after it',
    schema: { type: 'string', examples: ['3'] },
  });

/** Describes `GET /v1/jobs/{id}/events`. */
export const DescribeEvents = (): Decorator =>
  applyDecorators(
    ...job(),
    ApiSecurity(SCHEMES.tokenInQuery),
    ApiQuery({
      name: 'deliver',
      required: false,
      description: 'Deliver the result as `chunk` events; it is purged afterwards',
      schema: { type: 'string', enum: ['inline'] },
    }),
    lastEventId(),
    ApiOperation({
      operationId: 'streamJobEvents',
      summary: 'Stream the events of a job',
      description:
        'Server-sent events about the progress of a job.\n\n`queued`, `started`, `progress` and `done`; `chunk`s when the result is delivered inline; and at the end ' +
        '`purged`, `failed`, `cancelled` or `expired` with the deletion receipt.',
    }),
    ApiResponse({
      status: 200,
      description: 'Events, from the current state of the job to its end',
      headers: headers('Cache-Control', 'X-Accel-Buffering'),
      content: eventStream,
    }),
    ApiResponse({
      status: 204,
      description: 'The client has received the last event: 204 stops an EventSource',
      headers: headers('Cache-Control'),
    }),
    ...problems('invalid-parameter', 'job-not-found', 'broker-unavailable'),
  );

const compact = { type: 'string', pattern: '^[\\w-]+\\.[\\w-]+\\.[\\w-]+$' } as Schema;

/** Describes `GET /v1/jobs/{id}/receipt`. */
export const DescribeReceipt = (): Decorator =>
  applyDecorators(
    ...job(),
    wait(),
    ApiOperation({
      operationId: 'getReceipt',
      summary: 'Get the deletion receipt',
      description:
        'A signed statement that no data of a job remains.\n\nA compact JWS (Ed25519) with the id, final state, sizes and times of the job; its payload contains `iss`, `jti`, `region`, ' +
        '`state`, `input_bytes`, `output_bytes`, `accepted_at`, `ended_at`, `purged_at`, `keys_removed` and `iat`, and ' +
        '`start_within` and `keep_at_most` where the request had them. ' +
        'Verify it with the keys at `/.well-known/jwks.json`.',
    }),
    ApiResponse({
      status: 200,
      description: 'The receipt; JSON when `Accept` prefers it',
      headers: headers('Cache-Control', 'Vary'),
      content: {
        [RECEIPT_MIME]: { schema: compact },
        'application/json': { schema: schemaOf(receiptAnswerSchema) },
      },
    }),
    ...problems('invalid-parameter', 'job-not-found', 'queue-lost', 'not-purged', 'broker-unavailable'),
  );

/** Fields of all image options. */
export const OPTIONS = fieldsOf(jobOptionsSchema);

/** Headers of any response to an upload. */
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
  description: 'Public http or https URL of the image, if the operator has enabled downloads',
};

const MASK_FIELD =
  'A mask of yours in place of the model: gray, or the alpha of the file; a matte, or a trimap of black, white and 1 % or ' +
  'more of 50 % gray. It has the proportions of the upright image, and any size';

/** Files that a form may have beside the image. */
export const MORE_FILES: Record<string, Schema> = {
  bg_image_file: { ...binary, description: 'Background image; it fills the result' },
  mask: { ...binary, description: MASK_FIELD },
};

const raw = { schema: binary };

/** A body that is the image itself. Its media type is not checked. */
export const RAW_BODY = {
  ...Object.fromEntries(INPUT_FORMATS.map((format) => [`image/${format}`, raw])),
  'application/octet-stream': raw,
};

/** The image as the body, or in a form. `@ApiBody` supports one media type only. */
function submitBody(
  fields: Record<string, Schema>,
): NonNullable<Parameters<typeof ApiOperation>[0]['requestBody']> {
  const named = { image_url: ADDRESS, ...fields, ...OPTIONS };
  const properties = {
    image: { ...binary, description: 'The image. A single file in another field is accepted, too' },
    ...MORE_FILES,
    ...named,
  };
  const anyOf = [{ required: ['image'] }, { required: ['image_url'] }];
  const inBase64 = { type: 'string', description: 'The image in base64, or as a data URL' } as Schema;
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

/** The header that makes a request repeatable. */
export const idempotencyKey = (): MethodDecorator =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'With an API key: a repeated request with the same value and image returns the same job and token, and ' +
      '`Idempotent-Replayed: true`, until the job expires. 1 to 255 visible ASCII characters, preferably a UUID. ' +
      'Ignored without an API key.',
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

/** Headers of an image and of an event stream. A response is one or the other. */
const eitherHeaders = (): Record<string, object> =>
  Object.fromEntries(
    [...RESULT_HEADERS, 'X-Accel-Buffering' as const].map((name) => [
      name,
      { ...HEADERS[name], required: false },
    ]),
  );

const submitResponses = (): MethodDecorator[] => [
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

/** Problems of any upload. */
export const UPLOAD_PROBLEMS = [
  'invalid-request',
  'invalid-parameter',
  'unknown-parameter',
  'missing-image',
  'multiple-images',
  'multiple-backgrounds',
  'multiple-masks',
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

/** An operation with an upload: its options, body and problems. */
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
        summary: 'Submit an image',
        description:
          'Sends one image and returns its job, or the result if you wait for it.\n\n`Prefer: wait=N` or `?wait=N` returns ' +
          'the result if it is ready in time. `Accept: text/event-stream` returns the events of the job and the result ' +
          'inline.\n\nSend the image as a file in a form, as the whole body with options in the query, or in base64. The ' +
          'content of the body decides, not its `Content-Type`. Unknown form fields are ignored and listed in `ignored`.',
      },
      {},
      ...(['retry-too-soon', 'result-busy', 'retry-differs'] as const),
      ...ENDS,
    ),
    wait(),
    ...submitHeaders(),
    ...submitResponses(),
  );
