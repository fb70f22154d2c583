import type { IncomingMessage } from 'node:http';
import type { ProblemCode } from '#contracts/problem.catalogue.js';

/** Header lines of one request; the parser bounds their bytes. */
const MOST_HEADERS = 100;

/** A name, an IPv4 or a bracketed IPv6 address, maybe a port (RFC 9112, 3.2; RFC 3986, 3.2.2). */
const HOST = /^(?:[A-Za-z0-9._~-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** Headers that may come once: a second one is how two readers of a request are made to disagree. */
const SINGULAR = [
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'authorization',
];

/**
 * What is wrong with the head of a request, beyond what the parser refuses; undefined when nothing is. Two servers that
 * read it must come to the same message.
 */
export function validateRequestHead({
  rawHeaders,
  headers,
  httpVersion,
}: IncomingMessage): ProblemCode | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'invalid-request';
  if (rawHeaders.length > 2 * MOST_HEADERS) return 'headers-too-large';
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  if (SINGULAR.some((name) => names.indexOf(name) !== names.lastIndexOf(name))) return 'invalid-request';
  const isNamed = headers.host === undefined ? httpVersion === '1.0' : HOST.test(headers.host);
  if (!isNamed) return 'invalid-request';
  return faultOfBody(headers, httpVersion);
}

function faultOfBody(headers: IncomingMessage['headers'], httpVersion: string): ProblemCode | undefined {
  const transfer = headers['transfer-encoding'];
  const isPlain = transfer === undefined || (httpVersion === '1.1' && transfer.toLowerCase() === 'chunked');
  if (!isPlain) return 'invalid-request';
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  return encoding === 'identity' ? undefined : 'content-encoding-unsupported';
}
