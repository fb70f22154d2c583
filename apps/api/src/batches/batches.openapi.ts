import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import {
  batchCreatedSchema,
  batchJobSchema,
  batchViewSchema,
  customIdSchema,
} from '#contracts/batch-view.js';
import { PROMISES } from '#contracts/option-names.js';
import { headers, RATE_HEADERS, resultHeaders } from '../openapi/headers.js';
import {
  binary,
  problems,
  problemsWith,
  schemaOf,
  SCHEMES,
  takesKey,
  wait,
  type Decorator,
} from '../openapi/parts.js';
import { batchEventSchema } from '../openapi/schemas.js';
import { lastEventId, streamOf, ifNoneMatch, image, describesUpload, OPTIONS } from '../jobs/jobs.openapi.js';

const view = { 'application/json': { schema: schemaOf(batchViewSchema) } };
const added = { 'application/json': { schema: schemaOf(batchJobSchema) } };

const CUSTOM_ID = {
  ...schemaOf(customIdSchema),
  description:
    'Your name for the image, unique in the batch. A repeated request with the same name returns the same job, and ' +
    '`Idempotent-Replayed: true`, unless that job has failed. Default: the id of the job',
  examples: ['shoes/4711.jpg'],
};

/** Options that a batch has for its images. */
const PROMISED = Object.fromEntries(
  Object.entries(OPTIONS).filter(([name]) => PROMISES.some((promise) => promise === name)),
);

/** Common parts of all operations on one batch. */
const batch = (): MethodDecorator[] => [
  ApiTags('batches'),
  ApiSecurity(SCHEMES.batchToken),
  ApiParam({
    name: 'id',
    description: 'Batch id: 22 characters, base64url; with regions, prefixed with `region.`',
    // No pattern: a malformed id is answered with 404, as an unknown one.
    schema: { type: 'string', examples: ['Zk3vASNFZ4mrze8BI0VniQ'] },
  }),
  ...problems('wrong-region'),
];

/** Describes `POST /v1/batches`. */
export const DescribeBatchOpen = (): Decorator =>
  applyDecorators(
    ApiTags('batches'),
    ...takesKey(),
    ApiOperation({
      operationId: 'openBatch',
      summary: 'Open a batch',
      description:
        'Opens a batch for thousands of images and returns its token.\n\nThe token authorizes all requests about the batch and its images. It is returned once and stored nowhere. ' +
        '`start_within` and `keep_at_most` apply to images that are added without their own.',
      requestBody: {
        required: false,
        content: Object.fromEntries(
          ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'].map((type) => [
            type,
            { schema: { type: 'object', properties: PROMISED } },
          ]),
        ),
      },
    }),
    ...Object.entries(PROMISED).map(([name, { description, ...schema }]) =>
      ApiQuery({ name, required: false, description: description ?? '', schema }),
    ),
    ApiResponse({
      status: 201,
      description: 'The batch is open',
      headers: headers('Cache-Control', 'Location', ...RATE_HEADERS),
      content: { 'application/json': { schema: schemaOf(batchCreatedSchema) } },
    }),
    ...problemsWith(RATE_HEADERS, [
      ...(['invalid-request', 'invalid-parameter', 'unknown-parameter', 'malformed-multipart'] as const),
      ...(['upload-interrupted', 'key-invalid', 'request-timeout'] as const),
      ...(['rate-limited', 'broker-unavailable'] as const),
    ]),
  );

/** Describes `POST /v1/batches/{id}/jobs`. */
export const DescribeBatchSubmit = (): Decorator =>
  applyDecorators(
    ...batch(),
    ApiSecurity({ [SCHEMES.batchToken]: [], [SCHEMES.key]: [] }),
    ApiResponse({
      status: 200,
      description: 'The image is already in the batch',
      headers: headers('Cache-Control', 'Idempotent-Replayed', ...RATE_HEADERS),
      content: added,
    }),
    ApiResponse({
      status: 202,
      description: 'The image is queued',
      headers: headers('Cache-Control', 'Location', 'Retry-After', ...RATE_HEADERS),
      content: added,
    }),
    ...describesUpload(
      {
        operationId: 'addToBatch',
        summary: 'Add an image to a batch',
        description:
          'Takes one image and the options of `POST /v1/jobs`.\n\nSend an API key as `X-Api-Key`: `Authorization` contains the token of the batch.',
      },
      { custom_id: CUSTOM_ID },
      'batch-not-found',
      'batch-cancelled',
      'batch-closed',
      'batch-full',
      'custom-id-taken',
    ),
  );

/** Describes `POST /v1/batches/{id}/close`. */
export const DescribeBatchClose = (): Decorator =>
  applyDecorators(
    ...batch(),
    ApiOperation({
      operationId: 'closeBatch',
      summary: 'Close a batch',
      description: 'The batch accepts no more images. It is complete when all its images have ended.',
    }),
    ApiResponse({
      status: 200,
      description: 'The batch is closed',
      headers: headers('Cache-Control'),
      content: view,
    }),
    ...problems('batch-not-found', 'batch-cancelled', 'broker-unavailable'),
  );

