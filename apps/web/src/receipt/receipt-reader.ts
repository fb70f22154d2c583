import type { ReceiptClaims, ReceiptKeySet } from '#contracts/receipt-claims.js';

/** Outcome of a signature check. */
export type SignatureStatus = 'valid' | 'invalid' | 'unchecked';

/** Path of the published keys. */
export const KEYS_PATH = '/.well-known/jwks.json';

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

const jsonOf = (base64url: string): unknown => JSON.parse(new TextDecoder().decode(bytesOf(base64url)));

/** The claims of a receipt (a compact JWS, RFC 7515 §7.1). @throws Error if it is not one */
export const claimsOf = (receipt: string): ReceiptClaims =>
  jsonOf(receipt.split('.')[1] ?? '') as ReceiptClaims;

/** Checks the signature of a receipt (Ed25519, RFC 8037) in the browser, with the published keys of the service. */
export async function checkReceipt(receipt: string): Promise<SignatureStatus> {
  const [head = '', payload = '', signature = ''] = receipt.split('.');
  try {
    const { kid } = jsonOf(head) as { kid: string };
    const { keys } = (await (await fetch(KEYS_PATH, { cache: 'no-store' })).json()) as ReceiptKeySet;
    const jwk = keys.find((one) => one.kid === kid);
    if (jwk === undefined) return 'invalid';
    const { kty, crv, x } = jwk;
    const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, { name: 'Ed25519' }, false, ['verify']);
    const signed = new TextEncoder().encode(`${head}.${payload}`);
    const isValid = await crypto.subtle.verify({ name: 'Ed25519' }, key, bytesOf(signature), signed);
    return isValid ? 'valid' : 'invalid';
  } catch {
    // No Ed25519, no secure context, or no keys: the receipt may still be valid.
    return 'unchecked';
  }
}
