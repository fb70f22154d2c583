import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { accountSchema } from '#contracts/account.view.js';
import { problems, schemaOf, type Decorator } from './description.parts.js';

/** Names of the two ways to show an API key, as OpenAPI security schemes. */
export const KEY_SCHEMES = { header: 'api-key', bearer: 'api-key-as-bearer' } as const;

/** A call that takes an API key, and works without. */
export const takesKey = (): MethodDecorator[] => [
  ApiSecurity({}),
  ApiSecurity(KEY_SCHEMES.header),
  ApiSecurity(KEY_SCHEMES.bearer),
];

/** Describes `GET /v1/account`. */
export const DescribeAccount = (): Decorator =>
  applyDecorators(
    ApiTags('account'),
    ...takesKey(),
    ApiOperation({ summary: 'What the caller may use, and what is left of it; asking counts for nothing' }),
    ApiResponse({
      status: 200,
      description: 'Tier, limits, and what is left',
      content: { 'application/json': { schema: schemaOf(accountSchema) } },
    }),
    ...problems('key-invalid', 'broker-unavailable'),
  );
