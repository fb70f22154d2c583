import { Module, type DynamicModule } from '@nestjs/common';
import { Cancellations } from './cutout/cancellations.js';
import { CutoutProcessor } from './cutout/cutout.processor.js';
import { WorkerService } from './cutout/worker.service.js';
import { WorkerContext } from './worker.context.js';

/** Wires the worker: broker → cutout → broker. */
@Module({})
export class WorkerModule {
  /** The module over what `main` has opened. */
  static over(context: WorkerContext): DynamicModule {
    return {
      module: WorkerModule,
      providers: [
        { provide: WorkerContext, useValue: context },
        Cancellations,
        CutoutProcessor,
        WorkerService,
      ],
    };
  }
}
