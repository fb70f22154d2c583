import type { FastifyReply } from 'fastify';

/** How a caller stands under one of the policies. */
export interface RateLimitStatus {
  policy: 'submit' | 'pixels';
  /** Requests, or megapixels, a window. */
  limit: number;
  left: number;
  /** Until all of it is there again. */
  resetS: number;
}

const WINDOW_S = 60;
const UNIT = { submit: '', pixels: ';qu="megapixels"' };

const told = new WeakMap<FastifyReply, Map<RateLimitStatus['policy'], RateLimitStatus>>();

/**
 * Tells a client how it stands, beside what it was told in the same answer: headers as in
 * draft-ietf-httpapi-ratelimit-headers with one item a policy, and the older `X-RateLimit-*` for requests.
 */
export function setRateLimitHeaders(reply: FastifyReply, standing: RateLimitStatus): void {
  const all = told.get(reply) ?? new Map<RateLimitStatus['policy'], RateLimitStatus>();
  told.set(reply, all.set(standing.policy, standing));
  const items = [...all.values()];
  void reply.headers({
    'RateLimit-Policy': items
      .map(({ policy, limit }) => `"${policy}";q=${limit};w=${WINDOW_S}${UNIT[policy]}`)
      .join(', '),
    RateLimit: items.map(({ policy, left, resetS }) => `"${policy}";r=${whole(left)};t=${resetS}`).join(', '),
  });
  if (standing.policy !== 'submit') return;
  void reply.headers({
    'X-RateLimit-Limit': standing.limit,
    'X-RateLimit-Remaining': whole(standing.left),
    'X-RateLimit-Reset': standing.resetS,
  });
}

/** How the client of an answer was told it stands. */
export const rateLimitStatusOf = (
  reply: FastifyReply,
  policy: RateLimitStatus['policy'],
): RateLimitStatus | undefined => told.get(reply)?.get(policy);

const whole = (left: number): number => Math.max(0, Math.floor(left));
