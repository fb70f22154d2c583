import { Inject, Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import { UNLIMITED } from '#settings/tier.table.js';
import { CallerSource, type Caller } from '../tenancy/caller.source.js';
import { PixelLimit } from './pixel.limit.js';
import { tellRate } from './rate.headers.js';

/** Window of the submit limit. */
export const SUBMIT_WINDOW_MS = 60_000;

/**
 * Limits submissions by API key, or by client network, before a byte of the body is read. Polling, streams and
 * health have no guard.
 */
@Injectable()
export class SubmitGuard extends ThrottlerGuard {
  @Inject(CallerSource) private readonly callers!: CallerSource;
  @Inject(PixelLimit) private readonly pixels!: PixelLimit;

  /** `limit` of the call is nobody's: each caller has that of its tier. @throws Problem `key-invalid` | `rate-limited` */
  protected override async handleRequest({ context, ttl }: ThrottlerRequest): Promise<boolean> {
    const { req, res } = this.getRequestResponse(context) as { req: FastifyRequest; res: FastifyReply };
    const caller = this.callers.of(req);
    await this.count(caller, res, ttl);
    await this.pixels.check(caller, res);
    return true;
  }

  private async count({ tenant, tier }: Caller, reply: FastifyReply, ttl: number): Promise<void> {
    const limit = tier.requestsPerMinute;
    if (limit === UNLIMITED) return;
    const count = await this.storageService.increment(tenant.id, ttl, limit, ttl, 'submit');
    const left = limit - count.totalHits;
    tellRate(reply, { policy: 'submit', limit, left, resetS: count.timeToExpire });
    if (count.isBlocked) throw new Problem('rate-limited', { retryAfterS: count.timeToBlockExpire });
  }
}
