import { z } from 'zod';
import { jobIdSchema } from './job-id.js';
import { MAX_PROMISE_S } from './option-names.js';
import { TERMINAL_STATES } from './job-states.js';

const time = (meaning: string): z.ZodISODateTime => z.iso.datetime({ precision: 3 }).describe(meaning);

const promised = (meaning: string): z.ZodExactOptional<z.ZodInt> =>
  z.exactOptional(z.int().min(1).max(MAX_PROMISE_S)).describe(meaning);

/**
 * Claims of a deletion receipt: the random id of the job, its final state, sizes and times (RFC 3339, milliseconds, UTC,
 * from the clock of the broker). No part or hash of the image, no client address. Other members are not allowed.
 */
export const receiptClaimsSchema = z.strictObject({
  iss: z.string().describe('Public URL of the service, or its name'),
  jti: jobIdSchema,
  region: z
    .exactOptional(z.string())
    .describe('Region that held the data of the job; absent without regions'),
  state: z.enum(TERMINAL_STATES),
  input_bytes: z.int().nonnegative().describe('Size of the upload; 0 when the upload was not completed'),
  output_bytes: z.int().nonnegative().describe('Size of the result; 0 when there was none'),
  accepted_at: time('Before the first byte of the upload was stored'),
  ended_at: time('When the job ended'),
  purged_at: time('When all data of the job had been deleted from the broker'),
  keys_removed: z
    .int()
    .nonnegative()
    .describe('Number of stored payloads that were deleted during the life of the job'),
  start_within: promised('Seconds within which a worker had to start the job, if the request said so'),
  keep_at_most: promised('Seconds that the result was to be kept at most, if the request said so'),
  iat: z.int().nonnegative().describe('When this receipt was signed, seconds since the epoch'),
});

/** Payload of a deletion receipt. */
export type ReceiptClaims = z.output<typeof receiptClaimsSchema>;

/** `GET /v1/jobs/{id}/receipt` for clients that prefer JSON. */
export const receiptAnswerSchema = z.object({ receipt: z.string().describe('The receipt, a compact JWS') });

/** One public key of `/.well-known/jwks.json` (RFC 8037). */
export const receiptKeySchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().describe('Public key, base64url'),
  kid: z.string().describe('RFC 7638 thumbprint'),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
});

/** `GET /.well-known/jwks.json`: the keys that verify receipts (RFC 7517 §5). */
export const receiptKeySetSchema = z.object({ keys: z.array(receiptKeySchema) });

/** The keys that verify receipts. */
export type ReceiptKeySet = z.output<typeof receiptKeySetSchema>;
