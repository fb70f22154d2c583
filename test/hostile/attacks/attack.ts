/** One attack: bytes on a connection, and which answers are right. */
export interface Attack {
  name: string;
  bytes: Buffer;
  /** Statuses, any of which is right; 0: the connection is closed without an answer. */
  statuses: readonly number[];
  /** The connection is closed within a few seconds, without being asked to. */
  closes?: boolean;
}

/** A text in requests that must never occur in a response. */
export const ECHO = 'zebra7391';

const HOST = 'Host: 127.0.0.1\r\n';
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A raw request: the request line, headers after a valid `Host`, and a body. */
export const request = (
  first: string,
  headers: readonly string[] = [],
  body: Uint8Array | string = '',
): Buffer =>
  Buffer.concat([
    bytesOf(`${first}\r\n${HOST}${headers.map((line) => `${line}\r\n`).join('')}\r\n`),
    typeof body === 'string' ? bytesOf(body) : body,
  ]);

/** A submission with these headers and this body, without Content-Length. */
export const post = (headers: readonly string[], body: Uint8Array | string = '', path = '/v1/jobs'): Buffer =>
  request(`POST ${path} HTTP/1.1`, headers, body);

/** The same with the right `Content-Length`. */
export const posted = (headers: readonly string[], body: Uint8Array | string, path?: string): Buffer =>
  post(
    [...headers, `Content-Length: ${typeof body === 'string' ? bytesOf(body).length : body.length}`],
    body,
    path,
  );

/** A form with these parts, each its head and its body. */
export const form = (
  parts: readonly (readonly [head: string, body: string])[],
  type = 'multipart/form-data; boundary=x',
): Buffer =>
  posted(
    [`Content-Type: ${type}`],
    `${parts.map(([head, body]) => `--x\r\n${head}\r\n\r\n${body}\r\n`).join('')}--x--\r\n`,
  );

/** An attack that is answered with one of these statuses. */
export const attack = (name: string, bytes: Buffer | string, ...statuses: number[]): Attack => ({
  name,
  bytes: typeof bytes === 'string' ? bytesOf(bytes) : bytes,
  statuses,
});

/** The same, after which the connection is closed. */
export const closing = (name: string, bytes: Buffer | string, ...statuses: number[]): Attack => ({
  ...attack(name, bytes, ...statuses),
  closes: true,
});

/** So many lines `a0: b`, `a1: b`, … */
export const manyHeaders = (count: number): string[] => Array.from({ length: count }, (_, i) => `a${i}: b`);
