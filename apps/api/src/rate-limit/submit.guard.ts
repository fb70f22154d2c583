import { Inject, Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest, type ThrottlerStorage } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import type { Broker } from '#broker/broker.js';
import type { PixelStanding } from '#broker/pixel.budget.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { UNLIMITED } from '#settings/tier.table.js';
import { CallerService } from '../auth/caller.service.js';
import { BROKER } from '../core/providers.js';
import { COARSE_NETWORK_CLIENTS } from '../http/client-network.js';
import { recordRateLimit } from './rate-limit-headers.js';

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
 * Limits the pixels that a caller submits: the work on an image grows with them, and a request counts as one whatever
 * the size of its image. The size is known once the header of the image has arrived.
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
    const status = await this.broker.pixels.standing(tenant.id, limit);
    record(request, limit, status);
    if (status.openInMs > 0) throw refusal(status);
  }

  /**
   * After the header of the image: takes its pixels. Requests that were admitted side by side can have brought the
   * caller into debt meanwhile. @throws Problem `rate-limited` | `broker-unavailable`
   */
  async charge(request: FastifyRequest, pixels: number): Promise<void> {
    const { tenant, tier } = this.callers.of(request);
    const limit = tier.megapixelsPerMinute;
    if (limit === UNLIMITED) return;
    const { taken, standing: status } = await this.broker.pixels.take(tenant.id, limit, pixels);
    record(request, limit, status);
    if (!taken) throw refusal(status);
  }
}

const record = (request: FastifyRequest, limit: number, { left, fullInMs }: PixelStanding): void =>
  recordRateLimit(request, { policy: 'pixels', limit, left, resetS: Math.ceil(fullInMs / 1000) });

const refusal = ({ openInMs }: PixelStanding): Problem =>
  new Problem('rate-limited', { retryAfterS: Math.max(1, Math.ceil(openInMs / 1000)) });

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
      requireUnblocked(counted);
      // All clients of one coarse network together: one customer can have thousands of networks of a client.
      const coarseLimit = COARSE_NETWORK_CLIENTS * limit;
      if (coarseId !== undefined)
        requireUnblocked(await this.storageService.increment(coarseId, ttl, coarseLimit, ttl, 'submit'));
    }
    await this.pixels.check(request);
    return true;
  }
}

/** @throws Problem `rate-limited` */
function requireUnblocked({ isBlocked, timeToBlockExpire }: ThrottlerRecord): void {
  if (isBlocked) throw new Problem('rate-limited', { retryAfterS: timeToBlockExpire });
}
