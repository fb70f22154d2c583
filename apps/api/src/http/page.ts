import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** The built page under `/`. */
export async function servePage(server: FastifyInstance, folder: string): Promise<void> {
  await server.register(fastifyStatic, { root: folder, prefix: '/', wildcard: false, cacheControl: false });
}
