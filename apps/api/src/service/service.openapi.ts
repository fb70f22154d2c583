import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags, ApiParam } from '@nestjs/swagger';
import type { z } from 'zod';
import { modelListSchema } from '#contracts/model-view.js';
import { PROBLEMS, type ProblemCode } from '#contracts/problem-catalog.js';
import { receiptKeySetSchema } from '#contracts/receipt-claims.js';
import { auditDocumentSchema } from '#contracts/audit-document.js';
import { retentionSchema } from '#contracts/retention-view.js';
import { aliveSchema, readySchema } from '#contracts/service-view.js';
import { withoutbgHealthSchema, withoutbgReadySchema } from '#contracts/withoutbg-view.js';
import { problemListSchema, problemPageSchema } from '#contracts/problem-pages.js';
import { headers } from '../openapi/headers.js';
import { problems, schemaOf, type Decorator } from '../openapi/parts.js';

/** A public operation without parameters. */
interface PublicOperation {
  tag: string;
  operationId: string;
  summary: string;
  description?: string;
  schema: z.ZodType;
  codes?: ProblemCode[];
}

const publicOperation = ({ tag, schema, codes = [], ...operation }: PublicOperation): Decorator =>
  applyDecorators(
    ApiTags(tag),
    ApiOperation(operation),
    ApiResponse({
      status: 200,
      description: 'The response',
      headers: headers('Cache-Control'),
      content: { 'application/json': { schema: schemaOf(schema) } },
    }),
    ...problems(...codes),
  );

/** Describes `GET /healthz`. */
export const DescribeAlive = (): Decorator =>
  publicOperation({
    tag: 'operation',
    operationId: 'getHealth',
    summary: 'Check liveness',
    description: 'Responds while the process runs.',
    schema: aliveSchema,
  });

/** Describes `GET /readyz`. */
export const DescribeReady = (): Decorator =>
  publicOperation({
    tag: 'operation',
    operationId: 'getReadiness',
    summary: 'Check readiness',
    description: 'Redis accepts writes, and a worker is ready, or an image will start one.',
    schema: readySchema,
    codes: ['not-ready', 'shutting-down', 'broker-unavailable'],
  });

/** Describes `GET /health`. */
export const DescribeHealth = (): Decorator =>
  publicOperation({
    tag: 'compatibility',
    operationId: 'withoutbgHealth',
    summary: 'Check liveness (withoutBG)',
    description: 'What the GIMP plug-in of withoutBG asks before it sends an image.',
    schema: withoutbgHealthSchema,
  });

/** Describes `GET /ready`. */
export const DescribeWithoutbgReady = (): Decorator =>
  applyDecorators(
    publicOperation({
      tag: 'compatibility',
      operationId: 'withoutbgReady',
      summary: 'Check readiness (withoutBG)',
      description: 'As `GET /readyz`, in the form of withoutBG.',
      schema: withoutbgReadySchema,
    }),
    ApiResponse({
      status: 503,
      description: 'The service cannot process images now',
      headers: headers('Cache-Control', 'Retry-After'),
      content: { 'application/json': { schema: schemaOf(withoutbgReadySchema) } },
    }),
  );

/** Describes `GET /v1/models`. */
export const DescribeModels = (): Decorator =>
  publicOperation({
    tag: 'operation',
    operationId: 'listModels',
    summary: 'List the models',
    description:
      'Available models, with origin and license. The option `model` of an upload accepts their names.',
    schema: modelListSchema,
    codes: ['broker-unavailable'],
  });

/** Describes `GET /.well-known/retention`. */
export const DescribeRetention = (): Decorator =>
  applyDecorators(
    ApiTags('retention'),
    ApiOperation({
      operationId: 'getRetention',
      summary: 'Get the retention statement',
      description: 'The promise, and the checks of all processes and their Redis.',
    }),
    documentResponse(retentionSchema),
    ...problems('broker-unavailable'),
  );

/** Describes `GET /.well-known/retention/audit`. */
export const DescribeAudit = (): Decorator =>
  applyDecorators(
    ApiTags('retention'),
    ApiOperation({
      operationId: 'getAuditReport',
      summary: 'The latest audit report, if the operator has published one',
    }),
    documentResponse(auditDocumentSchema),
    ...problems('not-found'),
  );

/** Describes `GET /.well-known/jwks.json`. */
export const DescribeReceiptKeys = (): Decorator =>
  publicOperation({
    tag: 'retention',
    operationId: 'listReceiptKeys',
    summary: 'List the receipt keys',
    description: 'Public keys that verify deletion receipts (RFC 7517), the signing one first.',
    schema: receiptKeySetSchema,
  });

/** A document as JSON, or as a page for clients that prefer HTML. */
export const documentResponse = (schema: z.ZodType): MethodDecorator =>
  ApiResponse({
    status: 200,
    description: 'JSON, or a page when `Accept` prefers HTML',
    headers: headers('Cache-Control', 'Vary'),
    content: {
      'application/json': { schema: schemaOf(schema) },
      'text/html': { schema: { type: 'string' } },
    },
  });

/** Describes `GET /problems`. */
export const DescribeProblems = (): Decorator =>
  applyDecorators(
    ApiTags('operation'),
    ApiOperation({
      operationId: 'listProblems',
      summary: 'List the problems',
      description: 'All error codes with status and title.',
    }),
    documentResponse(problemListSchema),
  );

/** Describes `GET /problems/{code}`. */
export const DescribeProblem = (): Decorator =>
  applyDecorators(
    ApiTags('operation'),
    ApiOperation({
      operationId: 'getProblem',
      summary: 'Explain a problem',
      description: 'What happened, why, and what to do. The `type` of a problem is the URL of this page.',
    }),
    ApiParam({
      name: 'code',
      description: 'Code of the problem',
      schema: { type: 'string', enum: Object.keys(PROBLEMS), examples: ['missing-image'] },
    }),
    documentResponse(problemPageSchema),
    ...problems('not-found'),
  );
