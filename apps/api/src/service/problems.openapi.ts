import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { PROBLEMS } from '#contracts/problem-catalog.js';
import { problemListSchema, problemPageSchema } from '#contracts/problem-pages.js';
import { headers } from '../openapi/headers.js';
import { problems, schemaOf, type Decorator } from '../openapi/parts.js';

/** A document that is JSON, or a page for those who prefer HTML. */
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
    ApiOperation({ operationId: 'listProblems', summary: 'Every kind of problem' }),
    documentResponse(problemListSchema),
  );

/** Describes `GET /problems/{code}`. */
export const DescribeProblem = (): Decorator =>
  applyDecorators(
    ApiTags('operation'),
    ApiOperation({
      operationId: 'getProblem',
      summary: 'One kind of problem: what happened, why, and what to do',
      description: 'The `type` of a problem is the address of this page.',
    }),
    ApiParam({
      name: 'code',
      description: 'Code of the problem',
      schema: { type: 'string', enum: Object.keys(PROBLEMS), examples: ['missing-image'] },
    }),
    documentResponse(problemPageSchema),
    ...problems('not-found'),
  );
