import type { KeyObject } from 'node:crypto';
import type { JobId } from '#contracts/job-id.js';
import { ENC_BYTES, setUpReceiver, setUpSender, type HpkeContext } from './hpke.js';
import type { JobSecrets } from './job-token.js';
import { open, seal, TamperedError } from './sealed-box.js';
import { wipe } from './wipe.js';
import { KEY_ID_BYTES, type WorkerKeyring, type WorkerPublicKey } from './worker-keys.js';

/** The two payload keys of a job, 32 bytes each, for AES-256-GCM. */
export interface PayloadKeys {
  /** Encrypts the upload. Only the workers can find it again. */
  inputKey: Buffer;
  /** Encrypts the result. The client's token gives it too. */
  outputKey: Buffer;
}

const KEY_BYTES = 32;

const infoOf = (id: JobId): Buffer => Buffer.from(`removebg-bd/job-keys/v1/${id}`);
const contextOf = (id: JobId): string => `${id}/keys`;

/**
 * Draws the input key of a job and wraps both payload keys for the workers, bound to the job's id. The caller knows the input key
 * until it wipes it: with the public key it cannot unwrap what it has wrapped.
 * @returns `wrappedKeys`, base64url of `key id ‖ enc ‖ box`; the job record has it until the commit
 */
export function wrapKeys(
  to: WorkerPublicKey,
  { id, outputKey }: JobSecrets,
): { wrappedKeys: string; inputKey: Buffer } {
  const context = setUpSender(to.key, infoOf(id));
  const wrappingKey = context.export('output', KEY_BYTES);
  const inputKey = context.export('input', KEY_BYTES);
  const box = seal(wrappingKey, contextOf(id), outputKey);
  context.wipe();
  wipe(wrappingKey);
  return { wrappedKeys: Buffer.concat([to.id, context.enc, box]).toString('base64url'), inputKey };
}

/** The workers have no private key with this id: API and workers have keys of different pairs. */
export class UnknownWorkerKeyError extends Error {
  override readonly name = 'UnknownWorkerKeyError';
}

/**
 * Unwraps a job's payload keys.
 * @throws UnknownWorkerKeyError when they were wrapped for a key that is not in the keyring
 * @throws TamperedError when they were wrapped for another job, or were changed
 */
export function unwrapKeys(keyring: WorkerKeyring, id: JobId, wrapped: string): PayloadKeys {
  const bytes = Buffer.from(wrapped, 'base64url');
  if (bytes.length < KEY_ID_BYTES + ENC_BYTES) throw new TamperedError('too short');
  const privateKey = keyring.find(bytes.subarray(0, KEY_ID_BYTES));
  if (privateKey === undefined) throw new UnknownWorkerKeyError('wrapped for another worker key');
  const context = contextFor(privateKey, id, bytes.subarray(KEY_ID_BYTES, KEY_ID_BYTES + ENC_BYTES));
  const wrappingKey = context.export('output', KEY_BYTES);
  const inputKey = context.export('input', KEY_BYTES);
  context.wipe();
  try {
    const outputKey = open(wrappingKey, contextOf(id), bytes.subarray(KEY_ID_BYTES + ENC_BYTES));
    return { inputKey, outputKey };
  } catch (error) {
    wipe(inputKey);
    throw error;
  } finally {
    wipe(wrappingKey);
  }
}

function contextFor(privateKey: KeyObject, id: JobId, enc: Buffer): HpkeContext {
  try {
    return setUpReceiver({ privateKey, enc }, infoOf(id));
  } catch {
    // OpenSSL refuses points that are not on the curve.
    throw new TamperedError('not a point of the curve');
  }
}
