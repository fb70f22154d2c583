import { createHash, randomBytes } from 'node:crypto';

/** Prefix of API keys, by which people and secret scanners recognize them. */
export const API_KEY_PREFIX = 'rb_';

const KEY_BYTES = 32;
const ID_BYTES = 5;
const API_KEY = /^rb_[A-Za-z0-9_-]{43}$/;

/** Draws an API key: the prefix and 256 random bits, base64url; 46 characters. It is shown once and not stored. */
export const drawApiKey = (): string => API_KEY_PREFIX + randomBytes(KEY_BYTES).toString('base64url');

/** Draws the public id of an API key: 10 random hexadecimal digits, independent of the key. */
export const drawKeyId = (): string => randomBytes(ID_BYTES).toString('hex');

/** True when `text` has the format of an API key. */
export const isApiKey = (text: string): boolean => API_KEY.test(text);

/**
 * SHA-256 (FIPS 180-4) of a key, the only part of it that is stored. Salted slow hashes protect passwords, which can be guessed.
 * A key has 256 random bits, and a slow hash per request would help denial of service.
 */
export const hashApiKey = (key: string): Buffer => createHash('sha256').update(key).digest();
