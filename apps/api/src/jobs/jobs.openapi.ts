import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { MIME_OF_FORMAT } from '#contracts/job-options.js';
import { jobViewSchema } from '#contracts/job-view.js';
import { headers, resultHeaders } from '../openapi/headers.js';
import { binary, ENDS, FAILURES, job, problems, schemaOf, wait, type Decorator } from '../openapi/parts.js';

/** Content of a response that is a result. */
export const image = Object.fromEntries(
  Object.values(MIME_OF_FORMAT).map((mime) => [mime, { schema: binary }]),
);

const status = { 'application/json': { schema: schemaOf(jobViewSchema) } };

/** What is waited for a change from. */
export const ifNoneMatch = (): MethodDecorator =>
  ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'ETag of the status already known',
    schema: { type: 'string', examples: ['"999"'] },
  });

/** Describes `GET /v1/jobs/{id}`. */
export const DescribeStatus = (): Decorator =>
  applyDecorators(
    ...job(),
    wait(),
    ApiOperation({
      operationId: 'getJob',
      summary: 'Status of a job, or a long-poll for its next change',
      description:
        'With `wait` the response comes when the status differs from that of `If-None-Match`, or changes from now on. ' +
        'Once `done` is `true` there is nothing to wait for: a job that has ended is answered with 200 at once, whatever ' +
        '`If-None-Match` says, and with a second of delay to who goes on asking.',
    }),
    ifNoneMatch(),
    ApiResponse({
      status: 200,
      description: 'Status',
      headers: headers('Cache-Control', 'ETag', 'Retry-After'),
      content: status,
    }),
    ApiResponse({
      status: 304,
      description: 'Nothing changed in the time given',
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
      summary: 'The image, once: it is purged when the response has been written',
    }),
    ApiResponse({ status: 200, description: 'The cut-out', headers: resultHeaders, content: image }),
    ApiResponse({
      status: 202,
      description: 'Not done yet',
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
    ApiOperation({ operationId: 'cancelJob', summary: 'Cancel and purge' }),
    ApiResponse({
      status: 204,
      description: 'Nothing of the job is left',
      headers: headers('Cache-Control'),
    }),
    ...problems('job-not-found', 'broker-unavailable'),
  );
