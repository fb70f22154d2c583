import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { UploadsModule } from '../uploads/uploads.module.js';
import { JobResponder } from './job-responder.js';
import { JobController } from './jobs.controller.js';
import { SubmitController } from './submit.controller.js';

/** `/v1/jobs`: one image per job. */
@Module({
  imports: [UploadsModule, EventsModule],
  controllers: [SubmitController, JobController],
  providers: [JobResponder],
  exports: [UploadsModule, EventsModule, JobResponder],
})
export class JobsModule {}
