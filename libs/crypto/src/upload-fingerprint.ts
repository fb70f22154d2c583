import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

const SALT = 'removebg-bd/v1';
const KEY_BYTES = 32;

/**
 * Identifies equal uploads: HMAC-SHA256 (RFC 2104) of files and options, with a key derived from the job's token (HKDF, info
 * `fingerprint`). It cannot be computed without the token, so the stored value does not prove that an image was uploaded.
 */
export class UploadFingerprint {
  private readonly key: Buffer;
  private readonly files = new Map<string, { hmac: ReturnType<typeof createHmac>; bytes: number }>();

  /** @param token of the job, 32 bytes */
  constructor(token: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', token, SALT, 'fingerprint', KEY_BYTES));
  }

  /** Adds the next bytes of the file with this role. */
  take(role: string, plain: Uint8Array): void {
    const file = this.files.get(role) ?? { hmac: createHmac('sha256', this.key), bytes: 0 };
    file.hmac.update(plain);
    file.bytes += plain.length;
    this.files.set(role, file);
  }

  /** Drops the file with this role: it is not part of the upload. */
  skip(role: string): void {
    this.files.get(role)?.hmac.digest();
    this.files.delete(role);
  }

  /** The fingerprint of the files and `options`: base64url, 43 characters. Can be called once. */
  digest(options: unknown): string {
    const files = [...this.files].map(([role, { hmac, bytes }]) => [role, bytes, hmac.digest('hex')]);
    this.files.clear();
    const text = JSON.stringify([files.sort(), options]);
    return createHmac('sha256', this.key).update(text).digest('base64url');
  }

  /** Ends without a result, so that OpenSSL wipes its input buffers now. */
  drop(): void {
    for (const { hmac } of this.files.values()) hmac.digest();
    this.files.clear();
  }
}

/** True when two fingerprints are equal; takes constant time. */
export function sameFingerprint(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
