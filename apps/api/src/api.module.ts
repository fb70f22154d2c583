import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { ApiContext } from './api.context.js';
import { BatchController } from './batches/batch.controller.js';
import { BatchEventsController } from './batches/batch.events.controller.js';
import { BatchFeed } from './batches/batch.feed.js';
import { BatchJobsController } from './batches/batch.jobs.controller.js';
import { BatchResultsController } from './batches/batch.results.controller.js';
import { BatchWatch } from './batches/batch.watch.js';
import { ResultPicker } from './batches/result.picker.js';
import { ImageUrls } from './compat/image.urls.js';
import { PlainController } from './compat/plain.controller.js';
import { RembgController } from './compat/rembg.controller.js';
import { RemovebgController } from './compat/removebg.controller.js';
import { WholeAnswer } from './compat/whole.answer.js';
import { EventFeed } from './delivery/event.feed.js';
import { JobWaiter } from './delivery/job.waiter.js';
import { Pulse } from './delivery/pulse.js';
import { RecordWaiter } from './delivery/record.waiter.js';
import { ReceiptIssuer } from './delivery/receipt.issuer.js';
import { ResultDelivery } from './delivery/result.delivery.js';
import { StopBell } from './delivery/stop.bell.js';
import { ImageSource } from './intake/image.source.js';
import { IntakeService } from './intake/intake.service.js';
import { RetryClaims } from './intake/retry.claims.js';
import { EventsController } from './jobs/events.controller.js';
import { JobAnswers } from './jobs/job.answers.js';
import { JobController } from './jobs/job.controller.js';
import { ReceiptController } from './jobs/receipt.controller.js';
import { ResultWait } from './jobs/result.wait.js';
import { SubmitController } from './jobs/submit.controller.js';
import { ReceiptKeysController } from './ops/receipt.keys.controller.js';
import { ModelsController } from './ops/models.controller.js';
import { RetentionController } from './ops/retention.controller.js';
import { HealthController } from './ops/health.controller.js';
import { AccountController } from './tenancy/account.controller.js';
import { CallerSource } from './tenancy/caller.source.js';
import { PixelLimit } from './throttle/pixel.limit.js';
import { RegionGuard } from './http/region.guard.js';
import { RedisThrottlerStorage } from './throttle/redis.throttler.storage.js';
import { SUBMIT_WINDOW_MS } from './throttle/submit.guard.js';

/** Wires the API: HTTP → intake → broker, broker → delivery → HTTP. */
@Module({})
export class ApiModule {
  /** The module over what `main` has opened. */
  static over(context: ApiContext): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        ThrottlerModule.forRoot({
          throttlers: [{ name: 'submit', ttl: SUBMIT_WINDOW_MS, limit: context.settings.RATE_LIMIT }],
          storage: new RedisThrottlerStorage(context),
        }),
      ],
      controllers: [
        ...[SubmitController, JobController, EventsController, ReceiptController, AccountController],
        ...[BatchController, BatchJobsController, BatchEventsController, BatchResultsController],
        ...[RemovebgController, PlainController, RembgController],
        ...[HealthController, RetentionController, ReceiptKeysController, ModelsController],
      ],
      providers: [
        { provide: ApiContext, useValue: context },
        { provide: APP_GUARD, useClass: RegionGuard },
        CallerSource,
        PixelLimit,
        ImageSource,
        IntakeService,
        RetryClaims,
        JobAnswers,
        JobWaiter,
        StopBell,
        RecordWaiter,
        Pulse,
        ReceiptIssuer,
        ResultDelivery,
        EventFeed,
        BatchWatch,
        BatchFeed,
        ResultPicker,
        ResultWait,
        ImageUrls,
        WholeAnswer,
      ],
    };
  }
}
