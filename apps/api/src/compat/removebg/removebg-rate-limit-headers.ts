import type { FastifyReply } from 'fastify';
import { rateLimitStatusOf } from '../../rate-limit/rate-limit-headers.js';

/**
 * `X-RateLimit-*` as remove.bg means them: megapixels a minute, what is left of them, and the Unix time at which all of
 * them are back; requests a minute where these alone are limited, or used up.
 */
export function setRemovebgRateLimitHeaders(reply: FastifyReply): void {
  const requests = rateLimitStatusOf(reply, 'submit');
  const used = requests !== undefined && requests.left < 0;
  const status = used ? requests : (rateLimitStatusOf(reply, 'pixels') ?? requests);
  if (status === undefined) return;
  void reply.headers({
    'X-RateLimit-Limit': status.limit,
    'X-RateLimit-Remaining': Math.max(0, Math.floor(status.left)),
    'X-RateLimit-Reset': Math.ceil(Date.now() / 1000) + status.resetS,
  });
}