/** Describes `GET /v1/batches/{id}`. */
export const DescribeBatch = (): Decorator =>
  applyDecorators(
    ...batch(),
    wait(),
    ifNoneMatch(),
    ApiOperation({
      operationId: 'getBatch',
      summary: 'Get the status of a batch',
      description:
        'Images by state, and failures.\n\nWith `wait`, the response is sent when the status differs from `If-None-Match`, or changes.',
    }),
    ApiResponse({
      status: 200,
      description: 'Status of the batch. A complete batch ignores `If-None-Match`',
      headers: headers('Cache-Control', 'ETag', 'Retry-After'),
      content: view,
    }),
    ApiResponse({
      status: 304,
      description: 'No change within the wait',
      headers: headers('Cache-Control', 'ETag'),
    }),
    ...problems(
      'invalid-parameter',
      'batch-not-found',
      'batch-cancelled',
      'queue-lost',
      'broker-unavailable',
    ),
  );

/** Describes `GET /v1/batches/{id}/events`. */
export const DescribeBatchEvents = (): Decorator =>
  applyDecorators(
    ...batch(),
    ApiSecurity(SCHEMES.batchTokenInQuery),
    lastEventId(),
    ApiOperation({
      operationId: 'streamBatchEvents',
      summary: 'Stream the events of a batch',
      description:
        'Server-sent events about all images of a batch.\n\nThe state of each image, by its `custom_id`; `counts` after each series of them; `complete` at the end; `gone` ' +
        'when the batch was canceled, has expired or was lost.',
    }),
    ApiResponse({
      status: 200,
      description: 'Events, from the current state of the images to their end',
      headers: headers('Cache-Control', 'X-Accel-Buffering'),
      content: streamOf(
        schemaOf(batchEventSchema),
        'event: delivered\nid: 17\ndata: {"custom_id":"shoes/4711.jpg","id":"q83vASNFZ4mrze8BI0VniQ"}\n\n',
      ),
    }),
    ApiResponse({
      status: 204,
      description: 'The client has received the last event: 204 stops an EventSource',
      headers: headers('Cache-Control'),
    }),
    ...problems('batch-not-found', 'batch-cancelled', 'broker-unavailable'),
  );

/** Describes `GET /v1/batches/{id}/results`. */
export const DescribeBatchResults = (): Decorator =>
  applyDecorators(
    ...batch(),
    wait(),
    ApiOperation({
      operationId: 'nextResult',
      summary: 'Download the next result',
      description:
        'The next finished result of a batch, once. Its job is purged when the response has been written.\n\nWith `wait`, ' +
        'the response is sent when a result is ready.',
    }),
    ApiResponse({
      status: 200,
      description: 'A cut-out',
      headers: { ...resultHeaders, ...headers('X-Custom-Id', 'X-Job-Id') },
      content: image,
    }),
    ApiResponse({
      status: 204,
      description: 'No result was ready in time',
      headers: headers('Cache-Control', 'X-Batch-Status', 'Retry-After'),
    }),
    ...problems(
      'invalid-parameter',
      'batch-not-found',
      'batch-cancelled',
      'queue-lost',
      'broker-unavailable',
    ),
  );

/** Describes `GET /v1/batches/{id}/archive`. */
export const DescribeBatchArchive = (): Decorator =>
  applyDecorators(
    ...batch(),
    ApiOperation({
      operationId: 'getArchive',
      summary: 'Download all results',
      description:
        'One ZIP with all results, written as they finish.\n\nThe archive ends when the batch is complete. Each job is purged when its result has been written. Files are named ' +
        'after their `custom_id`; the last file, `errors.json`, contains `{complete, failures}`. If the connection is ' +
        'lost, another archive contains the results that were not written.',
    }),
    ApiResponse({
      status: 200,
      description: 'A ZIP',
      headers: headers('Cache-Control', 'Content-Disposition', 'X-Accel-Buffering'),
      content: { 'application/zip': { schema: binary } },
    }),
    ...problems('batch-not-found', 'batch-cancelled', 'broker-unavailable'),
  );

/** Describes `DELETE /v1/batches/{id}`. */
export const DescribeBatchCancel = (): Decorator =>
  applyDecorators(
    ...batch(),
    ApiOperation({
      operationId: 'cancelBatch',
      summary: 'Cancel a batch',
      description: 'Stops the work on a batch and deletes all its images.',
    }),
    ApiResponse({
      status: 204,
      description: 'All images of the batch have been deleted',
      headers: headers('Cache-Control'),
    }),
    ...problems('batch-not-found', 'broker-unavailable'),
  );
