import { hkdfSync, randomBytes } from 'node:crypto';
import { wipe } from './wipe.js';

const SALT_BYTES = 16;
const TOKEN_BYTES = 32;
const INFO = 'removebg-bd/v1 retry ';

/** What the token of a submission that may be repeated follows from. */
export interface IdempotencySecrets {
  /** Key-encryption key. */
  kek: Buffer;
  /** The client's API key, in full. */
  apiKey: string;
  /** Drawn for this submission; base64url. */
  salt: string;
  /** Value of the client's `Idempotency-Key`, at most 255 characters. */
  idempotencyKey: string;
}

/** Draws the salt of one submission, base64url. It stands in Redis for as long as the submission can be repeated. */
export const drawSalt = (): string => randomBytes(SALT_BYTES).toString('base64url');

/**
 * The job token of a submission with an `Idempotency-Key` (HKDF-SHA256, RFC 5869): who repeats the request gets the
 * same token, although nobody has stored it.
 *
 * It is as strong as a drawn one. The client's API key goes in, of which the service has a hash only: with Redis,
 * the key-encryption key and the file of hashes in hand, and the `Idempotency-Key` guessed, a token still cannot be
 * made, so a finished result can be opened by the client alone, as ever. Without the key-encryption key the client
 * cannot make one either. The salt is new for each submission: no two jobs share a token or keys, and when it has
 * gone the token cannot be made again. A client without an API key has nothing secret to put in, and a neighbour on
 * its network could guess a weak `Idempotency-Key`: such clients get drawn tokens and no repetition.
 */
export function deriveIdempotentToken({ kek, apiKey, salt, idempotencyKey }: IdempotencySecrets): Buffer {
  const secret = Buffer.concat([kek, Buffer.from(apiKey)]);
  try {
    return Buffer.from(hkdfSync('sha256', secret, Buffer.from(salt), INFO + idempotencyKey, TOKEN_BYTES));
  } finally {
    wipe(secret);
  }
}
