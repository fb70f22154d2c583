import { TERMINAL_STATES } from '#contracts/job-states.js';
import { MAX_PROMISE_S, PROMISES } from '#contracts/option-names.js';
import type { ReceiptClaims, ReceiptKeySet } from '#contracts/receipt-claims.js';
import { PUBLIC_ID } from '#contracts/public-id.js';
import { RECEIPT_TYPE } from '#contracts/receipt-kind.js';
import { RemoveBgError, problemOfResponse } from './removebg-error.js';
import { ServiceTransport, type JobClientSettings } from './service-transport.js';

/** Why a receipt is not valid. */
export type ReceiptFault = 'malformed' | 'wrong-type' | 'unknown-key' | 'bad-signature' | 'bad-claims';

/** Outcome of a check. */
export type ReceiptVerdict =
  { valid: true; claims: ReceiptClaims; kid: string } | { valid: false; fault: ReceiptFault };

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isPromise = (value: unknown): boolean =>
  isCount(value) && Number(value) >= 1 && Number(value) <= MAX_PROMISE_S;
const isTime = (value: unknown): boolean =>
  typeof value === 'string' &&
  DATE.test(value) &&
  !Number.isNaN(Date.parse(value)) &&
  // Date.parse accepts February 31 as March 3.
  new Date(value).toISOString() === value;

/** Claims that a receipt may lack. */
const OPTIONAL: ReadonlySet<string> = new Set(['region', ...PROMISES]);

/** A check for each claim: `receiptClaimsSchema` without zod. */
export const CLAIM_CHECKS: Readonly<Record<keyof ReceiptClaims, (value: unknown) => boolean>> = {
  iss: isText,
  jti: (value) => typeof value === 'string' && PUBLIC_ID.test(value),
  region: isText,
  state: (value) => (TERMINAL_STATES as readonly unknown[]).includes(value),
  input_bytes: isCount,
  output_bytes: isCount,
  accepted_at: isTime,
  ended_at: isTime,
  purged_at: isTime,
  keys_removed: isCount,
  start_within: isPromise,
  keep_at_most: isPromise,
  iat: isCount,
};

/** Decodes canonical base64url; undefined for any other text, including one with unused bits set. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const back = btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return back === text ? Uint8Array.from(binary, (char) => char.charCodeAt(0)) : undefined;
}

function recordOf(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isRecord ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function claimsOf(bytes: Uint8Array): ReceiptClaims | undefined {
  const record = recordOf(bytes);
  if (record === undefined) return undefined;
  const names = (Object.keys(CLAIM_CHECKS) as (keyof ReceiptClaims)[]).filter(
    (name) => !OPTIONAL.has(name) || Object.hasOwn(record, name),
  );
  const isWhole = Object.keys(record).length === names.length;
  return isWhole && names.every((name) => CLAIM_CHECKS[name](record[name]))
    ? (record as unknown as ReceiptClaims)
    : undefined;
}

/**
 * Verifies a deletion receipt with the Web Cryptography API (Ed25519, RFC 8032): format, type, key, signature and claims.
 * The caller must know that the keys belong to the service.
 */
export async function checkReceipt(receipt: string, keys: ReceiptKeySet): Promise<ReceiptVerdict> {
  const refuse = (fault: ReceiptFault): ReceiptVerdict => ({ valid: false, fault });
  const parts = receipt.split('.');
  const [head, payload, signature] = parts.map(bytesOf);
  const header = head && recordOf(head);
  if (parts.length !== 3 || payload === undefined || signature === undefined || header === undefined) {
    return refuse('malformed');
  }
  const { alg, typ, kid, crit } = header;
  if (alg !== 'EdDSA' || typ !== RECEIPT_TYPE || crit !== undefined) return refuse('wrong-type');
  const found = typeof kid === 'string' ? keys.keys.find((key) => key.kid === kid) : undefined;
  if (found === undefined) return refuse('unknown-key');
  const signed = new TextEncoder().encode(receipt.slice(0, receipt.lastIndexOf('.')));
  if (!(await isSignature(found, signature, signed))) return refuse('bad-signature');
  const claims = claimsOf(payload);
  return claims === undefined ? refuse('bad-claims') : { valid: true, claims, kid: found.kid };
}

async function isSignature(
  { kty, crv, x }: ReceiptKeySet['keys'][number],
  signature: Uint8Array<ArrayBuffer>,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const { subtle } = globalThis.crypto;
  const key = await subtle.importKey('jwk', { kty, crv, x }, { name: 'Ed25519' }, false, ['verify']);
  return subtle.verify({ name: 'Ed25519' }, key, signature, signed);
}

/** Fetches the service's public keys. @throws RemoveBgError */
export async function fetchReceiptKeys(settings: JobClientSettings): Promise<ReceiptKeySet> {
  const transport = new ServiceTransport(settings);
  const response = await transport.send('/.well-known/jwks.json', {}, {});
  if (response.status !== 200) throw await problemOfResponse(response);
  return receiptKeysIn(await response.text());
}

/** Parses a JSON Web Key Set. @throws RemoveBgError `unexpected-answer` if it is not a set of receipt keys */
export function receiptKeysIn(text: string): ReceiptKeySet {
  const { keys } = recordOf(new TextEncoder().encode(text)) ?? {};
  if (!Array.isArray(keys) || !keys.every(isReceiptKey)) {
    throw new RemoveBgError('unexpected-answer', { title: 'This is not a set of receipt keys' });
  }
  return { keys };
}

function isReceiptKey(value: unknown): value is ReceiptKeySet['keys'][number] {
  if (typeof value !== 'object' || value === null) return false;
  const { kty, crv, x, kid } = value as Record<string, unknown>;
  return kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string' && typeof kid === 'string';
}
