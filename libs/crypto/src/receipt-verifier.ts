import { compactVerify, createLocalJWKSet, decodeProtectedHeader, errors } from 'jose';
import { receiptClaimsSchema, type ReceiptClaims, type ReceiptKeySet } from '#contracts/receipt-claims.js';
import { RECEIPT_TYPE } from '#contracts/receipt-kind.js';

/** Why a receipt is invalid. */
export type ReceiptFault = 'malformed' | 'wrong-type' | 'unknown-key' | 'bad-signature' | 'bad-claims';

/** Result of a verification. */
export type ReceiptVerdict =
  { valid: true; claims: ReceiptClaims; kid: string } | { valid: false; fault: ReceiptFault };

/** Checks for three parts of canonical base64url. Unused bits of a last character would decode to the same bytes. */
const isCompactJws = (text: string): boolean => {
  const parts = text.split('.');
  const isCanonical = (part: string): boolean =>
    part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;
  return parts.length === 3 && parts.every(isCanonical);
};

/**
 * Verifies a receipt with public keys: format, type, key, signature and the schema of its claims. The caller makes sure that
 * the keys are those of the service.
 */
export async function verifyReceipt(receipt: string, keys: ReceiptKeySet): Promise<ReceiptVerdict> {
  const refuse = (fault: ReceiptFault): ReceiptVerdict => ({ valid: false, fault });
  if (!isCompactJws(receipt)) return refuse('malformed');
  try {
    const { alg, typ, kid } = decodeProtectedHeader(receipt);
    if (alg !== 'EdDSA' || typ !== RECEIPT_TYPE) return refuse('wrong-type');
    if (kid === undefined || !keys.keys.some((key) => key.kid === kid)) return refuse('unknown-key');
    const { payload } = await compactVerify(receipt, createLocalJWKSet(keys), { algorithms: ['EdDSA'] });
    const claims = receiptClaimsSchema.safeParse(parsed(payload));
    return claims.success ? { valid: true, claims: claims.data, kid } : refuse('bad-claims');
  } catch (error) {
    return refuse(faultOf(error));
  }
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString());
  } catch {
    return undefined;
  }
}

function faultOf(error: unknown): ReceiptFault {
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad-signature';
  if (error instanceof errors.JWKSNoMatchingKey) return 'unknown-key';
  return 'malformed';
}
