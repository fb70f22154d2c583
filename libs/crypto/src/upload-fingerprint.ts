import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

const SALT = 'removebg-bd/v1';
const KEY_BYTES = 32;

/**
 * Tells whether two uploads are the same: HMAC-SHA256 (RFC 2104) over the files as they arrive and the options,
 * under a key that follows from the job's token (HKDF, info `fingerprint`). Only who has the token can compute it:
 * in Redis it does not let anyone who has a picture prove that it was here.
 */
export class UploadFingerprint {
  private readonly key: Buffer;
  private readonly files = new Map<string, { hmac: ReturnType<typeof createHmac>; bytes: number }>();

  /** @param token of the job, 32 bytes */
  constructor(token: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', token, SALT, 'fingerprint', KEY_BYTES));
  }

  /** Takes the next bytes of the file that has this role. */
  take(role: string, plain: Uint8Array): void {
    const file = this.files.get(role) ?? { hmac: createHmac('sha256', this.key), bytes: 0 };
    file.hmac.update(plain);
    file.bytes += plain.length;
    this.files.set(role, file);
  }

  /** Forgets the file that has this role: it is no part of the upload. */
  skip(role: string): void {
    this.files.get(role)?.hmac.digest();
    this.files.delete(role);
  }

  /** The fingerprint of all that was taken and of `options`: base64url, 43 characters. Ends the work. */
  digest(options: unknown): string {
    const files = [...this.files].map(([role, { hmac, bytes }]) => [role, bytes, hmac.digest('hex')]);
    this.files.clear();
    const text = JSON.stringify([files.sort(), options]);
    return createHmac('sha256', this.key).update(text).digest('base64url');
  }

  /** Ends the work without a result: OpenSSL then wipes the last bytes it was given, now and not some time later. */
  drop(): void {
    for (const { hmac } of this.files.values()) hmac.digest();
    this.files.clear();
  }
}

/** True when two fingerprints are the same; takes the same time whether they are or not. */
export function sameFingerprint(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
