import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BatchEvents } from '#contracts/batch.events.js';
import { SseStream } from '../delivery/sse.stream.js';
import { clientGone, numberInHeader } from '../http/request.preferences.js';
import { DescribeBatchEvents } from '../ops/batch.description.js';
import { accessBatch } from './batch.access.js';
import { BatchFeed } from './batch.feed.js';
import { BatchWatch } from './batch.watch.js';

/** The life of a batch as server-sent events. */
@Controller('v1/batches/:id/events')
export class BatchEventsController {
  constructor(
    private readonly watch: BatchWatch,
    private readonly feed: BatchFeed,
  ) {}

  /** Where every image stands, or what has changed since `Last-Event-ID`, and then each change to the end. */
  @Get()
  @DescribeBatchEvents()
  async events(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id, secrets } = accessBatch(request, 'header-or-query');
    try {
      const record = await this.watch.read(id);
      const seenVersion = numberInHeader(request.headers['last-event-id']);
      // Whoever has heard the end and comes back is an EventSource: 204 tells it to stay away (WHATWG HTML 9.2.3).
      if (record.status === 'complete' && record.version === seenVersion) {
        await reply.code(204).header('Cache-Control', 'no-store').send();
        return;
      }
      const gone = clientGone(reply);
      await this.feed.run(new SseStream<BatchEvents>(reply), { id, secrets, gone, seenVersion });
    } finally {
      secrets.wipe();
    }
  }
}
