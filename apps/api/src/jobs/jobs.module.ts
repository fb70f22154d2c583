import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { UploadsModule } from '../uploads/uploads.module.js';
import { EventsController } from './events.controller.js';
import { JobResponder } from './job-responder.js';
import { JobController } from './jobs.controller.js';
import { ReceiptController } from './receipts.controller.js';
import { SubmitController } from './submit.controller.js';

/** `/v1/jobs`: one image a job. */
@Module({
  imports: [UploadsModule, EventsModule],
  controllers: [SubmitController, JobController, EventsController, ReceiptController],
  providers: [JobResponder],
  exports: [UploadsModule, EventsModule, JobResponder],
})
export class JobsModule {}
