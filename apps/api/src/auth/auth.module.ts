import { Module } from '@nestjs/common';
import { AccountController } from './account.controller.js';
import { CallerService } from './caller.service.js';

/** Who calls: API keys and client networks, tokens of jobs and batches, regions; the account endpoint. */
@Module({
  controllers: [AccountController],
  providers: [CallerService],
  exports: [CallerService],
})
export class AuthModule {}
