import type { ReceiptClaims, ReceiptKeySet } from '#contracts/receipt-claims.js';

/** What came of checking a receipt's signature. */
export type ReceiptVerdict = 'valid' | 'invalid' | 'unchecked';

const KEYS = '/.well-known/jwks.json';

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

const jsonOf = (base64url: string): unknown => JSON.parse(new TextDecoder().decode(bytesOf(base64url)));

/** What a receipt (a compact JWS, RFC 7515 §7.1) states. @throws when it is none */
export const claimsOf = (receipt: string): ReceiptClaims =>
  jsonOf(receipt.split('.')[1] ?? '') as ReceiptClaims;

/** Checks a receipt's signature (Ed25519, RFC 8037) with the service's published keys, in this browser. */
export async function checkReceipt(receipt: string): Promise<ReceiptVerdict> {
  const [head = '', payload = '', signature = ''] = receipt.split('.');
  try {
    const { kid } = jsonOf(head) as { kid: string };
    const { keys } = (await (await fetch(KEYS, { cache: 'no-store' })).json()) as ReceiptKeySet;
    const jwk = keys.find((one) => one.kid === kid);
    if (jwk === undefined) return 'invalid';
    const { kty, crv, x } = jwk;
    const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, { name: 'Ed25519' }, false, ['verify']);
    const signed = new TextEncoder().encode(`${head}.${payload}`);
    const isValid = await crypto.subtle.verify({ name: 'Ed25519' }, key, bytesOf(signature), signed);
    return isValid ? 'valid' : 'invalid';
  } catch {
    // No Ed25519, no secure context, or the keys could not be had: that says nothing about the receipt.
    return 'unchecked';
  }
}
