import { createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, CompactSign } from 'jose';
import type { ReceiptClaims, ReceiptKeySet } from '#contracts/receipt-claims.js';
import { RECEIPT_TYPE } from '#contracts/receipt-kind.js';

/** Ed25519 keys of receipts: the private signing key, and retired keys. */
export type ReceiptKeys = readonly [signing: KeyObject, ...retired: KeyObject[]];

/** Signs deletion receipts: Ed25519 in a compact JWS (RFC 7515, RFC 8037). */
export class ReceiptSigner {
  private constructor(
    private readonly key: KeyObject,
    private readonly kid: string,
    /** Public keys that verify receipts of this service, the signing one first. */
    readonly keySet: ReceiptKeySet,
  ) {}

  /**
   * A signer that publishes the public part of all keys, so that receipts can be verified after a rotation.
   */
  static async over([signing, ...retired]: ReceiptKeys): Promise<ReceiptSigner> {
    const own = await publicKey(signing);
    const others = await Promise.all(retired.map(publicKey));
    const keys = [own, ...others.filter(({ kid }) => kid !== own.kid)];
    return new ReceiptSigner(signing, own.kid, { keys });
  }

  /** The signed receipt with these claims. */
  sign(claims: ReceiptClaims): Promise<string> {
    return new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'EdDSA', typ: RECEIPT_TYPE, kid: this.kid })
      .sign(this.key);
  }
}

async function publicKey(key: KeyObject): Promise<ReceiptKeySet['keys'][number]> {
  const jwk = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  const bare = { kty: 'OKP', crv: 'Ed25519', x: String(jwk['x']) } as const;
  return { ...bare, kid: await calculateJwkThumbprint(bare), alg: 'EdDSA', use: 'sig' };
}
