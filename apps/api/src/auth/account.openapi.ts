import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { accountSchema } from '#contracts/account-view.js';
import { headers } from '../openapi/headers.js';
import { problems, schemaOf, takesKey, type Decorator } from '../openapi/parts.js';

/** Describes `GET /v1/account`. */
export const DescribeAccount = (): Decorator =>
  applyDecorators(
    ApiTags('account'),
    ...takesKey(),
    ApiOperation({
      operationId: 'getAccount',
      summary: 'Get your limits',
      description: 'The limits of the caller, and what is left of them. This request does not count.',
    }),
    ApiResponse({
      status: 200,
      description: 'Tier, limits, and remaining requests and megapixels',
      headers: headers('Cache-Control'),
      content: { 'application/json': { schema: schemaOf(accountSchema) } },
    }),
    ...problems('key-invalid', 'broker-unavailable'),
  );
