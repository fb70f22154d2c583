import { createHash, randomBytes } from 'node:crypto';

/** What every API key begins with: people and secret scanners tell it from a job's token. */
export const API_KEY_PREFIX = 'rb_';

const KEY_BYTES = 32;
const ID_BYTES = 5;
const API_KEY = /^rb_[A-Za-z0-9_-]{43}$/;

/** Draws an API key: the prefix and 256 random bits, base64url; 46 characters. It is shown once and kept nowhere. */
export const drawApiKey = (): string => API_KEY_PREFIX + randomBytes(KEY_BYTES).toString('base64url');

/** Draws the public name of an API key, 10 hexadecimal digits: random, so nothing of the key can be read from it. */
export const drawKeyId = (): string => randomBytes(ID_BYTES).toString('hex');

/** True when `text` has the exact shape of an API key. */
export const isApiKey = (text: string): boolean => API_KEY.test(text);

/**
 * SHA-256 (FIPS 180-4) of a key, which is all that is stored of it. A salted, slow hash is for passwords: it makes
 * each guess dear because few guesses are needed. Of 256 random bits nobody guesses one, at whatever price, and a
 * slow hash a request would be a lever for whoever wants to keep the API busy.
 */
export const hashApiKey = (key: string): Buffer => createHash('sha256').update(key).digest();
