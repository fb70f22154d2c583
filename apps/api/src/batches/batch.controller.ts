import { Controller, Delete, Get, Header, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BatchRecord } from '#broker/batch.store.js';
import type { BatchId } from '#contracts/batch.id.js';
import { isLost, type BatchView } from '#contracts/batch.view.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { BatchSecrets, batchIdOf } from '#vault/batch.token.js';
import { drawToken, tokenText } from '#vault/job.token.js';
import { ApiContext } from '../api.context.js';
import { clientGone, numberInHeader, queryWaitMs } from '../http/request.preferences.js';
import {
  DescribeBatch,
  DescribeBatchCancel,
  DescribeBatchClose,
  DescribeBatchOpen,
} from '../ops/batch.description.js';
import { SubmitGuard } from '../throttle/submit.guard.js';
import { accessBatch, type BatchAccess } from './batch.access.js';
import { presentBatch } from './batch.presenter.js';
import { BatchWatch } from './batch.watch.js';

/** Failures that a status tells; the events and the archive tell all. */
const MOST_FAILURES = 1000;
const MEMBERS_AT_A_TIME = 200;

/** A batch as a whole: opened, looked at, closed, cancelled. */
@Controller('v1/batches')
export class BatchController {
  constructor(
    private readonly context: ApiContext,
    private readonly watch: BatchWatch,
  ) {}

  /** Opens a batch. Its token is told once. */
  @Post()
  @UseGuards(SubmitGuard)
  @DescribeBatchOpen()
  async open(@Res() reply: FastifyReply): Promise<void> {
    const token = drawToken();
    const text = tokenText(token);
    const secrets = new BatchSecrets(token);
    try {
      const record = await this.context.broker.batches.open(batchIdOf(token));
      if (record === undefined) throw new Problem('internal-error');
      const body = { ...(await this.present(record, secrets)), token: text };
      const headers = { Location: body.links.self, 'Cache-Control': 'no-store' };
      await reply.code(201).headers(headers).send(body);
    } finally {
      secrets.wipe();
    }
  }

  /** Where it stands; with `?wait=` a long-poll for the next change, from `If-None-Match` or from now. */
  @Get(':id')
  @DescribeBatch()
  async status(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id, secrets } = accessBatch(request);
    try {
      const timeoutMs = queryWaitMs(request, this.context.settings.MAX_WAIT_S);
      const seen = numberInHeader(request.headers['if-none-match']);
      let base = seen;
      const moved = (record: BatchRecord): boolean => {
        base ??= record.version;
        return record.version !== base || record.status === 'complete';
      };
      const record = await this.watch.until(id, moved, { timeoutMs, signal: clientGone(reply) });
      void reply.headers({ ETag: `"${record.version}"`, 'Cache-Control': 'no-store' });
      if (record.version === seen) await reply.code(304).send();
      else await reply.send(await this.present(record, secrets));
    } finally {
      secrets.wipe();
    }
  }

  /** Takes no more images. Once all have come to their end the batch is complete. */
  @Post(':id/close')
  @HttpCode(200)
  @DescribeBatchClose()
  async close(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id, secrets } = accessBatch(request);
    try {
      const record = await this.context.broker.batches.close(id);
      if (record === undefined) throw new Problem('batch-not-found');
      if (record.status === 'cancelled') throw new Problem('batch-cancelled');
      await reply.header('Cache-Control', 'no-store').send(await this.present(record, secrets));
    } finally {
      secrets.wipe();
    }
  }

  /** Cancels and purges every image that has not come to its end, and forgets the others. */
  @Delete(':id')
  @HttpCode(204)
  @Header('Cache-Control', 'no-store')
  @DescribeBatchCancel()
  async cancel(@Req() request: FastifyRequest): Promise<void> {
    const { id, secrets }: BatchAccess = accessBatch(request);
    secrets.wipe();
    const { batches } = this.context.broker;
    if ((await batches.close(id)) === undefined) throw new Problem('batch-not-found');
    await this.cancelImages(id);
    await batches.cancel(id);
  }

  private async cancelImages(id: BatchId): Promise<void> {
    const { batches, purge } = this.context.broker;
    for (let version = 0; ;) {
      const page = await batches.members(id, 'changes', { version, most: MEMBERS_AT_A_TIME });
      const living = page.filter(({ state }) => state !== 'delivered' && !isLost(state));
      await Promise.all(living.map(({ jobId }) => purge.cancelled(jobId)));
      const last = page.at(-1);
      if (last === undefined) return;
      version = last.version;
    }
  }

  private async present(record: BatchRecord, secrets: BatchSecrets): Promise<BatchView> {
    const { failed, cancelled, expired } = record.counts;
    const { batches } = this.context.broker;
    const lost =
      failed + cancelled + expired === 0
        ? []
        : await batches.members(record.id, 'lost', { version: 0, most: MOST_FAILURES });
    return presentBatch(record, lost, { secrets, region: this.context.settings.REGION });
  }
}
