import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Bytes that encryption adds: nonce and tag. */
export const SEAL_OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES;

/** The ciphertext is of another key or context, or was changed. */
export class TamperedError extends Error {
  override readonly name = 'TamperedError';
}

/**
 * AES-256-GCM (NIST SP 800-38D) with a random nonce: `nonce ‖ tag ‖ ciphertext`.
 * A key encrypts up to a few dozen messages, so random 96-bit nonces are safe.
 * @param context additional authenticated data; decryption needs the same text
 */
export function seal(key: Buffer, context: string, plain: Uint8Array): Buffer {
  const box = Buffer.allocUnsafeSlow(SEAL_OVERHEAD_BYTES + plain.length);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  nonce.copy(box, 0);
  cipher.update(plain).copy(box, SEAL_OVERHEAD_BYTES);
  cipher.final();
  cipher.getAuthTag().copy(box, NONCE_BYTES);
  return box;
}

/** Decrypts the output of `seal`. @throws TamperedError */
export function open(key: Buffer, context: string, box: Buffer): Buffer {
  if (box.length < SEAL_OVERHEAD_BYTES) throw new TamperedError('too short');
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(context))
    .setAuthTag(box.subarray(NONCE_BYTES, SEAL_OVERHEAD_BYTES));
  const plain = decipher.update(box.subarray(SEAL_OVERHEAD_BYTES));
  try {
    decipher.final();
  } catch {
    plain.fill(0);
    throw new TamperedError('authentication failed');
  }
  return plain;
}
