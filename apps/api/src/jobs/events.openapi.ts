import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import { headers } from '../openapi/headers.js';
import { job, problems, schemaOf, SCHEMES, type Decorator, type Schema } from '../openapi/parts.js';
import { jobEventSchema } from '../openapi/schemas.js';

/**
 * Content of a response that is an event stream. OpenAPI 3.1 has no term for one: JSON Schema's `contentSchema`
 * says what the text holds once it is parsed.
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
export const eventStream = streamOf(
  schemaOf(jobEventSchema),
  'event: queued\nid: 2\ndata: {"position":1,"eta_ms":900}\n\n' +
    'event: started\nid: 3\ndata: {"attempt":1}\n\n',
);

/** How a stream is resumed. */
export const lastEventId = (): MethodDecorator =>
  ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Id of the last event received: the stream continues after it',
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
      description: 'The result comes as `chunk` events and is purged then',
      schema: { type: 'string', enum: ['inline'] },
    }),
    lastEventId(),
    ApiOperation({
      operationId: 'streamJobEvents',
      summary: 'The life of a job as server-sent events',
      description:
        '`queued`, `started`, `progress` and `done` as they come, `chunk`s when the result is delivered inline, and ' +
        'at the end `purged`, `failed`, `cancelled` or `expired`, each with the deletion receipt.',
    }),
    ApiResponse({
      status: 200,
      description: 'Events, from the present state of the job to its end',
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
