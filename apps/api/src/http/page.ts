import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "worker-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The program that draws the reference sets style attributes and has its signs inline; all else is as strict. */
const DOCS_POLICY = PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
  'blob:',
  'blob: data:',
);

/** Pages that lie in a folder of their own: their address without the slash at its end leads there. */
const FOLDER_PAGES = ['/docs', '/bn'];

/** Security headers on every answer, and the built page under `/`. */
export async function servePage(server: FastifyInstance, folder: string): Promise<void> {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers({
      'Content-Security-Policy': request.url.startsWith('/docs') ? DOCS_POLICY : PAGE_POLICY,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
    done();
  });
  await server.register(fastifyStatic, {
    ...{ root: folder, prefix: '/', wildcard: false, cacheControl: false },
    // The build has packed each text once and for all; nothing is packed here, least of all an answer of the API.
    preCompressed: true,
    globIgnore: ['**/*.br', '**/*.gz'],
  });
  for (const folderPage of FOLDER_PAGES)
    server.get(folderPage, (_request, reply) => reply.redirect(`${folderPage}/`, 301));
}
