import { Controller, Get, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import type { BatchEvents } from '#contracts/batch-events.js';
import { SseStream } from '../events/sse-stream.js';
import { disconnectSignal, numberInHeader } from '../http/request-preferences.js';
import { DescribeBatchEvents } from './batches.openapi.js';
import { BatchToken, RequireBatchToken, type BatchAccess } from '../auth/token-guards.js';
import { BatchEventStream } from './batch-event-stream.js';
import { LongPoll } from '../long-poll/long-poll.service.js';

/** The life of a batch as server-sent events. */
@Controller('v1/batches/:id/events')
export class BatchEventsController {
  constructor(
    private readonly longPoll: LongPoll,
    private readonly eventStream: BatchEventStream,
  ) {}

  /** The state of every image, or what has changed since `Last-Event-ID`, then each change to the end. */
  @Get()
  @RouteConfig({ withoutHead: true } satisfies FastifyContextConfig)
  @RequireBatchToken('header-or-query')
  @DescribeBatchEvents()
  async events(
    @BatchToken() { id, secrets }: BatchAccess,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const record = await this.longPoll.readBatch(id);
    const seenVersion = numberInHeader(request.headers['last-event-id']);
    // A client that has seen the end and reconnects is an EventSource: 204 stops it (WHATWG HTML 9.2.3).
    if (record.status === 'complete' && record.version === seenVersion) {
      await reply.code(204).header('Cache-Control', 'no-store').send();
      return;
    }
    const signal = disconnectSignal(reply);
    await this.eventStream.run(new SseStream<BatchEvents>(reply), { id, secrets, signal, seenVersion });
  }
}
