import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BatchRecord } from '#broker/batches/batch.store.js';
import type { BatchEvents } from '#contracts/batch-events.js';
import type { BatchId } from '#contracts/batch-id.js';
import { isLost, type BatchView } from '#contracts/batch-view.js';
import { Problem } from '#contracts/problem-catalog.js';
import { BatchSecrets, batchIdOf } from '#crypto/batch-token.js';
import { drawToken, tokenText } from '#crypto/job-token.js';
import { SETTINGS, BROKER } from '../core/providers.js';
import { SseStream } from '../events/sse-stream.js';
import { FINAL_RETRY_AFTER_S, finalTag, markFinal } from '../http/final-responses.js';
import { Route } from '../http/route-config.js';
import { disconnectSignal, numberInHeader, queryWaitMs } from '../http/request-preferences.js';
import {
  DescribeBatch,
  DescribeBatchCancel,
  DescribeBatchClose,
  DescribeBatchEvents,
  DescribeBatchOpen,
} from './batches.openapi.js';
import { SubmitGuard } from '../rate-limit/rate-limits.js';
import { BatchToken, RequireBatchToken, type BatchAccess } from '../auth/token-guards.js';
import { BatchEventStream } from './batch-event-stream.js';
import { readBatchPromises } from './batch-promises.js';
import { toBatchResponse } from './batch.mapper.js';
import { LongPoll } from '../long-poll/long-poll.service.js';
import type { Settings } from '#config/settings.schema.js';
import type { Broker } from '#broker/broker.js';

/** Maximum number of failures in a status. Events and archives contain all of them. */
const MAX_FAILURES = 1000;
const MEMBERS_AT_A_TIME = 200;

/** Operations on a batch: open, read, close, cancel. */
@Controller('v1/batches')
export class BatchController {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(BROKER) private readonly broker: Broker,
    private readonly longPoll: LongPoll,
    private readonly eventStream: BatchEventStream,
  ) {}

  /** Opens a batch. Its token is returned once. */
  @Post()
  @Route({ call: 'batch' })
  @UseGuards(SubmitGuard)
  @DescribeBatchOpen()
  async open(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const promises = await readBatchPromises(request, this.settings);
    const token = drawToken();
    const text = tokenText(token);
    const secrets = new BatchSecrets(token);
    try {
      const record = await this.broker.batches.open(batchIdOf(token), promises);
      if (record === undefined) throw new Problem('internal-error');
      const body = { ...(await this.toResponse(record, secrets)), token: text };
      const headers = { Location: body.links.self };
      await reply.code(201).headers(headers).send(body);
    } finally {
      secrets.wipe();
    }
  }

  /** Status. With `?wait=`, a long poll for the next change, from `If-None-Match` or from now. */
  @Get(':id')
  @Route({ call: 'batch', isPolled: true })
  @RequireBatchToken()
  @DescribeBatch()
  async status(
    @BatchToken() { id, secrets }: BatchAccess,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const timeoutMs = queryWaitMs(request, this.settings.MAX_WAIT_S);
    const seen = numberInHeader(request.headers['if-none-match']);
    let base = seen;
    const hasChanged = (record: BatchRecord): boolean => {
      base ??= record.version;
      return record.version !== base || record.status === 'complete';
    };
    const limits = { timeoutMs, signal: disconnectSignal(reply) };
    const record = await this.longPoll.waitForBatch(id, hasChanged, limits);
    const isComplete = record.status === 'complete';
    const tag = isComplete ? finalTag(record.version) : `"${record.version}"`;
    void reply.headers({ ETag: tag });
    if (isComplete) markFinal(reply.header('Retry-After', FINAL_RETRY_AFTER_S));
    if (record.version === seen && !isComplete) await reply.code(304).send();
    else await reply.send(await this.toResponse(record, secrets));
  }

  /** The state of all images, or the changes since `Last-Event-ID`, then each change until the end. */
  @Get(':id/events')
  @Route({ call: 'batch', withoutHead: true })
  @RequireBatchToken('header-or-query')
  @DescribeBatchEvents()
  async events(
    @BatchToken() { id, secrets }: BatchAccess,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const record = await this.longPoll.readBatch(id);
    const seenVersion = numberInHeader(request.headers['last-event-id']);
    // An EventSource that has received the last event reconnects: 204 stops it (WHATWG HTML 9.2.3).
    if (record.status === 'complete' && record.version === seenVersion) {
      await reply.code(204).send();
      return;
    }
    const signal = disconnectSignal(reply);
    await this.eventStream.run(new SseStream<BatchEvents>(reply), { id, secrets, signal, seenVersion });
  }

  /** Closes the batch. It is complete once all images have ended. */
  @Post(':id/close')
  @Route({ call: 'batch' })
  @RequireBatchToken()
  @HttpCode(200)
  @DescribeBatchClose()
  async close(@BatchToken() { id, secrets }: BatchAccess, @Res() reply: FastifyReply): Promise<void> {
    const record = await this.broker.batches.close(id);
    if (record === undefined) throw new Problem('batch-not-found');
    if (record.status === 'cancelled') throw new Problem('batch-cancelled');
    await reply.send(await this.toResponse(record, secrets));
  }

  /** Cancels and purges all images that have not ended, and deletes the batch. */
  @Delete(':id')
  @Route({ call: 'batch' })
  @RequireBatchToken()
  @HttpCode(204)
  @DescribeBatchCancel()
  async cancel(@BatchToken() { id }: BatchAccess): Promise<void> {
    const { batches } = this.broker;
    if ((await batches.close(id)) === undefined) throw new Problem('batch-not-found');
    await this.cancelImages(id);
    await batches.cancel(id);
  }

  private async cancelImages(id: BatchId): Promise<void> {
    const { batches, purge } = this.broker;
    for (let version = 0; ;) {
      const page = await batches.members(id, 'changes', { version, limit: MEMBERS_AT_A_TIME });
      const living = page.filter(({ state }) => state !== 'delivered' && !isLost(state));
      await Promise.all(living.map(({ jobId }) => purge.cancelled(jobId)));
      const last = page.at(-1);
      if (last === undefined) return;
      version = last.version;
    }
  }

  private async toResponse(record: BatchRecord, secrets: BatchSecrets): Promise<BatchView> {
    const { failed, cancelled, expired } = record.counts;
    const { batches } = this.broker;
    const lost =
      failed + cancelled + expired === 0
        ? []
        : await batches.members(record.id, 'lost', { version: 0, limit: MAX_FAILURES });
    return toBatchResponse(record, lost, { secrets, region: this.settings.REGION });
  }
}
