import { hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { JobId } from '#contracts/job-id.js';

const TOKEN_BYTES = 32;
const TOKEN_TEXT = /^[A-Za-z0-9_-]{43}$/;
const SALT = 'removebg-bd/v1';

/** What a job's token gives. */
export interface JobSecrets {
  id: JobId;
  /** Encrypts the result: 32 bytes, for AES-256-GCM. */
  outputKey: Buffer;
}

/** Draws the 256-bit token of a new job. The client gets it; the service does not store it. */
export const drawToken = (): Buffer => randomBytes(TOKEN_BYTES);

/** Text form of a token: base64url, 43 characters. */
export const tokenText = (token: Buffer): string => token.toString('base64url');

/** The token in `text`; undefined when the text is not a token. */
export const parseToken = (text: string): Buffer | undefined =>
  TOKEN_TEXT.test(text) ? Buffer.from(text, 'base64url') : undefined;

/** The id of the job whose secret is `token`. */
export const jobIdOf = (token: Buffer): JobId => expand(token, 'id', 16).toString('base64url') as JobId;

/** Derives id and output key from a token with HKDF-SHA256 (RFC 5869), one `info` each. */
export function deriveSecrets(token: Buffer): JobSecrets {
  return { id: jobIdOf(token), outputKey: expand(token, 'output', 32) };
}

/** True when `token` is the secret of job `id`; takes constant time. */
export function opensJob(token: Buffer, id: JobId): boolean {
  return timingSafeEqual(expand(token, 'id', 16), Buffer.from(id, 'base64url'));
}

const expand = (token: Buffer, info: string, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', token, SALT, info, bytes));
