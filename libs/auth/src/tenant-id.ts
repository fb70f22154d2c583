import { createHmac, hkdfSync } from 'node:crypto';

const SALT = 'removebg-bd/v1';
const KEY_BYTES = 32;
const NAME_BYTES = 16;

/**
 * Makes names of those who submit, and of what they submit, for use in Redis: HMAC-SHA256 (RFC 2104) under a key
 * that follows from the key-encryption key (HKDF-SHA256, RFC 5869, info `tenant`). There are only four billion IPv4
 * addresses: a plain hash of one is no secret, a keyed one is. All API instances make the same names.
 */
export class TenantIds {
  private readonly key: Buffer;

  constructor(kek: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', kek, SALT, 'tenant', KEY_BYTES));
  }

  /** The name of whatever the words say, in their order: 128 bits, base64url, 22 characters. */
  of(...words: readonly string[]): string {
    const mac = createHmac('sha256', this.key).update(JSON.stringify(words)).digest();
    return mac.subarray(0, NAME_BYTES).toString('base64url');
  }
}
