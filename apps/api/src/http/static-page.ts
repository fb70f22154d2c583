import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { cacheFor } from './cache-control.js';
import { servePublicPages, START_PAGES } from './public-pages.js';

/** Other paths that people type, and their targets. */
const ALIASES: [from: string, to: string][] = [
  ...['/problems', '/privacy', '/bn/privacy', '/security'].map((page): [string, string] => [
    `${page}/`,
    page,
  ]),
  ['/security.txt', '/.well-known/security.txt'],
];

const DAY_S = 86_400;

/** Files that a page loads. */
const ASSET = /^\/(robots\.txt|[\w-]+\.(svg|png|ico|webmanifest)|(assets|docs)\/.+\.\w+)$/;

/** Files that keep their name when their content changes rarely: clients may use them for a day without asking. */
const PICTURE = /\/(?:favicon\.\w+|[\w-]*icon-[\w-]+\.png|assets\/pictures\/[^/]+)(?:\.br|\.gz)?$/;

/** Other files keep their names as well: clients ask each time whether they have changed. */
const REVALIDATE = { 'Cache-Control': 'no-cache' } as const;

/** Served by the API itself, which fills the facts of the operator into the privacy page (service/privacy-page.ts). */
const FILLED = ['**/privacy.html'];

/** Serves the built page under `/`. @param publicUrl public address of the service, for the tags that other sites read */
export async function servePage(server: FastifyInstance, folder: string, publicUrl?: string): Promise<void> {
  const folders = new Set<string>();
  server.addHook('onRoute', (route) => {
    if (/.\/$/.test(route.url)) folders.add(route.url);
    if (ASSET.test(route.url)) route.config = { ...route.config, isAsset: true };
  });
  await server.register(fastifyStatic, {
    ...{ root: folder, prefix: '/', wildcard: false, cacheControl: false },
    // The build has compressed each text file. Nothing is compressed here, and responses of the API never are.
    preCompressed: true,
    globIgnore: [
      '**/*.br',
      '**/*.gz',
      ...FILLED,
      ...(publicUrl === undefined ? [] : Object.values(START_PAGES)),
    ],
    setHeaders: (reply, path) => void reply.headers(PICTURE.test(path) ? cacheFor(DAY_S) : REVALIDATE),
  });
  if (publicUrl !== undefined) servePublicPages(server, folder, publicUrl);
  // Pages in folders: the path without the trailing slash redirects to them.
  for (const page of [...folders])
    server.get(page.slice(0, -1), (_request, reply) => reply.redirect(page, 301));
  for (const [from, to] of ALIASES) server.get(from, (_request, reply) => reply.redirect(to, 301));
}
