import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { accountSchema } from '#contracts/account-view.js';
import { headers } from '../openapi/headers.js';
import { problems, schemaOf, takesKey, type Decorator } from '../openapi/parts.js';

export { takesKey } from '../openapi/parts.js';

/** Describes `GET /v1/account`. */
export const DescribeAccount = (): Decorator =>
  applyDecorators(
    ApiTags('account'),
    ...takesKey(),
    ApiOperation({
      operationId: 'getAccount',
      summary: 'What the caller may use, and what is left of it; asking counts for nothing',
    }),
    ApiResponse({
      status: 200,
      description: 'Tier, limits, and what is left',
      headers: headers('Cache-Control'),
      content: { 'application/json': { schema: schemaOf(accountSchema) } },
    }),
    ...problems('key-invalid', 'broker-unavailable'),
  );
