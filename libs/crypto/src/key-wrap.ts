import type { JobId } from '#contracts/job-id.js';
import type { JobSecrets } from './job-token.js';
import { open, seal } from './sealed-box.js';
import { wipe } from './wipe.js';

/** The two payload keys of a job. */
export type PayloadKeys = Pick<JobSecrets, 'inputKey' | 'outputKey'>;

const contextOf = (id: JobId): string => `${id}/keys`;

/**
 * Wraps a job's payload keys with the key-encryption key, bound to the job's id; base64url. The job record has them until the
 * commit, so that a worker can decrypt the input and encrypt the output.
 */
export function wrapKeys(kek: Buffer, id: JobId, keys: PayloadKeys): string {
  const plain = Buffer.concat([keys.inputKey, keys.outputKey]);
  const wrapped = seal(kek, contextOf(id), plain).toString('base64url');
  wipe(plain);
  return wrapped;
}

/** Unwraps a job's payload keys. @throws TamperedError when they were wrapped for another job or with another KEK */
export function unwrapKeys(kek: Buffer, id: JobId, wrapped: string): PayloadKeys {
  const plain = open(kek, contextOf(id), Buffer.from(wrapped, 'base64url'));
  return { inputKey: plain.subarray(0, 32), outputKey: plain.subarray(32, 64) };
}
