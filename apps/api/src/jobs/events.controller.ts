import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isTerminal } from '#contracts/job.states.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { ApiContext } from '../api.context.js';
import { EventFeed } from '../delivery/event.feed.js';
import { SseStream } from '../delivery/sse.stream.js';
import { DescribeEvents } from '../ops/events.description.js';
import { accessJob } from './job.access.js';
import { numberInHeader } from '../http/request.preferences.js';

/** The life of a job as server-sent events. */
@Controller('v1/jobs/:id/events')
export class EventsController {
  constructor(
    private readonly context: ApiContext,
    private readonly feed: EventFeed,
  ) {}

  /** From where the job stands to its end; with `?deliver=inline` the image comes as `chunk` events. */
  @Get()
  @DescribeEvents()
  async events(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id, token } = accessJob(request, 'header-or-query');
    const { deliver } = request.query as { deliver?: unknown };
    if (deliver !== undefined && deliver !== 'inline') {
      throw new Problem('invalid-parameter', { parameter: 'deliver' });
    }
    const record = await this.context.broker.jobs.read(id);
    if (record === undefined) throw new Problem('job-not-found');
    const seenVersion = numberInHeader(request.headers['last-event-id']);
    // Whoever has heard the end and comes back is an EventSource: 204 tells it to stay away (WHATWG HTML 9.2.3).
    if (isTerminal(record.state) && record.version === seenVersion) {
      await reply.code(204).header('Cache-Control', 'no-store').send();
      return;
    }
    await this.feed.follow(new SseStream(reply), {
      id,
      seenVersion,
      inlineToken: deliver === 'inline' ? token : undefined,
    });
  }
}
