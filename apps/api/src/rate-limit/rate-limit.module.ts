import { Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { AuthModule } from '../auth/auth.module.js';
import { CallerService } from '../auth/caller.service.js';
import { BROKER } from '../core/providers.js';
import { PixelLimit, throttlerOptions } from './rate-limits.js';

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
