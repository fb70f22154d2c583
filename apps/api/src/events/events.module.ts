import { Module } from '@nestjs/common';
import { ResultsModule } from '../results/results.module.js';
import { JobEventStream } from './job-event-stream.js';
import { QueuePositions } from './queue-positions.js';
import { SseHeartbeat } from './sse-heartbeat.js';

/** Server-sent events: streams, heartbeats, queue positions. */
@Module({
  imports: [ResultsModule],
  providers: [SseHeartbeat, QueuePositions, JobEventStream],
  exports: [ResultsModule, SseHeartbeat, QueuePositions, JobEventStream],
})
export class EventsModule {}
