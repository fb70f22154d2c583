import { isIP } from 'node:net';
import { Problem } from '#contracts/problem-catalog.js';

/** A parsed image address. */
export interface ImageUrl {
  secure: boolean;
  /** Name of the host, or its address without brackets. */
  host: string;
  /** 0 for a name, 4 or 6 for an address. */
  family: number;
  port: number;
  /** Value of the `Host` header. */
  authority: string;
  /** Path and query. */
  path: string;
  /** The whole address without fragment, the base of redirects. */
  text: string;
}

/** What is allowed. */
export interface UrlPolicy {
  ports: readonly number[];
  /** True for an address that may be connected to. */
  allows: (address: string) => boolean;
}

/** Maximum length of an address, in characters. */
export const MAX_URL_CHARACTERS = 2048;

/** Spaces and control characters. The WHATWG parser removes tabs and line ends silently. */
const BLANKS = /[\u0000-\u0020\u007f]/;

/** Names of this machine or its local network (RFC 6761, RFC 6762, RFC 8375, RFC 9476, ICANN's `internal`). */
const PRIVATE_SUFFIXES = new Set([
  'alt',
  'arpa',
  'corp',
  'example',
  'home',
  'internal',
  'intranet',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'localhost',
  'onion',
  'private',
  'test',
]);

/**
 * Parses the address of an image and checks it as far as possible before name resolution. The WHATWG parser normalizes hosts:
 * `http://2130706433/` and `http://0x7f.1/` are 127.0.0.1.
 * @param base address that `text`, a redirect, may be relative to
 * @throws Problem `image-url-invalid` when it is not an http(s) address or has credentials
 * @throws Problem `image-url-refused` when host or port are not allowed
 */
export function readImageUrl(text: string, policy: UrlPolicy, base?: string): ImageUrl {
  const url = parse(text, base);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const family = isIP(host);
  const spokenTo = family === 0 ? isPublicName(host) : policy.allows(host);
  if (!spokenTo || !policy.ports.includes(port)) throw new Problem('image-url-refused');
  url.hash = '';
  return { secure, host, family, port, authority: url.host, path: url.pathname + url.search, text: url.href };
}

function parse(text: string, base: string | undefined): URL {
  const readable = text.length <= MAX_URL_CHARACTERS && !BLANKS.test(text) && URL.canParse(text, base);
  if (!readable) throw new Problem('image-url-invalid');
  const url = new URL(text, base);
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:';
  if (!isWeb || url.username !== '' || url.password !== '') throw new Problem('image-url-invalid');
  return url;
}

/** True for a name with at least one dot, none at its end, and no private suffix. */
function isPublicName(host: string): boolean {
  const labels = host.split('.');
  return labels.length > 1 && !labels.includes('') && !PRIVATE_SUFFIXES.has(labels.at(-1) ?? '');
}
