import { Controller, Delete, Get, Header, HttpCode, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import type { JobRecord } from '#broker/records/job-record.js';
import { isTerminal } from '#contracts/job-states.js';
import { jobLinks } from '#contracts/job-view.js';
import { Problem } from '#contracts/problem-catalog.js';
import { BROKER } from '../core/providers.js';
import { publicIdOf, problemOfTerminalState } from '../results/job.mapper.js';
import { LongPoll } from '../long-poll/long-poll.service.js';
import { DescribeCancel, DescribeResult, DescribeStatus } from './jobs.openapi.js';
import { HttpResultWriter } from '../results/http-result-writer.js';
import { JobToken, RequireJobToken, type JobAccess } from '../auth/token-guards.js';
import { JobResponder } from './job-responder.js';
import { finalTag } from '../http/final-answers.js';
import { disconnectSignal, numberInHeader, queryWaitMs } from '../http/request-preferences.js';
import type { Broker } from '#broker/broker.js';

/** What the holder of a job's token can ask of it. */
@Controller('v1/jobs/:id')
export class JobController {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly longPoll: LongPoll,
    private readonly responder: JobResponder,
  ) {}

  /**
   * Status; with `?wait=` a long-poll for the next change, from `If-None-Match` or from now. A job that has ended is
   * never unchanged: 304 would be "not yet" to clients that wait for something else.
   */
  @Get()
  @RouteConfig({ isPolled: true } satisfies FastifyContextConfig)
  @RequireJobToken()
  @DescribeStatus()
  async status(
    @JobToken() { id }: JobAccess,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const timeoutMs = queryWaitMs(request, this.longPoll.maxWaitS);
    const seen = numberInHeader(request.headers['if-none-match']);
    let base = seen;
    const moved = (record: JobRecord): boolean => {
      base ??= record.version;
      return record.version !== base || isTerminal(record.state);
    };
    const record = await this.longPoll.waitForJob(id, moved, { timeoutMs, signal: disconnectSignal(reply) });
    void reply.header('ETag', isTerminal(record.state) ? finalTag(record.version) : `"${record.version}"`);
    if (record.version === seen && !isTerminal(record.state))
      await reply.code(304).header('Cache-Control', 'no-store').send();
    else await this.responder.sendStatus(reply, record, 200);
  }

  /** The image, once; with `?wait=` a long-poll for it. Purged when the response has been written. */
  @Get('result')
  @RouteConfig({ withoutHead: true, isPolled: true } satisfies FastifyContextConfig)
  @RequireJobToken()
  @DescribeResult()
  async result(
    @JobToken() { id, token }: JobAccess,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const timeoutMs = queryWaitMs(request, this.longPoll.maxWaitS);
    const isReady = ({ state }: JobRecord): boolean => state === 'ready' || state === 'delivering';
    const settled = (record: JobRecord): boolean => isReady(record) || isTerminal(record.state);
    const record = await this.longPoll.waitForJob(id, settled, {
      timeoutMs,
      signal: disconnectSignal(reply),
    });
    if (isTerminal(record.state)) throw problemOfTerminalState(record, record.state);
    if (isReady(record))
      await this.responder.sendResult(
        record,
        token,
        new HttpResultWriter(reply, { via: 'poll', receiptLink: jobLinks(publicIdOf(record)).receipt }),
      );
    else await this.responder.sendStatus(reply, record, 202);
  }

  /** Cancels the job, or acknowledges its result, and deletes all of its data. */
  @Delete()
  @RequireJobToken()
  @HttpCode(204)
  @Header('Cache-Control', 'no-store')
  @DescribeCancel()
  async cancel(@JobToken() { id }: JobAccess): Promise<void> {
    const { jobs, purge } = this.broker;
    if (await purge.cancelled(id)) return;
    if ((await jobs.read(id)) === undefined) throw new Problem('job-not-found');
  }
}
