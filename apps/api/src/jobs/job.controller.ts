import { Controller, Delete, Get, HttpCode, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JobRecord } from '#broker/job.record.js';
import { isTerminal } from '#contracts/job.states.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { ApiContext } from '../api.context.js';
import { EventFeed } from '../delivery/event.feed.js';
import { presentJob, problemOfEnd } from '../delivery/job.presenter.js';
import { JobWaiter } from '../delivery/job.waiter.js';
import { Pulse } from '../delivery/pulse.js';
import { ResultDelivery } from '../delivery/result.delivery.js';
import { ResponseSink } from '../delivery/result.response.js';
import { SseStream } from '../delivery/sse.stream.js';
import { DescribeCancel, DescribeEvents, DescribeResult, DescribeStatus } from '../ops/api.description.js';
import { accessJob } from './job.access.js';
import { clientGone, numberInHeader, queryWaitMs } from './request.preferences.js';

/** Everything the holder of a job's token can do with it. */
@Controller('v1/jobs/:id')
export class JobController {
  constructor(
    private readonly context: ApiContext,
    private readonly waiter: JobWaiter,
    private readonly pulse: Pulse,
    private readonly delivery: ResultDelivery,
    private readonly feed: EventFeed,
  ) {}

  /** Status; with `?wait=` a long-poll for the next change, from `If-None-Match` or from now. */
  @Get()
  @DescribeStatus()
  async status(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = accessJob(request);
    const timeoutMs = queryWaitMs(request, this.context.settings.MAX_WAIT_S);
    const seen = numberInHeader(request.headers['if-none-match']);
    let base = seen;
    const moved = (record: JobRecord): boolean => {
      base ??= record.version;
      return record.version !== base || isTerminal(record.state);
    };
    const record = await this.waiter.until(id, moved, { timeoutMs, signal: clientGone(reply) });
    void reply.headers({ ETag: `"${record.version}"`, 'Cache-Control': 'no-store' });
    if (record.version === seen) return void (await reply.code(304).send());
    const view = presentJob(record, await this.pulse.placeOf(record));
    if (!isTerminal(record.state)) void reply.header('Retry-After', retryAfterS(view.eta_ms));
    await reply.send(view);
  }

  /** The life of the job as server-sent events; with `?deliver=inline` the image comes at its end. */
  @Get('events')
  @DescribeEvents()
  async events(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id, token } = accessJob(request, 'header-or-query');
    const { deliver } = request.query as { deliver?: unknown };
    if (deliver !== undefined && deliver !== 'inline')
      throw new Problem('invalid-parameter', { parameter: 'deliver' });
    if ((await this.context.broker.jobs.read(id)) === undefined) throw new Problem('job-not-found');
    const gone = clientGone(reply);
    await this.feed.run(new SseStream(reply), {
      id,
      gone,
      seenVersion: numberInHeader(request.headers['last-event-id']),
      inlineToken: deliver === 'inline' ? token : undefined,
    });
  }

  /** The image, once; with `?wait=` a long-poll for it. Purged when the answer has been written. */
  @Get('result')
  @DescribeResult()
  async result(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id, token } = accessJob(request);
    const timeoutMs = queryWaitMs(request, this.context.settings.MAX_WAIT_S);
    const settled = (record: JobRecord): boolean =>
      ['ready', 'delivering'].includes(record.state) || isTerminal(record.state);
    const record = await this.waiter.until(id, settled, { timeoutMs, signal: clientGone(reply) });
    if (isTerminal(record.state)) throw problemOfEnd(record, record.state);
    if (!settled(record)) return this.pending(record, reply);
    const sink = new ResponseSink(reply);
    try {
      await this.delivery.deliver(record, token, sink);
    } catch (error) {
      if (!sink.abort() && error instanceof Problem) throw error;
    }
  }

  /** Gives the job up, or acknowledges its result: either way nothing of it is left. */
  @Delete()
  @HttpCode(204)
  @DescribeCancel()
  async cancel(@Req() request: FastifyRequest): Promise<void> {
    const { id } = accessJob(request);
    if (await this.context.broker.purge.cancelled(id)) return;
    if ((await this.context.broker.jobs.read(id)) === undefined) throw new Problem('job-not-found');
  }

  private async pending(record: JobRecord, reply: FastifyReply): Promise<void> {
    const view = presentJob(record, await this.pulse.placeOf(record));
    await reply
      .code(202)
      .headers({ 'Retry-After': retryAfterS(view.eta_ms), 'Cache-Control': 'no-store' })
      .send(view);
  }
}

const retryAfterS = (etaMs: number | undefined): number => Math.max(1, Math.ceil((etaMs ?? 1000) / 1000));
