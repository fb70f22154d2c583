import { Module } from '@nestjs/common';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { IdempotencyService } from './idempotency.service.js';
import { ImageSource } from './image-source.js';
import { ImageUrls } from './image-urls.js';
import { UploadService } from './upload.service.js';

/** Reading, checking, encrypting and enqueueing images. */
@Module({
  imports: [RateLimitModule],
  providers: [UploadService, IdempotencyService, ImageSource, ImageUrls],
  exports: [RateLimitModule, UploadService, ImageUrls],
})
export class UploadsModule {}
