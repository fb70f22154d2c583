import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { PixelStanding } from '#broker/pixel.budget.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { UNLIMITED } from '#settings/tier.table.js';
import { BROKER } from '../core/providers.js';
import type { Caller } from '../auth/caller.service.js';
import { setRateLimitHeaders } from './rate-limit-headers.js';
import type { Broker } from '#broker/broker.js';

/**
 * Limits the pixels a caller submits: the work on an image grows with them, and a request counts as one however
 * large its image is. How large is known once the image's header has arrived.
 */
@Injectable()
export class PixelLimit {
  constructor(@Inject(BROKER) private readonly broker: Broker) {}

  /** Before the body: refuses a caller in debt. @throws Problem `rate-limited` | `broker-unavailable` */
  async check({ tenant, tier }: Caller, reply: FastifyReply): Promise<void> {
    const limit = tier.megapixelsPerMinute;
    if (limit === UNLIMITED) return;
    const status = await this.broker.pixels.standing(tenant.id, limit);
    setHeaders(reply, limit, status);
    if (status.openInMs > 0) throw refusal(status);
  }

  /**
   * Once the image's header is there: takes its pixels. Requests that were let in side by side can have brought the
   * caller into debt meanwhile. @throws Problem `rate-limited` | `broker-unavailable`
   */
  async charge({ tenant, tier }: Caller, reply: FastifyReply, pixels: number): Promise<void> {
    const limit = tier.megapixelsPerMinute;
    if (limit === UNLIMITED) return;
    const { taken, standing: status } = await this.broker.pixels.take(tenant.id, limit, pixels);
    setHeaders(reply, limit, status);
    if (!taken) throw refusal(status);
  }
}

const setHeaders = (reply: FastifyReply, limit: number, { left, fullInMs }: PixelStanding): void =>
  setRateLimitHeaders(reply, { policy: 'pixels', limit, left, resetS: Math.ceil(fullInMs / 1000) });

const refusal = ({ openInMs }: PixelStanding): Problem =>
  new Problem('rate-limited', { retryAfterS: Math.max(1, Math.ceil(openInMs / 1000)) });
