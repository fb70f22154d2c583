import { Module, type DynamicModule } from '@nestjs/common';
import { Cancellations } from './jobs/cancellations.js';
import { JobProcessor } from './jobs/job-processor.js';
import { WorkerService } from './jobs/worker.service.js';
import { WorkerContext } from './worker-context.js';

/** Wires the worker: broker → cutout → broker. */
@Module({})
export class WorkerModule {
  /** The module over what `main` has opened. */
  static over(context: WorkerContext): DynamicModule {
    return {
      module: WorkerModule,
      providers: [{ provide: WorkerContext, useValue: context }, Cancellations, JobProcessor, WorkerService],
    };
  }
}
