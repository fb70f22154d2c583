import { Controller, Delete, Get, HttpCode, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Broker } from '#broker/broker.js';
import type { JobRecord } from '#broker/records/job-record.js';
import { isTerminal } from '#contracts/job-states.js';
import { jobLinks } from '#contracts/job-view.js';
import { mustBe } from '#contracts/option-refusal.js';
import { Problem } from '#contracts/problem-catalog.js';
import { RECEIPT_MIME } from '#contracts/receipt-kind.js';
import { JobToken, RequireJobToken, type JobAccess } from '../auth/token-guards.js';
import { BROKER } from '../core/providers.js';
import { JobEventStream } from '../events/job-event-stream.js';
import { SseStream } from '../events/sse-stream.js';
import { finalTag } from '../http/final-responses.js';
import { disconnectSignal, numberInHeader, prefersJson, queryWaitMs } from '../http/request-preferences.js';
import { Route } from '../http/route-config.js';
import { LongPoll } from '../long-poll/long-poll.service.js';
import { HttpResultWriter } from '../results/http-result-writer.js';
import { publicIdOf, problemOfTerminalState } from '../results/job.mapper.js';
import { ReceiptService } from '../results/receipt.service.js';
import { JobResponder } from './job-responder.js';
import {
  DescribeCancel,
  DescribeEvents,
  DescribeReceipt,
  DescribeResult,
  DescribeStatus,
} from './jobs.openapi.js';

/** Operations on one job, for the holder of its token. */
@Controller('v1/jobs/:id')
export class JobController {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly longPoll: LongPoll,
    private readonly responder: JobResponder,
    private readonly eventStream: JobEventStream,
    private readonly receipts: ReceiptService,
  ) {}

  /**
   * Status. With `?wait=`, a long poll for the next change, from `If-None-Match` or from now. A job that has ended is never
   * answered with 304: clients that wait for another change would take it as "not yet".
   */
  @Get()
  @Route({ call: 'status', isPolled: true })
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
    const hasChanged = (record: JobRecord): boolean => {
      base ??= record.version;
      return record.version !== base || isTerminal(record.state);
    };
    const limits = { timeoutMs, signal: disconnectSignal(reply) };
    const record = await this.longPoll.waitForJob(id, hasChanged, limits);
    void reply.header('ETag', isTerminal(record.state) ? finalTag(record.version) : `"${record.version}"`);
    if (record.version === seen && !isTerminal(record.state)) await reply.code(304).send();
    else await this.responder.sendStatus(reply, record, 200);
  }

  /** The image, once. With `?wait=`, a long poll for it. The job is purged when the response has been written. */
  @Get('result')
  @Route({ call: 'result', withoutHead: true, isPolled: true })
  @RequireJobToken()
  @DescribeResult()
  async result(
    @JobToken() { id, token }: JobAccess,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const timeoutMs = queryWaitMs(request, this.longPoll.maxWaitS);
    const isReady = ({ state }: JobRecord): boolean => state === 'ready' || state === 'delivering';
    const isOver = (record: JobRecord): boolean => isReady(record) || isTerminal(record.state);
    const record = await this.longPoll.waitForJob(id, isOver, { timeoutMs, signal: disconnectSignal(reply) });
    if (isTerminal(record.state)) throw problemOfTerminalState(record, record.state);
    if (isReady(record))
      await this.responder.sendResult(
        record,
        token,
        new HttpResultWriter(reply, { via: 'poll', receiptLink: jobLinks(publicIdOf(record)).receipt }),
      );
    else await this.responder.sendStatus(reply, record, 202);
  }

  /** Server-sent events, from the current state to the end. With `?deliver=inline` the image comes as `chunk` events. */
  @Get('events')
  @Route({ call: 'events', withoutHead: true })
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
    // An EventSource that has received the last event reconnects: 204 stops it (WHATWG HTML 9.2.3).
    if (isTerminal(record.state) && record.version === seenVersion) {
      await reply.code(204).send();
      return;
    }
    await this.eventStream.follow(new SseStream(reply), {
      id,
      seenVersion,
      inlineToken: deliver === 'inline' ? token : undefined,
    });
  }

  /**
   * The signed deletion receipt, for as long as the tombstone of the job lives: a compact JWS, or JSON with the JWS for
   * clients that prefer it. `?wait=` waits for the end of the job.
   */
  @Get('receipt')
  @Route({ call: 'receipt' })
  @RequireJobToken()
  @DescribeReceipt()
  async receipt(
    @JobToken() { id }: JobAccess,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const waitMs = queryWaitMs(request, this.longPoll.maxWaitS);
    const record = await this.receipts.whenPurged(id, disconnectSignal(reply), waitMs);
    const { receipt } = await this.receipts.issue(record);
    void reply.header('Vary', 'Accept');
    if (prefersJson(request, RECEIPT_MIME)) await reply.send({ receipt });
    else await reply.header('Content-Type', RECEIPT_MIME).send(receipt);
  }

  /** Cancels the job, or acknowledges its result, and deletes all of its data. */
  @Delete()
  @Route({ call: 'status' })
  @RequireJobToken()
  @HttpCode(204)
  @DescribeCancel()
  async cancel(@JobToken() { id }: JobAccess): Promise<void> {
    const { jobs, purge } = this.broker;
    if (await purge.cancelled(id)) return;
    if ((await jobs.read(id)) === undefined) throw new Problem('job-not-found');
  }
}
