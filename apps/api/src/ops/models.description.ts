import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { modelListSchema } from '#contracts/model.view.js';
import { problems, schemaOf, type Decorator } from './description.parts.js';

/** Describes `GET /v1/models`. */
export const DescribeModels = (): Decorator =>
  applyDecorators(
    ApiTags('operation'),
    ApiOperation({
      summary: 'Models on offer, with their origin and licence',
      description: 'The option `model` of a submission takes one of their names.',
    }),
    ApiResponse({
      status: 200,
      description: 'The models',
      content: { 'application/json': { schema: schemaOf(modelListSchema) } },
    }),
    ...problems('broker-unavailable'),
  );
