import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import { routeConfig } from './problem-renderer.js';
import { sendProblem } from './problem.filter.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What `Sec-Fetch-Site` says when the service's own page asks, or nobody's page (W3C Fetch Metadata, 2.3). */
const OWN_SITES: readonly unknown[] = ['same-origin', 'none'];

/**
 * Refuses what a page of another origin makes a browser send without having been allowed to: calls that change
 * something, and a GET that makes the service work. `same-site` is no better than `cross-site`: each port of this
 * machine is of one site. Clients other than browsers send no `Sec-Fetch-Site` and are not affected.
 */
export function refuseCrossSiteRequests(server: FastifyInstance, allowedOrigins: readonly string[]): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (hasEffect(request) && isForeign(request, allowedOrigins)) {
      sendProblem(reply, new Problem('cross-site-request'));
    } else done();
  });
}

const hasEffect = (request: FastifyRequest): boolean =>
  !SAFE_METHODS.has(request.method) || routeConfig(request).hasEffect === true;

function isForeign({ headers }: FastifyRequest, allowedOrigins: readonly string[]): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || OWN_SITES.includes(site)) return false;
  return headers.origin === undefined || !allowedOrigins.includes(headers.origin);
}
