import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { PlainController } from './plain/plain.controller.js';
import { RembgController } from './rembg/rembg.controller.js';
import { RemovebgController } from './removebg/removebg.controller.js';
import { SyncCutout } from './sync-cutout.js';

/** The calls of remove.bg, of rembg, and one without a job: an image in, the result in the response. */
@Module({
  imports: [JobsModule],
  controllers: [RemovebgController, PlainController, RembgController],
  providers: [SyncCutout],
})
export class CompatModule {}
