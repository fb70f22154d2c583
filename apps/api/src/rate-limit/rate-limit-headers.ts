import type { FastifyReply } from 'fastify';

/** Status of a caller under one of the policies. */
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

const statuses = new WeakMap<FastifyReply, Map<RateLimitStatus['policy'], RateLimitStatus>>();

/**
 * Sets the rate limit headers for one more policy, beside those set before in the same response: headers as in
 * draft-ietf-httpapi-ratelimit-headers with one item a policy, and the older `X-RateLimit-*` for requests.
 */
export function setRateLimitHeaders(reply: FastifyReply, status: RateLimitStatus): void {
  const all = statuses.get(reply) ?? new Map<RateLimitStatus['policy'], RateLimitStatus>();
  statuses.set(reply, all.set(status.policy, status));
  const items = [...all.values()];
  void reply.headers({
    'RateLimit-Policy': items
      .map(({ policy, limit }) => `"${policy}";q=${limit};w=${WINDOW_S}${UNIT[policy]}`)
      .join(', '),
    RateLimit: items.map(({ policy, left, resetS }) => `"${policy}";r=${whole(left)};t=${resetS}`).join(', '),
  });
  if (status.policy !== 'submit') return;
  void reply.headers({
    'X-RateLimit-Limit': status.limit,
    'X-RateLimit-Remaining': whole(status.left),
    'X-RateLimit-Reset': status.resetS,
  });
}

/** The status that a response reports for a policy. */
export const rateLimitStatusOf = (
  reply: FastifyReply,
  policy: RateLimitStatus['policy'],
): RateLimitStatus | undefined => statuses.get(reply)?.get(policy);

const whole = (left: number): number => Math.max(0, Math.floor(left));
