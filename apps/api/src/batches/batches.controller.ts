import { Controller, Delete, Get, Header, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import type { BatchRecord } from '#broker/batches/batch.store.js';
import type { BatchId } from '#contracts/batch-id.js';
import { isLost, type BatchView } from '#contracts/batch-view.js';
import { Problem } from '#contracts/problem-catalog.js';
import { BatchSecrets, batchIdOf } from '#crypto/batch-token.js';
import { drawToken, tokenText } from '#crypto/job-token.js';
import { SETTINGS, BROKER } from '../core/providers.js';
import { FINAL_RETRY_AFTER_S, finalTag, markFinal } from '../http/final-answers.js';
import { disconnectSignal, numberInHeader, queryWaitMs } from '../http/request-preferences.js';
import {
  DescribeBatch,
  DescribeBatchCancel,
  DescribeBatchClose,
  DescribeBatchOpen,
} from './batches.openapi.js';
import { SubmitGuard } from '../rate-limit/rate-limits.js';
import { BatchToken, RequireBatchToken, type BatchAccess } from '../auth/token-guards.js';
import { toBatchResponse } from './batch.mapper.js';
import { LongPoll } from '../long-poll/long-poll.service.js';
import type { Settings } from '#config/settings.schema.js';
import type { Broker } from '#broker/broker.js';

/** Failures in a status; the events and the archive have all of them. */
const MAX_FAILURES = 1000;
const MEMBERS_AT_A_TIME = 200;

/** A batch as a whole: open, read, close, cancel. */
@Controller('v1/batches')
export class BatchController {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(BROKER) private readonly broker: Broker,
    private readonly longPoll: LongPoll,
  ) {}

  /** Opens a batch. Its token is returned once. */
  @Post()
  @UseGuards(SubmitGuard)
  @DescribeBatchOpen()
  async open(@Res() reply: FastifyReply): Promise<void> {
    const token = drawToken();
    const text = tokenText(token);
    const secrets = new BatchSecrets(token);
    try {
      const record = await this.broker.batches.open(batchIdOf(token));
      if (record === undefined) throw new Problem('internal-error');
      const body = { ...(await this.toResponse(record, secrets)), token: text };
      const headers = { Location: body.links.self, 'Cache-Control': 'no-store' };
      await reply.code(201).headers(headers).send(body);
    } finally {
      secrets.wipe();
    }
  }

  /** Its status; with `?wait=` a long-poll for the next change, from `If-None-Match` or from now. */
  @Get(':id')
  @RouteConfig({ isPolled: true } satisfies FastifyContextConfig)
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
    void reply.headers({ ETag: tag, 'Cache-Control': 'no-store' });
    if (isComplete) markFinal(reply.header('Retry-After', FINAL_RETRY_AFTER_S));
    if (record.version === seen && !isComplete) await reply.code(304).send();
    else await reply.send(await this.toResponse(record, secrets));
  }

  /** Takes no more images. Once all have come to their end the batch is complete. */
  @Post(':id/close')
  @RequireBatchToken()
  @HttpCode(200)
  @DescribeBatchClose()
  async close(@BatchToken() { id, secrets }: BatchAccess, @Res() reply: FastifyReply): Promise<void> {
    const record = await this.broker.batches.close(id);
    if (record === undefined) throw new Problem('batch-not-found');
    if (record.status === 'cancelled') throw new Problem('batch-cancelled');
    await reply.header('Cache-Control', 'no-store').send(await this.toResponse(record, secrets));
  }

  /** Cancels and purges every image that has not come to its end, and forgets the others. */
  @Delete(':id')
  @RequireBatchToken()
  @HttpCode(204)
  @Header('Cache-Control', 'no-store')
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
