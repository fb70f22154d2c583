import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { PlainController } from './plain.controller.js';
import { PhotoroomController } from './photoroom/photoroom.controller.js';
import { RembgController } from './rembg/rembg.controller.js';
import { RemovebgController } from './removebg/removebg.controller.js';
import { WithoutbgController } from './withoutbg/withoutbg.controller.js';
import { SyncCutout } from './sync-cutout.js';

/**
 * Endpoints that are compatible with remove.bg, Photoroom, withoutBG and rembg, and a plain one. All return the result in the
 * response.
 */
@Module({
  imports: [JobsModule],
  controllers: [
    RemovebgController,
    PhotoroomController,
    WithoutbgController,
    PlainController,
    RembgController,
  ],
  providers: [SyncCutout],
})
export class CompatModule {}
