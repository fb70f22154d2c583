import type { IncomingHttpHeaders } from 'node:http';
import { API_KEY_PREFIX } from '#vault/api.key.js';

/**
 * The API key that a request shows: `X-Api-Key`, else `Authorization: Bearer`. Whatever stands there is meant as one,
 * also when it is nothing like a key. Tokens of jobs are Bearer values too, on calls that take no key.
 */
export function presentedKey({
  'x-api-key': header,
  authorization,
}: IncomingHttpHeaders): string | undefined {
  if (header !== undefined) return String(header);
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

/** True when an API key stands in the head of a request, on whatever call. */
export const showsApiKey = (headers: IncomingHttpHeaders): boolean =>
  headers['x-api-key'] !== undefined || presentedKey(headers)?.startsWith(API_KEY_PREFIX) === true;
