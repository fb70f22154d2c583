import { createPrivateKey, hkdfSync, type KeyObject } from 'node:crypto';
import { wipe } from './wipe.js';

const SALT = 'removebg-bd/v1';
const SEED_BYTES = 32;
/** PKCS#8 prefix of the seed of an Ed25519 key (RFC 8410 §7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The Ed25519 key derived from the API secret (HKDF-SHA256, RFC 5869, info `receipt`). All API instances with the same
 * API secret sign with the same key. A new API secret gives a new key.
 */
export function deriveReceiptKey(apiSecret: Buffer): KeyObject {
  const seed = Buffer.from(hkdfSync('sha256', apiSecret, SALT, 'receipt', SEED_BYTES));
  const key = Buffer.concat([PKCS8_HEAD, seed]);
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } finally {
    wipe(seed, key);
  }
}
