import type { FastifyInstance } from 'fastify';

/** How long a browser may remember what it was allowed. */
const MAX_AGE_S = 600;

const METHODS = 'GET, POST, DELETE';
const REQUEST_HEADERS =
  'Authorization, Content-Type, Prefer, X-Api-Key, Idempotency-Key, Last-Event-ID, If-None-Match';
const ANSWER_HEADERS =
  'Location, Retry-After, ETag, Link, Preference-Applied, Server-Timing, Content-Disposition, Idempotent-Replayed, ' +
  'RateLimit, RateLimit-Policy, X-Width, X-Height, X-Foreground-Top, X-Foreground-Left, X-Foreground-Width, X-Foreground-Height';

/**
 * Lets pages of other origins use the service (WHATWG Fetch, 3.2): those that the operator has named, exactly, and no
 * others. Credentials of a browser are never let through: there are none here. Without a list nothing is ever said of
 * origins, and browsers refuse.
 */
export function shareWith(server: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  server.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    void reply.header('Vary', 'Origin');
    if (origin === undefined || !origins.includes(origin)) {
      done();
      return;
    }
    void reply.headers({
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Expose-Headers': ANSWER_HEADERS,
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'];
    if (!isPreflight) {
      done();
      return;
    }
    void reply
      .code(204)
      .headers({
        'Access-Control-Allow-Methods': METHODS,
        'Access-Control-Allow-Headers': REQUEST_HEADERS,
        'Access-Control-Max-Age': String(MAX_AGE_S),
      })
      .send();
  });
}
