import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { routeConfig } from './route-config.js';

type Policy = 'submit' | 'pixels';

/** Status of a caller under one of the policies. */
export interface RateLimitStatus {
  policy: Policy;
  /** Requests or megapixels per window. */
  limit: number;
  /** Negative when the caller has used more than the limit. */
  left: number;
  /** Seconds until the limit is fully available again. */
  resetS: number;
}

/** Status under each policy that has counted a request. */
export type RateLimits = ReadonlyMap<Policy, RateLimitStatus>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined until a policy has counted the request. */
    rateLimits?: RateLimits;
  }
  interface FastifyContextConfig {
    /** Headers of the route besides `RateLimit` and `RateLimit-Policy`; `X-RateLimit-*` for requests by default. */
    rateLimitHeaders?: (limits: RateLimits) => Record<string, number>;
  }
}

const WINDOW_S = 60;
const UNIT = { submit: '', pixels: ';qu="megapixels"' };

/** Records the status of the caller under one policy. The response reports the last status of each policy. */
export function recordRateLimit(request: FastifyRequest, status: RateLimitStatus): void {
  request.rateLimits = new Map(request.rateLimits).set(status.policy, status);
}

/** Sets the rate limit headers on every response that Fastify sends, refusals included. */
export function reportRateLimits(server: FastifyInstance): void {
  server.addHook('onSend', (_request, reply, _payload, done) => {
    setRateLimitHeaders(reply);
    done();
  });
}

/**
 * Sets the rate limit headers of a response: one item a policy, as in draft-ietf-httpapi-ratelimit-headers, and the
 * older `X-RateLimit-*`. Without effect when no policy has counted the request.
 */
export function setRateLimitHeaders(reply: FastifyReply): void {
  const { request } = reply;
  const limits = request.rateLimits;
  if (limits === undefined) return;
  const items = [...limits.values()];
  void reply.headers({
    'RateLimit-Policy': items
      .map(({ policy, limit }) => `"${policy}";q=${limit};w=${WINDOW_S}${UNIT[policy]}`)
      .join(', '),
    RateLimit: items.map(({ policy, left, resetS }) => `"${policy}";r=${whole(left)};t=${resetS}`).join(', '),
    ...(routeConfig(request).rateLimitHeaders ?? requestLimitHeaders)(limits),
  });
}

function requestLimitHeaders(limits: RateLimits): Record<string, number> {
  const status = limits.get('submit');
  if (status === undefined) return {};
  return {
    'X-RateLimit-Limit': status.limit,
    'X-RateLimit-Remaining': whole(status.left),
    'X-RateLimit-Reset': status.resetS,
  };
}

const whole = (left: number): number => Math.max(0, Math.floor(left));
