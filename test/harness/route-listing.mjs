/**
 * Loaded into an API with `--import`: `GET /test/routes` then lists every route of the real server, also those that no
 * decorator knows of.
 */
import { subscribe } from 'node:diagnostics_channel';

subscribe('fastify.initialization', ({ fastify }) => {
  const routes = new Set();
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.add(`${one} ${url}`);
  });
  fastify.get('/test/routes', () => [...routes]);
});
