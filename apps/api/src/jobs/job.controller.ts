import { Controller, Delete, Get, Header, HttpCode, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JobRecord } from '#broker/job.record.js';
import { isTerminal } from '#contracts/job.states.js';
import { jobLinks } from '#contracts/job.view.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { ApiContext } from '../api.context.js';
import { presentId, problemOfEnd } from '../delivery/job.presenter.js';
import { JobWaiter } from '../delivery/job.waiter.js';
import { DescribeCancel, DescribeResult, DescribeStatus } from '../ops/job.description.js';
import { ResponseSink } from '../delivery/result.response.js';
import { accessJob } from './job.access.js';
import { JobAnswers } from './job.answers.js';
import { clientGone, numberInHeader, queryWaitMs } from '../http/request.preferences.js';

/** What the holder of a job's token can ask of it. */
@Controller('v1/jobs/:id')
export class JobController {
  constructor(
    private readonly context: ApiContext,
    private readonly waiter: JobWaiter,
    private readonly answers: JobAnswers,
  ) {}

  /** Status; with `?wait=` a long-poll for the next change, from `If-None-Match` or from now. */
  @Get()
  @DescribeStatus()
  async status(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = accessJob(request);
    const timeoutMs = queryWaitMs(request, this.waiter.maxWaitS);
    const seen = numberInHeader(request.headers['if-none-match']);
    let base = seen;
    const moved = (record: JobRecord): boolean => {
      base ??= record.version;
      return record.version !== base || isTerminal(record.state);
    };
    const record = await this.waiter.until(id, moved, { timeoutMs, signal: clientGone(reply) });
    void reply.header('ETag', `"${record.version}"`);
    if (record.version === seen) await reply.code(304).header('Cache-Control', 'no-store').send();
    else await this.answers.sendStatus(reply, record, 200);
  }

  /** The image, once; with `?wait=` a long-poll for it. Purged when the answer has been written. */
  @Get('result')
  @DescribeResult()
  async result(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id, token } = accessJob(request);
    const timeoutMs = queryWaitMs(request, this.waiter.maxWaitS);
    const there = ({ state }: JobRecord): boolean => state === 'ready' || state === 'delivering';
    const settled = (record: JobRecord): boolean => there(record) || isTerminal(record.state);
    const record = await this.waiter.until(id, settled, { timeoutMs, signal: clientGone(reply) });
    if (isTerminal(record.state)) throw problemOfEnd(record, record.state);
    if (there(record))
      await this.answers.sendResult(
        record,
        token,
        new ResponseSink(reply, jobLinks(presentId(record)).receipt),
      );
    else await this.answers.sendStatus(reply, record, 202);
  }

  /** Gives the job up, or acknowledges its result: either way nothing of it is left. */
  @Delete()
  @HttpCode(204)
  @Header('Cache-Control', 'no-store')
  @DescribeCancel()
  async cancel(@Req() request: FastifyRequest): Promise<void> {
    const { id } = accessJob(request);
    const { jobs, purge } = this.context.broker;
    if (await purge.cancelled(id)) return;
    if ((await jobs.read(id)) === undefined) throw new Problem('job-not-found');
  }
}
