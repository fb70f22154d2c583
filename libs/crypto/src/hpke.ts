import { createECDH, createHmac, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { wipe } from './wipe.js';

/** Bytes of an encapsulated key: an uncompressed point of P-256. */
export const ENC_BYTES = 65;

/** AEAD id of a context that only exports secrets (RFC 9180 §7.3). */
const EXPORT_ONLY = 0xffff;
const HASH_BYTES = 32;
/** DHKEM(P-256, HKDF-SHA256) and HKDF-SHA256 (RFC 9180 §7.1, §7.2). */
const KEM_ID = 0x0010;
const KDF_ID = 0x0001;
const BASE_MODE = 0;
const NONE = Buffer.alloc(0);
/** The private key 1, which takes the place of one that was used. */
const USED_UP = Buffer.from('01', 'hex');

/** Secrets on which sender and receiver agree. */
export interface HpkeContext {
  /** The secret with this label. Another label gives an independent secret. */
  export(label: string | Buffer, bytes: number): Buffer;
  /** Overwrites the secret that all others are derived from. */
  wipe(): void;
}

/** What a sender gets: its context, and the encapsulated key that gives the receiver the same one. */
export interface HpkeSender extends HpkeContext {
  /** 65 bytes. */
  enc: Buffer;
}

/** @param aead AEAD id of the suite, for the test vectors of the RFC */
interface HpkeOptions {
  aead?: number;
}

/**
 * Makes a context for the owner of a P-256 key: HPKE (RFC 9180) in base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, export
 * only. Synchronous, with secrets that can be wiped. The sender cannot make the context again: its ephemeral key is overwritten.
 */
export function setUpSender(publicKey: KeyObject, info: Buffer, { aead }: HpkeOptions = {}): HpkeSender {
  const point = rawPoint(publicKey);
  const ephemeral = createECDH('prime256v1');
  const enc = ephemeral.generateKeys();
  const shared = sharedSecret(ephemeral.computeSecret(point), Buffer.concat([enc, point]));
  // OpenSSL overwrites the key that is replaced. The key of a KeyObject would stay in memory until the garbage collection.
  ephemeral.setPrivateKey(USED_UP);
  return { enc, ...contextOf(shared, info, aead) };
}

/**
 * The context that a sender made for this private key.
 * @throws Error of OpenSSL when `enc` is not a point of the curve
 */
export function setUpReceiver(
  { privateKey, enc }: { privateKey: KeyObject; enc: Buffer },
  info: Buffer,
  { aead }: HpkeOptions = {},
): HpkeContext {
  const shared = sharedSecret(
    diffieHellman({ privateKey, publicKey: keyOfPoint(enc) }),
    Buffer.concat([enc, rawPoint(createPublicKey(privateKey))]),
  );
  return contextOf(shared, info, aead);
}

/** The point of a P-256 key, uncompressed: 65 bytes. */
export function rawPoint(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

function keyOfPoint(point: Buffer): KeyObject {
  const x = point.subarray(1, 33).toString('base64url');
  const y = point.subarray(33).toString('base64url');
  return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } });
}

const twoBytes = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);

const hmac = (key: Buffer, ...parts: (Buffer | string)[]): Buffer =>
  parts.reduce((mac, part) => mac.update(part), createHmac('sha256', key)).digest();

/** LabeledExtract and LabeledExpand of a suite (RFC 9180 §4). */
class LabeledKdf {
  constructor(private readonly suite: Buffer) {}

  extract(salt: Buffer, label: string, secret: Buffer): Buffer {
    return hmac(salt, 'HPKE-v1', this.suite, label, secret);
  }

  expand(key: Buffer, label: string, { info, bytes }: { info: Buffer; bytes: number }): Buffer {
    const blocks: Buffer[] = [];
    let block: Buffer = NONE;
    for (let index = 1; blocks.length * HASH_BYTES < bytes; index += 1) {
      block = hmac(key, block, twoBytes(bytes), 'HPKE-v1', this.suite, label, info, Buffer.from([index]));
      blocks.push(block);
    }
    const all = Buffer.concat(blocks);
    const wanted = Buffer.from(all.subarray(0, bytes));
    wipe(all, ...blocks);
    return wanted;
  }
}

const KEM = new LabeledKdf(Buffer.concat([Buffer.from('KEM'), twoBytes(KEM_ID)]));

/** ExtractAndExpand of the KEM (RFC 9180 §4.1). Wipes `dh`. */
function sharedSecret(dh: Buffer, kemContext: Buffer): Buffer {
  const key = KEM.extract(NONE, 'eae_prk', dh);
  const shared = KEM.expand(key, 'shared_secret', { info: kemContext, bytes: HASH_BYTES });
  wipe(dh, key);
  return shared;
}

/** KeySchedule in base mode (RFC 9180 §5.1). Wipes `shared`. */
function contextOf(shared: Buffer, info: Buffer, aead = EXPORT_ONLY): HpkeContext {
  const suite = Buffer.concat([Buffer.from('HPKE'), twoBytes(KEM_ID), twoBytes(KDF_ID), twoBytes(aead)]);
  const kdf = new LabeledKdf(suite);
  const context = Buffer.concat([
    Buffer.from([BASE_MODE]),
    kdf.extract(NONE, 'psk_id_hash', NONE),
    kdf.extract(NONE, 'info_hash', info),
  ]);
  const secret = kdf.extract(shared, 'secret', NONE);
  const exporter = kdf.expand(secret, 'exp', { info: context, bytes: HASH_BYTES });
  wipe(shared, secret);
  return {
    export: (label, bytes) => kdf.expand(exporter, 'sec', { info: Buffer.from(label), bytes }),
    wipe: () => wipe(exporter),
  };
}
