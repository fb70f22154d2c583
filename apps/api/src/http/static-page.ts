import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Pages that lie in a folder of their own: their address without the slash at its end leads there. */
const FOLDER_PAGES = ['/docs', '/bn'];

/** Other addresses that people type, and where they lead. */
const ALIASES: [from: string, to: string][] = [
  ['/problems/', '/problems'],
  ['/security.txt', '/.well-known/security.txt'],
];

/** Pages that are also known without the `.html` of their file. */
const SHORT_PAGES = ['/privacy', '/bn/privacy'];

/** The built page under `/`. */
export async function servePage(server: FastifyInstance, folder: string): Promise<void> {
  await server.register(fastifyStatic, {
    ...{ root: folder, prefix: '/', wildcard: false, cacheControl: false },
    // The build has packed each text once and for all; nothing is packed here, least of all an answer of the API.
    preCompressed: true,
    globIgnore: ['**/*.br', '**/*.gz'],
    setHeaders: (reply, path) => {
      if (path.includes('/favicon.')) void reply.header('Cache-Control', 'public, max-age=86400');
    },
  });
  for (const folderPage of FOLDER_PAGES)
    server.get(folderPage, (_request, reply) => reply.redirect(`${folderPage}/`, 301));
  for (const [from, to] of ALIASES) server.get(from, (_request, reply) => reply.redirect(to, 301));
  for (const page of SHORT_PAGES) server.get(page, (_request, reply) => reply.sendFile(`${page}.html`));
}
