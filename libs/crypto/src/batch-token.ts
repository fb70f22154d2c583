import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { BatchId } from '#contracts/batch-id.js';
import { open, seal } from './sealed-box.js';
import { wipe } from './wipe.js';

const SALT = 'removebg-bd/v1';
const NAME_BYTES = 16;
const JOB_SALT_BYTES = 16;

/** One image of a batch, as the holder of the batch's token sees it. */
export interface BatchEntry {
  customId: string;
  /** Token of its job. */
  token: Buffer;
}

/** An entry as it stands in Redis. */
export interface SealedEntry {
  /** Keyed hash of the custom id: 22 characters, base64url. */
  name: string;
  /** Custom id, and what the job's token follows from; base64url. */
  box: string;
}

/** The id of the batch whose secret is `token`. */
export const batchIdOf = (token: Buffer): BatchId =>
  expand(token, 'batch id', 16).toString('base64url') as BatchId;

/** True when `token` is the secret of batch `id`; takes the same time whether it is or not. */
export const opensBatch = (token: Buffer, id: BatchId): boolean =>
  timingSafeEqual(expand(token, 'batch id', 16), Buffer.from(id, 'base64url'));

/**
 * What only the holder of a batch's token can do: name its images, and open them. All of it follows from the token
 * (HKDF-SHA256, RFC 5869, one `info` each), which the service does not keep. What stands in Redis of a custom id is an
 * HMAC to find it again, and a sealed box to read it from.
 */
export class BatchSecrets {
  readonly #token: Buffer;
  readonly #nameKey: Buffer;
  readonly #boxKey: Buffer;

  /** Takes the token over. */
  constructor(token: Buffer) {
    this.#token = token;
    this.#nameKey = expand(token, 'batch names', 32);
    this.#boxKey = expand(token, 'batch boxes', 32);
  }

  /** Name of a custom id in this batch. */
  nameOf(customId: string): string {
    const mac = createHmac('sha256', this.#nameKey).update(customId).digest();
    return mac.subarray(0, NAME_BYTES).toString('base64url');
  }

  /** A job token of this batch that nobody has had before, and what it follows from. */
  drawJob(): { salt: Buffer; token: Buffer } {
    const salt = randomBytes(JOB_SALT_BYTES);
    return { salt, token: this.#jobToken(salt) };
  }

  /** Seals what `open` tells. */
  seal(customId: string, salt: Buffer): SealedEntry {
    const name = this.nameOf(customId);
    const plain = Buffer.alloc(JOB_SALT_BYTES + Buffer.byteLength(customId));
    salt.copy(plain);
    plain.write(customId, JOB_SALT_BYTES);
    const box = seal(this.#boxKey, 'batch entry', plain).toString('base64url');
    wipe(plain);
    return { name, box };
  }

  /** @throws TamperedError when the box is of another batch */
  open(box: string): BatchEntry {
    return this.#opened(box, (plain) => ({
      customId: customIdIn(plain),
      token: this.#jobToken(plain.subarray(0, JOB_SALT_BYTES)),
    }));
  }

  /** The custom id alone. @throws TamperedError when the box is of another batch */
  customIdOf(box: string): string {
    return this.#opened(box, customIdIn);
  }

  /** Overwrites the token and all keys. */
  wipe(): void {
    wipe(this.#token, this.#nameKey, this.#boxKey);
  }

  /** What `read` takes from an entry, which is wiped then. */
  #opened<T>(box: string, read: (plain: Buffer) => T): T {
    const plain = open(this.#boxKey, 'batch entry', Buffer.from(box, 'base64url'));
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
