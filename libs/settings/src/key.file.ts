import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SettingsError } from './settings.js';

/** Length of the key-encryption key. */
export const KEK_BYTES = 32;

/**
 * Reads the key-encryption key shared by API and workers.
 * @throws SettingsError when the file is missing, unreadable, open to others, or not exactly 32 bytes long
 */
export function readKek(file: string | undefined): Buffer {
  if (file === undefined) {
    throw new SettingsError('KEK_FILE: needed, a file of 32 random bytes shared by API and workers');
  }
  let key: Buffer;
  try {
    key = readFileSync(file);
  } catch {
    throw new SettingsError('KEK_FILE: the file cannot be read');
  }
  if (key.length !== KEK_BYTES) throw new SettingsError('KEK_FILE: the file must hold exactly 32 bytes');
  return key;
}

const PEM_BLOCK = /-----BEGIN (PRIVATE|PUBLIC) KEY-----[^-]+-----END \1 KEY-----/g;

/**
 * Reads the keys of deletion receipts: PEM blocks, first the private key that signs (PKCS#8), then any retired ones,
 * private or public (SPKI), whose receipts are still to be verified.
 * @throws SettingsError when the file is unreadable, or holds anything but Ed25519 keys, the first one private
 */
export function readReceiptKeys(file: string): [signing: KeyObject, ...retired: KeyObject[]] {
  let pem: string;
  try {
    pem = readFileSync(file, 'latin1');
  } catch {
    throw new SettingsError('RECEIPT_KEY_FILE: the file cannot be read');
  }
  const [signing, ...retired] = [...pem.matchAll(PEM_BLOCK)].map(([block, kind]) => receiptKey(block, kind));
  if (signing?.type !== 'private') {
    throw new SettingsError('RECEIPT_KEY_FILE: the file must begin with a private key (PKCS#8, PEM)');
  }
  return [signing, ...retired];
}

function receiptKey(block: string, kind: string | undefined): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = kind === 'PRIVATE' ? createPrivateKey(block) : createPublicKey(block);
  } catch {
    // OpenSSL's own message says no more than ours, in worse words.
  }
  if (key?.asymmetricKeyType !== 'ed25519') {
    throw new SettingsError('RECEIPT_KEY_FILE: every key in the file must be an intact Ed25519 key');
  }
  return key;
}
