import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HTML_MIME } from '../pages/html-page.js';
import { addVary } from './content-negotiation.js';

/** Start pages by path: their files below the folder of the built page. */
export const START_PAGES = { '/': 'index.html', '/bn/': 'bn/index.html' } as const;

/**
 * Writes the public address into the tags that other sites read, which ignore relative addresses: those with
 * `data-public`.
 */
export const withPublicAddress = (html: string, publicUrl: string): string =>
  html.replaceAll(
    /(content|href)="(\/[^"]*)"(\s+)data-public/g,
    (_, name: string, path: string, space: string) =>
      `${name}="${new URL(path, publicUrl).href}"${space}data-public`,
  );

/** A page in all encodings that are offered. */
interface EncodedPage {
  etag: string;
  bodies: Readonly<Record<'br' | 'gzip' | 'identity', Buffer>>;
}

function encode(html: string): EncodedPage {
  const identity = Buffer.from(html);
  const etag = `W/"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`;
  return { etag, bodies: { br: brotliCompressSync(identity), gzip: gzipSync(identity), identity } };
}

/** True if an `Accept-Encoding` names this encoding, not with the weight 0. */
const accepts = (header: string, name: string): boolean =>
  header.split(',').some((part) => {
    const [token = '', weight = ''] = part.toLowerCase().split(';');
    return token.trim() === name && !/^\s*q=0(?:\.0*)?\s*$/.test(weight);
  });

function sendPage(request: FastifyRequest, reply: FastifyReply, { etag, bodies }: EncodedPage): FastifyReply {
  addVary(reply, 'Accept-Encoding');
  void reply.headers({ 'Cache-Control': 'no-cache', ETag: etag, 'Content-Type': HTML_MIME });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const accepted = request.headers['accept-encoding'] ?? '';
  const encoding = (['br', 'gzip'] as const).find((name) => accepts(accepted, name)) ?? 'identity';
  if (encoding !== 'identity') void reply.header('Content-Encoding', encoding);
  return reply.send(bodies[encoding]);
}

/** Serves the start pages with the public address of the service in their tags. */
export function servePublicPages(server: FastifyInstance, folder: string, publicUrl: string): void {
  for (const [path, file] of Object.entries(START_PAGES)) {
    const page = encode(withPublicAddress(readFileSync(join(folder, file), 'utf8'), publicUrl));
    for (const url of [path, `/${file}`]) server.get(url, (request, reply) => sendPage(request, reply, page));
  }
}
