import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import {
  batchCreatedSchema,
  batchJobSchema,
  batchViewSchema,
  customIdSchema,
} from '#contracts/batch-view.js';
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
import { lastEventId, streamOf } from '../jobs/events.openapi.js';
import { ifNoneMatch, image } from '../jobs/jobs.openapi.js';
import { describesUpload } from '../jobs/submit.openapi.js';

const view = { 'application/json': { schema: schemaOf(batchViewSchema) } };
const added = { 'application/json': { schema: schemaOf(batchJobSchema) } };

const CUSTOM_ID = {
  ...schemaOf(customIdSchema),
  description:
    'Your name for the image, unique in the batch. A repeated request with the same one gets the same job, and ' +
    '`Idempotent-Replayed: true`, unless that job came to nothing. By default the id of the job',
  examples: ['shoes/4711.jpg'],
};

/** What all calls on one batch have in common. */
const batch = (): MethodDecorator[] => [
  ApiTags('batches'),
  ApiSecurity(SCHEMES.batchToken),
  ApiParam({
    name: 'id',
    description: 'Batch id: 22 characters, base64url; where there are regions, after `region.`',
    // No pattern: a malformed id is as unknown as any other.
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
      description: 'Its token opens the batch and every image in it. It is returned once and stored nowhere.',
    }),
    ApiResponse({
      status: 201,
      description: 'A batch that takes images',
      headers: headers('Cache-Control', 'Location', ...RATE_HEADERS),
      content: { 'application/json': { schema: schemaOf(batchCreatedSchema) } },
    }),
    ...problemsWith(RATE_HEADERS, ['key-invalid', 'rate-limited', 'broker-unavailable']),
  );

/** Describes `POST /v1/batches/{id}/jobs`. */
export const DescribeBatchSubmit = (): Decorator =>
  applyDecorators(
    ...batch(),
    ApiSecurity({ [SCHEMES.batchToken]: [], [SCHEMES.key]: [] }),
    ApiResponse({
      status: 200,
      description: 'It was there already',
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
        summary: 'Add one image',
        description: 'As `POST /v1/jobs`. An API key goes into `X-Api-Key`: `Authorization` has the token.',
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
      summary: 'Take no more images',
      description: 'The batch is complete when all its images have come to their end.',
    }),
    ApiResponse({
      status: 200,
      description: 'It is closed',
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
      summary: 'How many images are where, and what failed; or a long-poll for a change',
    }),
    ApiResponse({
      status: 200,
      description: 'Status; once complete, whatever `If-None-Match` says',
      headers: headers('Cache-Control', 'ETag', 'Retry-After'),
      content: view,
    }),
    ApiResponse({
      status: 304,
      description: 'Nothing changed in the time given',
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
      summary: 'The life of a batch as server-sent events',
      description:
        'The state of each image, by its `custom_id`; `counts` after each run of them, `complete` at the end, `gone` ' +
        'when the batch is no more.',
    }),
    ApiResponse({
      status: 200,
      description: 'Events, from the present state of the images to their end',
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
      summary: 'The next finished image, once: it is purged when the response has been written',
    }),
    ApiResponse({
      status: 200,
      description: 'A cut-out',
      headers: { ...resultHeaders, ...headers('X-Custom-Id', 'X-Job-Id') },
      content: image,
    }),
    ApiResponse({
      status: 204,
      description: 'None was finished in time',
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
      summary: 'All images in one ZIP, written while they are finished',
      description:
        'Ends when the batch is complete. Each image is purged when it has been written. Files are named by ' +
        '`custom_id`; the last one, `errors.json`, says `{complete, failures}`. When the connection breaks, another ' +
        'archive has the images that were not written.',
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
    ApiOperation({ operationId: 'cancelBatch', summary: 'Cancel, and purge every image' }),
    ApiResponse({
      status: 204,
      description: 'Nothing of its images is left',
      headers: headers('Cache-Control'),
    }),
    ...problems('batch-not-found', 'broker-unavailable'),
  );
