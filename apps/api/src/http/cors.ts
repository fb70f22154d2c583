import cors, { type FastifyCorsOptions } from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HEADERS } from '../openapi/headers.js';

/** How long a browser may cache a preflight response. */
const MAX_AGE_S = 600;

const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-None-Match',
  'Last-Event-ID',
  'Prefer',
  'X-Api-Key',
];

const SHARED: FastifyCorsOptions = {
  methods: ['GET', 'HEAD', 'POST', 'DELETE'],
  allowedHeaders: REQUEST_HEADERS,
  exposedHeaders: Object.keys(HEADERS),
  maxAge: MAX_AGE_S,
  strictPreflight: false,
};

/**
 * Allows pages of the listed origins to use the service (WHATWG Fetch, 3.2). They may read all headers in the OpenAPI
 * document. Browser credentials are never allowed, since the service uses none. Without origins, there are no CORS headers,
 * and browsers block the responses. To be awaited before anything that may respond.
 */
export async function shareWith(server: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  const allowed = ({ headers }: FastifyRequest): string | false =>
    headers.origin !== undefined && origins.includes(headers.origin) && headers.origin;
  server.addHook('onRequest', (request, reply, done) => {
    if (allowed(request) !== false) void reply.header('Cross-Origin-Resource-Policy', 'cross-origin');
    done();
  });
  await server.register(cors, {
    delegator: (request, callback) => {
      const preflight = request.headers['access-control-request-method'] !== undefined;
      callback(null, { ...SHARED, origin: allowed(request), preflight });
    },
  });
}
