import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { receiptAnswerSchema } from '#contracts/receipt-claims.js';
import { RECEIPT_MIME } from '#contracts/receipt-kind.js';
import { headers } from '../openapi/headers.js';
import { job, problems, schemaOf, wait, type Decorator, type Schema } from '../openapi/parts.js';

const compact = { type: 'string', pattern: '^[\\w-]+\\.[\\w-]+\\.[\\w-]+$' } as Schema;

/** Describes `GET /v1/jobs/{id}/receipt`. */
export const DescribeReceipt = (): Decorator =>
  applyDecorators(
    ...job(),
    wait(),
    ApiOperation({
      operationId: 'getReceipt',
      summary: 'Signed deletion receipt of a job that has ended',
      description:
        'A compact JWS (Ed25519) over the id of the job, its end, sizes and times; its payload holds `iss`, `jti`, `region`, ' +
        '`state`, `input_bytes`, `output_bytes`, `accepted_at`, `ended_at`, `purged_at`, `keys_removed` and `iat`. ' +
        'Verify it with the keys at `/.well-known/jwks.json`.',
    }),
    ApiResponse({
      status: 200,
      description: 'The receipt; JSON when `Accept` prefers that',
      headers: headers('Cache-Control', 'Vary'),
      content: {
        [RECEIPT_MIME]: { schema: compact },
        'application/json': { schema: schemaOf(receiptAnswerSchema) },
      },
    }),
    ...problems('invalid-parameter', 'job-not-found', 'queue-lost', 'not-purged', 'broker-unavailable'),
  );
