import { Module } from '@nestjs/common';
import { LongPoll } from './long-poll.service.js';
import { ShutdownNotifier } from './shutdown-notifier.js';

/** Waiting for records in Redis to change. */
@Module({ providers: [LongPoll, ShutdownNotifier], exports: [LongPoll, ShutdownNotifier] })
export class LongPollModule {}
