import { Inject, Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest, type ThrottlerStorage } from '@nestjs/throttler';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Broker } from '#broker/broker.js';
import type { PixelStatus } from '#broker/limits/pixel-budget.js';
import { Problem } from '#contracts/problem-catalog.js';
import { UNLIMITED } from '#auth/tier-table.js';
import { CallerService } from '../auth/caller.service.js';
import { BROKER } from '../core/providers.js';
import { COARSE_NETWORK_CLIENTS } from '../http/connection-limits.js';
import { routeConfig } from '../http/problem-responses.js';

type Policy = 'submit' | 'pixels';

/** Status of a caller under one of the policies. */
export interface RateLimitStatus {
  policy: Policy;
  /** Requests, or megapixels, a window. */
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
    /** Absent until a policy has counted the request. */
    rateLimits?: RateLimits;
  }
  interface FastifyContextConfig {
    /** Headers of the route beside `RateLimit` and `RateLimit-Policy`; `X-RateLimit-*` for requests by default. */
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

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Counters of `@nestjs/throttler` in Redis, shared by all API instances. */
export class RedisThrottlerStorage implements ThrottlerStorage {
  constructor(private readonly broker: Pick<Broker, 'limiter'>) {}

  /** Counts one request. `ttl` in milliseconds; times in the record in seconds, as the throttler expects them. */
  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerRecord> {
    const { hits, closesInMs } = await this.broker.limiter.hit(key, ttl);
    const seconds = Math.max(1, Math.ceil(closesInMs / 1000));
    const isBlocked = hits > limit;
    return { totalHits: hits, timeToExpire: seconds, isBlocked, timeToBlockExpire: isBlocked ? seconds : 0 };
  }
}

/**
 * Limits the pixels that a caller submits: the work on an image grows with them, and a request counts as one for any
 * size of its image. The size is known once the header of the image has arrived.
 */
@Injectable()
export class PixelLimit {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly callers: CallerService,
  ) {}

  /** Before the body: refuses a caller in debt. @throws Problem `rate-limited` | `broker-unavailable` */
  async check(request: FastifyRequest): Promise<void> {
    const { tenant, tier } = this.callers.of(request);
    const limit = tier.megapixelsPerMinute;
    if (limit === UNLIMITED) return;
    const status = await this.broker.pixels.status(tenant.id, limit);
    record(request, limit, status);
    if (status.openInMs > 0) throw refusal(status, limit);
  }

  /**
   * After the header of the image: takes its pixels. Requests that were admitted side by side can have brought the
   * caller into debt meanwhile. @throws Problem `rate-limited` | `broker-unavailable`
   */
  async charge(request: FastifyRequest, pixels: number): Promise<void> {
    const { tenant, tier } = this.callers.of(request);
    const limit = tier.megapixelsPerMinute;
    if (limit === UNLIMITED) return;
    const { taken, status: status } = await this.broker.pixels.take(tenant.id, limit, pixels);
    record(request, limit, status);
    if (!taken) throw refusal(status, limit);
  }
}

const record = (request: FastifyRequest, limit: number, { left, fullInMs }: PixelStatus): void =>
  recordRateLimit(request, { policy: 'pixels', limit, left, resetS: Math.ceil(fullInMs / 1000) });

const refusal = ({ openInMs }: PixelStatus, limit: number): Problem =>
  rateLimited(limit, 'megapixels a minute', Math.max(1, Math.ceil(openInMs / 1000)));

const rateLimited = (limit: number, unit: string, retryAfterS: number): Problem =>
  new Problem('rate-limited', {
    ...{ limit, unit, retryAfterS },
    detail: `The limit is ${limit} ${unit}. Try again in ${retryAfterS} s.`,
  });

/**
 * Limits submissions by API key, or by client network, before a byte of the body is read. Polling, streams and health
 * checks are not limited.
 */
@Injectable()
export class SubmitGuard extends ThrottlerGuard {
  @Inject(CallerService) private readonly callers!: CallerService;
  @Inject(PixelLimit) private readonly pixels!: PixelLimit;

  /** @throws Problem `key-invalid` | `rate-limited` */
  protected override async handleRequest({ context, limit, ttl }: ThrottlerRequest): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { tenant, coarseId } = this.callers.of(request);
    if (limit !== UNLIMITED) {
      const counted = await this.storageService.increment(tenant.id, ttl, limit, ttl, 'submit');
      const { totalHits, timeToExpire } = counted;
      recordRateLimit(request, { policy: 'submit', limit, left: limit - totalHits, resetS: timeToExpire });
      requireUnblocked(counted, limit);
      // All clients of one coarse network together: one customer can have thousands of networks of a client.
      const coarseLimit = COARSE_NETWORK_CLIENTS * limit;
      if (coarseId !== undefined)
        requireUnblocked(
          await this.storageService.increment(coarseId, ttl, coarseLimit, ttl, 'submit'),
          coarseLimit,
        );
    }
    await this.pixels.check(request);
    return true;
  }
}

/** @throws Problem `rate-limited` */
function requireUnblocked({ isBlocked, timeToBlockExpire }: ThrottlerRecord, limit: number): void {
  if (isBlocked) throw rateLimited(limit, 'requests a minute', timeToBlockExpire);
}
