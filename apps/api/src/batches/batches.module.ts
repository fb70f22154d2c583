import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { BatchEventStream } from './batch-event-stream.js';
import { BatchJobsController } from './batch-jobs.controller.js';
import { BatchResultsController } from './batch-results.controller.js';
import { BatchController } from './batches.controller.js';
import { ResultPicker } from './result-picker.js';

/** `/v1/batches`: many images with one token. */
@Module({
  imports: [JobsModule],
  controllers: [BatchController, BatchJobsController, BatchResultsController],
  providers: [BatchEventStream, ResultPicker],
})
export class BatchesModule {}
