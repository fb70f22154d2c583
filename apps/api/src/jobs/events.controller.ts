import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import { isTerminal } from '#contracts/job-states.js';
import { mustBe } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import { BROKER } from '../core/providers.js';
import { JobEventStream } from '../events/job-event-stream.js';
import { SseStream } from '../events/sse-stream.js';
import { DescribeEvents } from './events.openapi.js';
import { JobToken, RequireJobToken, type JobAccess } from '../auth/token-guards.js';
import { numberInHeader } from '../http/request-preferences.js';
import type { Broker } from '#broker/broker.js';

/** The life of a job as server-sent events. */
@Controller('v1/jobs/:id/events')
export class EventsController {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly eventStream: JobEventStream,
  ) {}

  /** From the job's present state to its end; with `?deliver=inline` the image comes as `chunk` events. */
  @Get()
  @RouteConfig({ withoutHead: true } satisfies FastifyContextConfig)
  @RequireJobToken('header-or-query')
  @DescribeEvents()
  async events(
    @JobToken() { id, token }: JobAccess,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { deliver } = request.query as { deliver?: unknown };
    if (deliver !== undefined && deliver !== 'inline') {
      throw new Problem('invalid-parameter', mustBe('deliver', ['inline']));
    }
    const record = await this.broker.jobs.read(id);
    if (record === undefined) throw new Problem('job-not-found');
    const seenVersion = numberInHeader(request.headers['last-event-id']);
    // A client that has seen the end and reconnects is an EventSource: 204 stops it (WHATWG HTML 9.2.3).
    if (isTerminal(record.state) && record.version === seenVersion) {
      await reply.code(204).header('Cache-Control', 'no-store').send();
      return;
    }
    await this.eventStream.follow(new SseStream(reply), {
      id,
      seenVersion,
      inlineToken: deliver === 'inline' ? token : undefined,
    });
  }
}
