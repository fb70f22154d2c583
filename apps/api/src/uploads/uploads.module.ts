import { Module } from '@nestjs/common';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { IdempotencyService } from './idempotency.service.js';
import { RemoteImageService } from './remote-image.service.js';
import { UploadService } from './upload.service.js';

/** Reading, checking, encrypting and enqueueing images. */
@Module({
  imports: [RateLimitModule],
  providers: [UploadService, IdempotencyService, RemoteImageService],
  exports: [RateLimitModule, UploadService, RemoteImageService],
})
export class UploadsModule {}
