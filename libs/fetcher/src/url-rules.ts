import { isIP } from 'node:net';
import { Problem } from '#contracts/problem-catalog.js';

/** An address that an image may be asked for at, taken apart. */
export interface ImageUrl {
  secure: boolean;
  /** Name of the host, or its address without brackets. */
  host: string;
  /** 0 for a name, 4 or 6 for an address. */
  family: number;
  port: number;
  /** Host and port as the `Host` header has them. */
  authority: string;
  /** Path and query. */
  path: string;
  /** The whole, without a fragment: what a redirect is relative to. */
  text: string;
}

/** What an operator, or a test, allows. */
export interface UrlPolicy {
  ports: readonly number[];
  /** Whether a host of this address may be spoken to. */
  allows: (address: string) => boolean;
}

/** Longest address that is read, in characters. */
export const MAX_URL_CHARACTERS = 2048;

/** WHATWG's reader drops tabs and line ends without a word: whoever sends them has something else in mind. */
const BLANKS = /[\u0000-\u0020\u007f]/;

/** Names that mean this machine, or one of its network (RFC 6761, RFC 6762, RFC 8375, RFC 9476, ICANN's `internal`). */
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
 * Reads the address of an image, and decides all that can be decided before a name is resolved. Hosts are judged as
 * WHATWG's reader gives them: `http://2130706433/` and `http://0x7f.1/` are 127.0.0.1 by then.
 * @param base address that `text`, a redirect, may be relative to
 * @throws Problem `image-url-invalid` when it is no http(s) address, or carries credentials
 * @throws Problem `image-url-refused` when host or port are not spoken to
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

/** A name with at least one dot and none at its end, under no suffix that is private by agreement. */
function isPublicName(host: string): boolean {
  const labels = host.split('.');
  return labels.length > 1 && !labels.includes('') && !PRIVATE_SUFFIXES.has(labels.at(-1) ?? '');
}
