import { hkdfSync, randomBytes } from 'node:crypto';
import { wipe } from './wipe.js';

const SALT_BYTES = 16;
const TOKEN_BYTES = 32;
const INFO = 'removebg-bd/v1 retry ';

/** Inputs of the token of an idempotent submission. */
export interface IdempotencySecrets {
  /** The secret that all APIs share. */
  apiSecret: Buffer;
  /** The client's API key, in full. */
  apiKey: string;
  /** Drawn for this submission; base64url. */
  salt: string;
  /** Value of the client's `Idempotency-Key`, at most 255 characters. */
  idempotencyKey: string;
}

/** Draws the salt of one submission, base64url. Redis stores it as long as the submission can be repeated. */
export const drawSalt = (): string => randomBytes(SALT_BYTES).toString('base64url');

/**
 * The job token of a submission with an `Idempotency-Key` (HKDF-SHA256, RFC 5869). A repeated request gets the same token,
 * and the service does not store it.
 *
 * It is as strong as a random token. The client's API key is an input, and the service stores its hash only: the contents of
 * Redis, the API secret, the file of hashes and the `Idempotency-Key` together do not give the token, so only the
 * client can decrypt a finished result. The client cannot derive it without the API secret. The salt is new for each
 * submission: no two jobs share a token or keys, and the token cannot be derived after the salt is deleted. A client without
 * an API key has no secret input, and its neighbor in the network could guess a weak `Idempotency-Key`; such clients get
 * random tokens without idempotency.
 */
export function deriveIdempotentToken({
  apiSecret,
  apiKey,
  salt,
  idempotencyKey,
}: IdempotencySecrets): Buffer {
  const secret = Buffer.concat([apiSecret, Buffer.from(apiKey)]);
  try {
    return Buffer.from(hkdfSync('sha256', secret, Buffer.from(salt), INFO + idempotencyKey, TOKEN_BYTES));
  } finally {
    wipe(secret);
  }
}
