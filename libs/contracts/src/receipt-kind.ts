/** `typ` of a receipt's protected header. */
export const RECEIPT_TYPE = 'removebg-receipt+jwt';

/** Media type of a receipt: a JWS in compact serialization (RFC 7515 §9.2.1). */
export const RECEIPT_MIME = 'application/jose';
