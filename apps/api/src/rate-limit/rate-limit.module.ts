import { Module, type ExecutionContext } from '@nestjs/common';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import type { Broker } from '#broker/broker.js';
import { AuthModule } from '../auth/auth.module.js';
import { CallerService } from '../auth/caller.service.js';
import { BROKER } from '../core/providers.js';
import { PixelLimit, RedisThrottlerStorage } from './rate-limits.js';

/** Window of the request limit. */
const WINDOW_MS = 60_000;

/** Requests a minute: each caller has the limit of its tier. */
function throttlerOptions(callers: CallerService, broker: Broker): ThrottlerModuleOptions {
  const limit = (context: ExecutionContext): number =>
    callers.of(context.switchToHttp().getRequest<FastifyRequest>()).tier.requestsPerMinute;
  return {
    throttlers: [{ name: 'submit', ttl: WINDOW_MS, limit }],
    storage: new RedisThrottlerStorage(broker),
  };
}

/** Limits on requests and megapixels a minute, counted in Redis for all API instances together. */
@Module({
  imports: [
    AuthModule,
    ThrottlerModule.forRootAsync({
      imports: [AuthModule],
      inject: [CallerService, BROKER],
      useFactory: throttlerOptions,
    }),
  ],
  providers: [PixelLimit],
  exports: [AuthModule, ThrottlerModule, PixelLimit],
})
export class RateLimitModule {}
