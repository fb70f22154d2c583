import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { ModelsController } from './models.controller.js';
import { ProblemsController } from './problems.controller.js';
import { RetentionController } from './retention.controller.js';
import { WithoutbgHealthController } from './withoutbg-health.controller.js';

/** Health, models, problems, the retention statement and the keys that verify receipts. */
@Module({
  controllers: [
    HealthController,
    WithoutbgHealthController,
    RetentionController,
    ModelsController,
    ProblemsController,
  ],
  providers: [HealthController],
})
export class ServiceModule {}
