import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import {
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import type { Broker } from '#broker/broker.js';
import type { PixelStatus } from '#broker/limits/pixel-budget.js';
import { Problem } from '#contracts/problem-catalog.js';
import { UNLIMITED } from '#auth/tier-table.js';
import { CallerService, type Caller } from '../auth/caller.service.js';
import { BROKER } from '../core/providers.js';
import { COARSE_NETWORK_CLIENTS } from '../http/connection-limits.js';
import { recordRateLimit } from '../http/rate-limit-headers.js';

/** Window of the limits on requests. */
const WINDOW_MS = 60_000;

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Counters of `@nestjs/throttler` in Redis, shared by all API instances. */
class RedisThrottlerStorage implements ThrottlerStorage {
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
 * Limits on requests: `submit` for each caller, by its tier; `coarse-network` for all clients of one coarse network
 * together, since one customer can have thousands of networks of a client.
 */
export function throttlerOptions(callers: CallerService, broker: Broker): ThrottlerModuleOptions {
  const callerOf = (context: ExecutionContext): Caller =>
    callers.of(context.switchToHttp().getRequest<FastifyRequest>());
  const limitOf = (context: ExecutionContext): number => callerOf(context).tier.requestsPerMinute;
  const isUnlimited = (context: ExecutionContext): boolean => limitOf(context) === UNLIMITED;
  return {
    storage: new RedisThrottlerStorage(broker),
    generateKey: (_context, tracker) => tracker,
    throttlers: [
      {
        name: 'submit',
        ttl: WINDOW_MS,
        limit: limitOf,
        skipIf: isUnlimited,
        getTracker: (_request, context) => callerOf(context).tenant.id,
      },
      {
        name: 'coarse-network',
        ttl: WINDOW_MS,
        limit: (context) => COARSE_NETWORK_CLIENTS * limitOf(context),
        skipIf: (context) => isUnlimited(context) || callerOf(context).coarseId === undefined,
        getTracker: (_request, context) => callerOf(context).coarseId ?? '',
      },
    ],
  };
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
    recordPixels(request, limit, status);
    if (status.openInMs > 0) throw refusal(status, limit);
  }

  /**
   * After the header of the image: charges its pixels. Concurrent requests that were admitted may have brought the
   * caller into debt in the meantime. @throws Problem `rate-limited` | `broker-unavailable`
   */
  async charge(request: FastifyRequest, pixels: number): Promise<void> {
    const { tenant, tier } = this.callers.of(request);
    const limit = tier.megapixelsPerMinute;
    if (limit === UNLIMITED) return;
    const { taken, status } = await this.broker.pixels.take(tenant.id, limit, pixels);
    recordPixels(request, limit, status);
    if (!taken) throw refusal(status, limit);
  }
}

const recordPixels = (request: FastifyRequest, limit: number, { left, fullInMs }: PixelStatus): void =>
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
 * checks are not limited. The throttler's options and storage decide; this guard reports in the service's format.
 */
@Injectable()
export class SubmitGuard extends ThrottlerGuard {
  @Inject(PixelLimit) private readonly pixels!: PixelLimit;

  /** @throws Problem `key-invalid` | `rate-limited` */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    await super.canActivate(context);
    await this.pixels.check(context.switchToHttp().getRequest<FastifyRequest>());
    return true;
  }

  protected override async handleRequest(props: ThrottlerRequest): Promise<boolean> {
    const { context, limit, ttl, blockDuration, throttler, getTracker, generateKey } = props;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const name = throttler.name ?? '';
    const key = generateKey(context, await getTracker(request, context), name);
    const record = await this.storageService.increment(key, ttl, limit, blockDuration, name);
    const { totalHits, timeToExpire, isBlocked, timeToBlockExpire } = record;
    if (name === 'submit')
      recordRateLimit(request, { policy: 'submit', limit, left: limit - totalHits, resetS: timeToExpire });
    if (isBlocked) throw rateLimited(limit, 'requests a minute', timeToBlockExpire);
    return true;
  }
}
