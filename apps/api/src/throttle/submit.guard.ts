import { Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem.catalogue.js';
import { throttleNetwork } from '../http/client.address.js';

/** Window of the submit limit. */
export const SUBMIT_WINDOW_MS = 60_000;

/**
 * Limits submissions by client network before a byte of the body is read. Polling, streams and health have no
 * guard. Headers as in draft-ietf-httpapi-ratelimit-headers, and the older `X-RateLimit-*`.
 */
@Injectable()
export class SubmitGuard extends ThrottlerGuard {
  protected override getTracker(request: FastifyRequest): Promise<string> {
    return Promise.resolve(throttleNetwork(request.ip));
  }

  protected override async handleRequest(call: ThrottlerRequest): Promise<boolean> {
    const { context, limit, ttl } = call;
    if (limit === 0) return true;
    const { req, res } = this.getRequestResponse(context) as { req: FastifyRequest; res: FastifyReply };
    const key = this.generateKey(context, await this.getTracker(req), 'submit');
    const count = await this.storageService.increment(key, ttl, limit, ttl, 'submit');
    const left = Math.max(0, limit - count.totalHits);
    void res.headers({
      'RateLimit-Policy': `"submit";q=${limit};w=${ttl / 1000}`,
      RateLimit: `"submit";r=${left};t=${count.timeToExpire}`,
      'X-RateLimit-Limit': limit,
      'X-RateLimit-Remaining': left,
      'X-RateLimit-Reset': count.timeToExpire,
    });
    if (count.isBlocked) throw new Problem('rate-limited', { retryAfterS: count.timeToBlockExpire });
    return true;
  }
}
