import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** Bytes of a key id. */
export const KEY_ID_BYTES = 32;

/** Public key of the workers. A process that has it can seal for them, and cannot open what it has sealed. */
export interface WorkerPublicKey {
  readonly key: KeyObject;
  /** Key id: the JWK thumbprint of the public key (RFC 7638, SHA-256), 32 bytes. */
  readonly id: Buffer;
}

/** True for a key that workers can use: P-256. */
export const isWorkerKey = (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';

/** @param key a private or public P-256 key */
export function workerPublicKey(key: KeyObject): WorkerPublicKey {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  // RFC 7638 fixes the members and their order.
  const id = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest();
  return { key: publicKey, id };
}

/** Private keys of the workers by key id: the current one, and retired ones for jobs that were accepted before a rotation. */
export class WorkerKeyring {
  private readonly keys: ReadonlyMap<string, KeyObject>;
  /** Public part of the current key. */
  readonly current: WorkerPublicKey;

  constructor([current, ...retired]: readonly [current: KeyObject, ...retired: KeyObject[]]) {
    this.current = workerPublicKey(current);
    this.keys = new Map([current, ...retired].map((key) => [textOf(workerPublicKey(key).id), key]));
  }

  /** The private key with this id. */
  find(id: Buffer): KeyObject | undefined {
    return this.keys.get(textOf(id));
  }
}

const textOf = (id: Buffer): string => id.toString('base64url');

/** Draws a key for workers: private key (PKCS#8) and public key (SPKI), PEM. */
export function drawWorkerKey(): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privatePem: pemOf(privateKey), publicPem: pemOf(publicKey) };
}

const pemOf = (key: KeyObject): string =>
  String(
    key.type === 'private'
      ? key.export({ type: 'pkcs8', format: 'pem' })
      : key.export({ type: 'spki', format: 'pem' }),
  );
