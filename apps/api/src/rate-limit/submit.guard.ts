import { Inject, Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import { UNLIMITED } from '#settings/tier.table.js';
import { CallerService } from '../auth/caller.service.js';
import { COARSE_NETWORK_CLIENTS } from '../http/client-network.js';
import { PixelLimit } from './pixel-limit.js';
import { setRateLimitHeaders } from './rate-limit-headers.js';

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
    const { req, res } = this.getRequestResponse(context) as { req: FastifyRequest; res: FastifyReply };
    const caller = this.callers.of(req);
    if (limit !== UNLIMITED) {
      await this.count(res, { tenantId: caller.tenant.id, limit, ttl });
      if (caller.coarseId !== undefined)
        await this.countCoarse(caller.coarseId, COARSE_NETWORK_CLIENTS * limit, ttl);
    }
    await this.pixels.check(caller, res);
    return true;
  }

  private async count(
    reply: FastifyReply,
    { tenantId, limit, ttl }: { tenantId: string; limit: number; ttl: number },
  ): Promise<void> {
    const record = await this.storageService.increment(tenantId, ttl, limit, ttl, 'submit');
    const left = limit - record.totalHits;
    setRateLimitHeaders(reply, { policy: 'submit', limit, left, resetS: record.timeToExpire });
    if (record.isBlocked) throw new Problem('rate-limited', { retryAfterS: record.timeToBlockExpire });
  }

  /** All clients of one coarse network together: one customer can have thousands of networks of a client. */
  private async countCoarse(id: string, limit: number, ttl: number): Promise<void> {
    const record = await this.storageService.increment(id, ttl, limit, ttl, 'submit');
    if (record.isBlocked) throw new Problem('rate-limited', { retryAfterS: record.timeToBlockExpire });
  }
}
