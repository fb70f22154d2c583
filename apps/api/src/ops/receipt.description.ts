import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { RECEIPT_MIME, receiptAnswerSchema, receiptKeySetSchema } from '#contracts/receipt.claims.js';
import { job, problems, schemaOf, wait, type Decorator } from './description.parts.js';

/** Describes `GET /v1/jobs/{id}/receipt`. */
export const DescribeReceipt = (): Decorator =>
  applyDecorators(
    ...job(),
    wait(),
    ApiOperation({
      summary: 'Signed deletion receipt of a job that has ended',
      description:
        'A compact JWS (Ed25519) over the id of the job, its end, sizes and times; its payload holds `iss`, `jti`, ' +
        '`state`, `input_bytes`, `output_bytes`, `accepted_at`, `ended_at`, `purged_at`, `keys_removed` and `iat`. ' +
        'Verify it with the keys at `/.well-known/jwks.json`.',
    }),
    ApiResponse({
      status: 200,
      description: 'The receipt; JSON when `Accept` prefers that',
      content: {
        [RECEIPT_MIME]: { schema: { type: 'string' } },
        'application/json': { schema: schemaOf(receiptAnswerSchema) },
      },
    }),
    ...problems('job-not-found', 'queue-lost', 'not-purged', 'broker-unavailable'),
  );

/** Describes `GET /.well-known/jwks.json`. */
export const DescribeReceiptKeys = (): Decorator =>
  applyDecorators(
    ApiTags('operation'),
    ApiOperation({ summary: 'Public keys that verify deletion receipts (RFC 7517)' }),
    ApiResponse({
      status: 200,
      description: 'The keys, the signing one first',
      content: { 'application/json': { schema: schemaOf(receiptKeySetSchema) } },
    }),
  );
