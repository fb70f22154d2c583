import type { FastifyInstance } from 'fastify';

/**
 * Gives each route that is read with GET its HEAD: the same answer without its body (RFC 9110, 9.3.2). Routes that can
 * be read once, or that stream, have none. To be called before the first route is added.
 */
export function addHeadRoutes(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    if (route.method === 'GET' && route.config?.withoutHead !== true) {
      // Node itself sends no body in answer to HEAD, and keeps the length.
      server.route({ ...route, method: 'HEAD' });
    }
  });
}
