import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccountController } from './account.controller.js';
import { CallerService } from './caller.service.js';
import { RegionGuard } from './region.guard.js';

/** Who calls: API keys and client networks, tokens of jobs and batches, regions; the account endpoint. */
@Module({
  controllers: [AccountController],
  providers: [CallerService, { provide: APP_GUARD, useClass: RegionGuard }],
  exports: [CallerService],
})
export class AuthModule {}
