import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Pages that lie in a folder of their own: their address without the slash at its end leads there. */
const FOLDER_PAGES = ['/docs', '/bn'];

/** The built page under `/`. */
export async function servePage(server: FastifyInstance, folder: string): Promise<void> {
  await server.register(fastifyStatic, {
    ...{ root: folder, prefix: '/', wildcard: false, cacheControl: false },
    // The build has packed each text once and for all; nothing is packed here, least of all an answer of the API.
    preCompressed: true,
    globIgnore: ['**/*.br', '**/*.gz'],
  });
  for (const folderPage of FOLDER_PAGES)
    server.get(folderPage, (_request, reply) => reply.redirect(`${folderPage}/`, 301));
}
