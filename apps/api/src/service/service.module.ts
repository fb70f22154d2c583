import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { ModelsController } from './models.controller.js';
import { ProblemsController } from './problems.controller.js';
import { RetentionController } from './retention.controller.js';

/** Health, models, problems, the retention statement and the keys that verify receipts. */
@Module({
  controllers: [HealthController, RetentionController, ModelsController, ProblemsController],
})
export class ServiceModule {}
