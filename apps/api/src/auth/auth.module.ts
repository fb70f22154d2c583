import { Module } from '@nestjs/common';
import { AccountController } from './account.controller.js';
import { CallerService } from './caller.service.js';

/** Identification of callers by API key or client network; tokens of jobs and batches; the account endpoint. */
@Module({
  controllers: [AccountController],
  providers: [CallerService],
  exports: [CallerService],
})
export class AuthModule {}
