import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { BatchId } from '#contracts/batch-id.js';
import { open, seal } from './sealed-box.js';
import { wipe } from './wipe.js';

const SALT = 'removebg-bd/v1';
const NAME_BYTES = 16;
const JOB_SALT_BYTES = 16;

/** One image of a batch, decrypted with the batch's token. */
export interface BatchEntry {
  customId: string;
  /** Token of the job. */
  token: Buffer;
}

/** An entry as Redis stores it. */
export interface SealedEntry {
  /** Keyed hash of the custom id: 22 characters, base64url. */
  name: string;
  /** Custom id and salt of the job's token, encrypted; base64url. */
  sealedEntry: string;
}

/** The id of the batch whose secret is `token`. */
export const batchIdOf = (token: Buffer): BatchId =>
  expand(token, 'batch id', 16).toString('base64url') as BatchId;

/** True when `token` is the secret of batch `id`; takes constant time. */
export const opensBatch = (token: Buffer, id: BatchId): boolean =>
  timingSafeEqual(expand(token, 'batch id', 16), Buffer.from(id, 'base64url'));

/**
 * Keys of a batch, derived from its token (HKDF-SHA256, RFC 5869, one `info` each), which the service does not store. Redis
 * stores an HMAC of each custom id, to find it, and an encrypted entry, to read it.
 */
export class BatchSecrets {
  readonly #token: Buffer;
  readonly #nameKey: Buffer;
  readonly #entryKey: Buffer;

  /** Owns `token` from here on. */
  constructor(token: Buffer) {
    this.#token = token;
    this.#nameKey = expand(token, 'batch names', 32);
    this.#entryKey = expand(token, 'batch boxes', 32);
  }

  /** Name of a custom id in this batch. */
  nameOf(customId: string): string {
    const mac = createHmac('sha256', this.#nameKey).update(customId).digest();
    return mac.subarray(0, NAME_BYTES).toString('base64url');
  }

  /** A new job token of this batch, and the salt that it is derived from. */
  drawJob(): { salt: Buffer; token: Buffer } {
    const salt = randomBytes(JOB_SALT_BYTES);
    return { salt, token: this.#jobToken(salt) };
  }

  /** Encrypts an entry. */
  seal(customId: string, salt: Buffer): SealedEntry {
    const name = this.nameOf(customId);
    const plain = Buffer.alloc(JOB_SALT_BYTES + Buffer.byteLength(customId));
    salt.copy(plain);
    plain.write(customId, JOB_SALT_BYTES);
    const sealedEntry = seal(this.#entryKey, 'batch entry', plain).toString('base64url');
    wipe(plain);
    return { name, sealedEntry };
  }

  /** @throws TamperedError when the entry is of another batch */
  open(sealedEntry: string): BatchEntry {
    return this.#opened(sealedEntry, (plain) => ({
      customId: customIdIn(plain),
      token: this.#jobToken(plain.subarray(0, JOB_SALT_BYTES)),
    }));
  }

  /** The custom id of an entry. @throws TamperedError when the entry is of another batch */
  customIdOf(sealedEntry: string): string {
    return this.#opened(sealedEntry, customIdIn);
  }

  /** Overwrites the token and all keys. */
  wipe(): void {
    wipe(this.#token, this.#nameKey, this.#entryKey);
  }

  /** The result of `read` on the decrypted entry, which is wiped afterwards. */
  #opened<T>(sealedEntry: string, read: (plain: Buffer) => T): T {
    const plain = open(this.#entryKey, 'batch entry', Buffer.from(sealedEntry, 'base64url'));
    try {
      return read(plain);
    } finally {
      wipe(plain);
    }
  }

  #jobToken(salt: Buffer): Buffer {
    const secret = Buffer.concat([this.#token, salt]);
    try {
      return expand(secret, 'batch job', 32);
    } finally {
      wipe(secret);
    }
  }
}

const customIdIn = (plain: Buffer): string => plain.subarray(JOB_SALT_BYTES).toString();

const expand = (secret: Buffer, info: string, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, SALT, info, bytes));
