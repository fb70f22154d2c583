import type { RateLimits } from '../../rate-limit/rate-limits.js';

/**
 * `X-RateLimit-*` as remove.bg defines them: megapixels a minute, what is left of them, and the Unix time at which all of
 * them are available again; requests a minute where these alone are limited, or used up.
 */
export function removebgRateLimitHeaders(limits: RateLimits): Record<string, number> {
  const requests = limits.get('submit');
  const isUsedUp = requests !== undefined && requests.left < 0;
  const status = isUsedUp ? requests : (limits.get('pixels') ?? requests);
  if (status === undefined) return {};
  return {
    'X-RateLimit-Limit': status.limit,
    'X-RateLimit-Remaining': Math.max(0, Math.floor(status.left)),
    'X-RateLimit-Reset': Math.ceil(Date.now() / 1000) + status.resetS,
  };
}
