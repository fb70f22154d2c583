import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  batchCreatedSchema,
  batchJobSchema,
  batchViewSchema,
  customIdSchema,
} from '#contracts/batch.view.js';
import { MIME_OF_FORMAT } from '#contracts/job.options.js';
import { takesKey } from './account.description.js';
import { describesUpload } from './api.description.js';
import {
  binary,
  problems,
  resultHeaders,
  schemaOf,
  wait,
  type Decorator,
  type Schema,
} from './description.parts.js';

const json = (schema: Schema): Record<string, { schema: Schema }> => ({ 'application/json': { schema } });
const text = { type: 'string' as const };

/** What all calls on one batch have in common. */
const batch = (): MethodDecorator[] => [
  ApiTags('batches'),
  ApiParam({ name: 'id', description: 'Batch id', schema: text }),
  ApiHeader({ name: 'Authorization', description: '`Bearer` and the token of the batch', required: false }),
];

/** Describes `POST /v1/batches`. */
export const DescribeBatchOpen = (): Decorator =>
  applyDecorators(
    ApiTags('batches'),
    ...takesKey(),
    ApiOperation({
      summary: 'Open a batch',
      description: 'Its token opens the batch and every image in it. It is told once and kept nowhere.',
    }),
    ApiResponse({
      status: 201,
      description: 'A batch that takes images',
      content: json(schemaOf(batchCreatedSchema)),
    }),
    ...problems('key-invalid', 'rate-limited', 'broker-unavailable'),
  );

/** Describes `POST /v1/batches/{id}/jobs`. */
export const DescribeBatchSubmit = (): Decorator =>
  applyDecorators(
    ...batch(),
    ApiQuery({
      name: 'custom_id',
      required: false,
      description:
        'Your name for the image; also as a field of the form. A repeated request with the same one gets the same ' +
        'job, and `Idempotent-Replayed: true`, unless that job came to nothing. By default the id of the job.',
      schema: schemaOf(customIdSchema),
    }),
    ...describesUpload(
      { summary: 'Add one image', description: 'As `POST /v1/jobs`; the API key goes in `X-Api-Key`.' },
      'batch-not-found',
      'batch-cancelled',
      'batch-closed',
      'batch-full',
      'custom-id-taken',
    ),
    ApiResponse({ status: 200, description: 'Was there already', content: json(schemaOf(batchJobSchema)) }),
    ApiResponse({ status: 202, description: 'In the queue', content: json(schemaOf(batchJobSchema)) }),
  );

/** Describes `POST /v1/batches/{id}/close`. */
export const DescribeBatchClose = (): Decorator =>
  applyDecorators(
    ...batch(),
    ApiOperation({ summary: 'Take no more images: the batch is complete when all have come to their end' }),
    ApiResponse({ status: 200, description: 'Closed', content: json(schemaOf(batchViewSchema)) }),
    ...problems('batch-not-found', 'batch-cancelled', 'broker-unavailable'),
  );

/** Describes `GET /v1/batches/{id}`. */
export const DescribeBatch = (): Decorator =>
  applyDecorators(
    ...batch(),
    wait(),
    ApiOperation({ summary: 'How many images are where, and what failed; or a long-poll for a change' }),
    ApiHeader({ name: 'If-None-Match', required: false, description: 'ETag of the status already known' }),
    ApiResponse({ status: 200, description: 'Status', content: json(schemaOf(batchViewSchema)) }),
    ApiResponse({ status: 304, description: 'Nothing changed in the time given' }),
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
    ApiQuery({
      name: 'token',
      required: false,
      description: 'Token, where headers cannot be set',
      schema: text,
    }),
    ApiOperation({
      summary: 'The life of a batch as server-sent events',
      description:
        'Where each image stands, by its name: `queued`, `started`, `done {…, link}`, `delivering`, `delivered`, ' +
        '`failed`, `cancelled`, `expired {custom_id, id, problem}`; `counts` after each run of them, `complete` at ' +
        'the end, `gone {problem}` when the batch is no more. `Last-Event-ID` resumes.',
    }),
    ApiResponse({ status: 200, description: 'Events', content: { 'text/event-stream': { schema: text } } }),
    ApiResponse({ status: 204, description: 'The end has been told' }),
    ...problems('batch-not-found', 'batch-cancelled', 'broker-unavailable'),
  );

/** Describes `GET /v1/batches/{id}/results`. */
export const DescribeBatchResults = (): Decorator =>
  applyDecorators(
    ...batch(),
    wait(),
    ApiOperation({ summary: 'The next finished image, once: it is purged when the answer has been written' }),
    ApiResponse({
      status: 200,
      description: 'A cut-out',
      headers: {
        ...resultHeaders,
        'X-Custom-Id': {
          description: 'Your name for the image, percent-encoded',
          schema: { type: 'string' },
        },
        'X-Job-Id': { description: 'Its job', schema: { type: 'string' } },
      },
      content: Object.fromEntries(Object.values(MIME_OF_FORMAT).map((mime) => [mime, { schema: binary }])),
    }),
    ApiResponse({
      status: 204,
      description: 'None was finished in time',
      headers: {
        'X-Batch-Status': {
          description: '`complete`: none will come any more',
          schema: { type: 'string', enum: ['open', 'closed', 'complete'] },
        },
      },
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
      summary: 'All images in one ZIP, written while they are finished',
      description:
        'Ends when the batch is complete. Each image is purged when it has been written. Files are named by ' +
        '`custom_id`; the last one, `errors.json`, says `{complete, failures}`. When the connection breaks, another ' +
        'archive has the images that were not written.',
    }),
    ApiResponse({ status: 200, description: 'A ZIP', content: { 'application/zip': { schema: binary } } }),
    ...problems('batch-not-found', 'batch-cancelled', 'broker-unavailable'),
  );

/** Describes `DELETE /v1/batches/{id}`. */
export const DescribeBatchCancel = (): Decorator =>
  applyDecorators(
    ...batch(),
    ApiOperation({ summary: 'Cancel, and purge every image' }),
    ApiResponse({ status: 204, description: 'Nothing of its images is left' }),
    ...problems('batch-not-found', 'broker-unavailable'),
  );
