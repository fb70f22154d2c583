import { createHmac, hkdfSync } from 'node:crypto';

const SALT = 'removebg-bd/v1';
const KEY_BYTES = 32;
const NAME_BYTES = 16;

/**
 * Pseudonyms of clients and submissions for Redis: HMAC-SHA256 (RFC 2104) with a key derived from the API secret
 * (HKDF-SHA256, RFC 5869, info `tenant`). A plain hash of an IPv4 address could be reversed by trying all of them. All API
 * instances compute the same pseudonyms.
 */
export class TenantIds {
  private readonly key: Buffer;

  constructor(apiSecret: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', apiSecret, SALT, 'tenant', KEY_BYTES));
  }

  /** The pseudonym of an ordered list of words: 128 bits, base64url, 22 characters. */
  of(...words: readonly string[]): string {
    const mac = createHmac('sha256', this.key).update(JSON.stringify(words)).digest();
    return mac.subarray(0, NAME_BYTES).toString('base64url');
  }
}
