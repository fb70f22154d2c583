import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { modelListSchema } from '#contracts/model-view.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import { receiptKeySetSchema } from '#contracts/receipt-claims.js';
import { aliveSchema, readySchema, retentionSchema } from '#contracts/service-view.js';
import { headers } from '../openapi/headers.js';
import { problems, schemaOf, type Decorator } from '../openapi/parts.js';
import { documentResponse } from './problems.openapi.js';

/** A request that is open to everybody and takes no input. */
interface Question {
  tag: string;
  operationId: string;
  summary: string;
  description?: string;
  answer: z.ZodType;
  codes?: ProblemCode[];
}

const question = ({ tag, answer, codes = [], ...operation }: Question): Decorator =>
  applyDecorators(
    ApiTags(tag),
    ApiOperation(operation),
    ApiResponse({
      status: 200,
      description: 'The response',
      headers: headers('Cache-Control'),
      content: { 'application/json': { schema: schemaOf(answer) } },
    }),
    ...problems(...codes),
  );

/** Describes `GET /healthz`. */
export const DescribeAlive = (): Decorator =>
  question({
    tag: 'operation',
    operationId: 'getHealth',
    summary: 'The process is alive',
    answer: aliveSchema,
  });

/** Describes `GET /readyz`. */
export const DescribeReady = (): Decorator =>
  question({
    tag: 'operation',
    operationId: 'getReadiness',
    summary: 'Redis takes writes and a worker is ready',
    answer: readySchema,
    codes: ['not-ready', 'shutting-down', 'broker-unavailable'],
  });

/** Describes `GET /v1/models`. */
export const DescribeModels = (): Decorator =>
  question({
    tag: 'operation',
    operationId: 'listModels',
    summary: 'Models on offer, with their origin and licence',
    description: 'The option `model` of a submission takes one of their names.',
    answer: modelListSchema,
    codes: ['broker-unavailable'],
  });

/** Describes `GET /.well-known/retention`. */
export const DescribeRetention = (): Decorator =>
  applyDecorators(
    ApiTags('retention'),
    ApiOperation({
      operationId: 'getRetention',
      summary: 'What is promised, and what was checked about every process and its Redis',
    }),
    documentResponse(retentionSchema),
    ...problems('broker-unavailable'),
  );

/** Describes `GET /.well-known/jwks.json`. */
export const DescribeReceiptKeys = (): Decorator =>
  question({
    tag: 'retention',
    operationId: 'listReceiptKeys',
    summary: 'Public keys that verify deletion receipts (RFC 7517), the signing one first',
    answer: receiptKeySetSchema,
  });
