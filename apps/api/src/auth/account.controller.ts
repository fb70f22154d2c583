import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AccountView } from '#contracts/account-view.js';
import { UNLIMITED, type Tier } from '#auth/tier-table.js';
import { BROKER } from '../core/providers.js';
import { Route } from '../http/route-config.js';
import { DescribeAccount } from './account.openapi.js';
import { CallerService, type Caller } from './caller.service.js';
import type { Broker } from '#broker/broker.js';

/** Limits of the caller. Requests to this endpoint do not count. */
@Controller('v1/account')
export class AccountController {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly callers: CallerService,
  ) {}

  /** Limits of the tier of the API key or of anonymous clients, and what is left of them. */
  @Get()
  @Route({ call: 'account' })
  @DescribeAccount()
  async account(@Req() request: FastifyRequest): Promise<AccountView> {
    const caller = this.callers.of(request);
    const { key, tierName, tier, tenant } = caller;
    const [left, held] = await Promise.all([this.leftOf(caller), this.broker.jobs.reservedBy(tenant.id)]);
    return {
      tier: tierName,
      ...(key !== undefined && { key: { id: key.id, ...expiry(key.expiresAt) } }),
      limits: {
        weight: tier.weight,
        requests_per_minute: bounded(tier.requestsPerMinute),
        megapixels_per_minute: bounded(tier.megapixelsPerMinute),
        images_in_flight: bounded(tier.imagesInFlight),
        bytes_in_flight: bounded(tier.bytesInFlight),
      },
      left,
      in_flight: { images: held.jobs, bytes: held.bytes },
    };
  }

  private async leftOf({ tenant, tier }: Caller): Promise<AccountView['left']> {
    const { limiter, pixels } = this.broker;
    const [{ hits, closesInMs }, { left, fullInMs }] = await Promise.all([
      limiter.status(tenant.id),
      pixels.status(tenant.id, tier.megapixelsPerMinute),
    ]);
    return {
      requests: leftIn(tier, 'requestsPerMinute', tier.requestsPerMinute - hits),
      requests_reset_s: Math.ceil(closesInMs / 1000),
      megapixels: leftIn(tier, 'megapixelsPerMinute', left),
      megapixels_reset_s: Math.ceil(fullInMs / 1000),
    };
  }
}

const bounded = (limit: number): number | null => (limit === UNLIMITED ? null : limit);

const leftIn = (tier: Tier, limit: keyof Tier, left: number): number | null =>
  tier[limit] === UNLIMITED ? null : Math.max(0, Math.floor(left));

const expiry = (expiresAt: number | undefined): { expires_at?: string } =>
  expiresAt === undefined ? {} : { expires_at: new Date(expiresAt).toISOString() };
