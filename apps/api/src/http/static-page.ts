import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { cacheFor } from './cache-control.js';

/** Other paths that people type, and their targets. */
const ALIASES: [from: string, to: string][] = [
  ...['/problems', '/privacy', '/bn/privacy', '/security'].map((page): [string, string] => [
    `${page}/`,
    page,
  ]),
  ['/security.txt', '/.well-known/security.txt'],
];

/** Files that a page loads. */
const ASSET = /^\/(robots\.txt|[\w-]+\.(svg|png|ico|webmanifest)|(assets|docs)\/.+\.\w+)$/;

/** Serves the built page under `/`. */
export async function servePage(server: FastifyInstance, folder: string): Promise<void> {
  const folders = new Set<string>();
  server.addHook('onRoute', (route) => {
    if (/.\/$/.test(route.url)) folders.add(route.url);
    if (ASSET.test(route.url)) route.config = { ...route.config, isAsset: true };
  });
  await server.register(fastifyStatic, {
    ...{ root: folder, prefix: '/', wildcard: false, cacheControl: false },
    // The build has compressed each text file. Nothing is compressed here, and responses of the API never are.
    preCompressed: true,
    // The API fills the facts of the operator into the privacy page (service/privacy-page.ts).
    globIgnore: ['**/*.br', '**/*.gz', '**/privacy.html'],
    setHeaders: (reply, path) => {
      if (path.includes('/favicon.')) void reply.headers(cacheFor(86_400));
      // The pages change with the version of the service: caches ask again, by ETag.
      if (path.startsWith(`${folder}/docs/`)) void reply.header('Cache-Control', 'no-cache');
    },
  });
  // Pages in folders: the path without the trailing slash redirects to them.
  for (const page of [...folders])
    server.get(page.slice(0, -1), (_request, reply) => reply.redirect(page, 301));
  for (const [from, to] of ALIASES) server.get(from, (_request, reply) => reply.redirect(to, 301));
}
