import { Module } from '@nestjs/common';
import { LongPoll, ShutdownNotifier } from './long-poll.service.js';

/** Waiting for records in Redis to change. */
@Module({ providers: [LongPoll, ShutdownNotifier], exports: [LongPoll, ShutdownNotifier] })
export class LongPollModule {}
