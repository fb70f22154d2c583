import type { IncomingHttpHeaders } from 'node:http';
import { API_KEY_PREFIX } from '#vault/api.key.js';

/**
 * The API key that a request shows: `X-Api-Key`, else `Authorization: Bearer`. Whatever stands there is meant as one,
 * also when it is nothing like a key. On calls about one job or batch, `Bearer` is its token (`bearerIsToken`).
 */
export function extractApiKey(
  { 'x-api-key': header, authorization }: IncomingHttpHeaders,
  bearerIsToken = false,
): string | undefined {
  if (header !== undefined) return String(header);
  if (bearerIsToken) return undefined;
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

/** True when an API key stands in the head of a request, on whatever call. */
export const hasApiKey = (headers: IncomingHttpHeaders): boolean =>
  headers['x-api-key'] !== undefined || extractApiKey(headers)?.startsWith(API_KEY_PREFIX) === true;
