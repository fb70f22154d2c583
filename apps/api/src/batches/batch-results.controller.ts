import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BatchRecord } from '#broker/batches/batch.store.js';
import type { BatchNotice } from '#broker/jobs/job-watcher.js';
import type { BatchFailure, BatchState } from '#contracts/batch-view.js';
import { jobLinks } from '#contracts/job-view.js';
import { Problem } from '#contracts/problem-catalog.js';
import { SETTINGS, BROKER, STOPPING } from '../core/providers.js';
import { publicIdOf } from '../results/job.mapper.js';
import { ClientDisconnectedError } from '../results/result-delivery.service.js';
import { HttpResultWriter } from '../results/http-result-writer.js';
import { markFinal } from '../http/final-responses.js';
import { Route } from '../http/route-config.js';
import { disconnectSignal, queryWaitMs } from '../http/request-preferences.js';
import { DescribeBatchArchive, DescribeBatchResults } from './batches.openapi.js';
import { ArchiveWriter } from './archive-writer.js';
import { BatchToken, RequireBatchToken, type BatchAccess } from '../auth/token-guards.js';
import { toBatchFailure } from './batch.mapper.js';
import { LongPoll } from '../long-poll/long-poll.service.js';
import { ResultPicker, type Candidate, type Target } from './result-picker.js';
import type { Settings } from '#config/settings.schema.js';
import type { Broker } from '#broker/broker.js';

/** Interval at which an archive checks for results without a notice. */
const RECHECK_MS = 60_000;
/** Interval at which results are checked while other readers have leased all of them. */
const LEASED_RETRY_MS = 50;
const FAILURES_PAGE = 500;

/** Results of a batch in the order in which they are finished: one per response, or all in an archive. */
@Controller('v1/batches/:id')
export class BatchResultsController {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(BROKER) private readonly broker: Broker,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
    private readonly longPoll: LongPoll,
    private readonly picker: ResultPicker,
  ) {}

  /** The next finished result, once. With `?wait=`, a long poll for it. Its job is purged when it has been written. */
  @Get('results')
  @Route({ call: 'batch', withoutHead: true, isPolled: true })
  @RequireBatchToken()
  @DescribeBatchResults()
  async next(
    @BatchToken() batch: BatchAccess,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const signal = disconnectSignal(reply);
    const until = Date.now() + queryWaitMs(request, this.settings.MAX_WAIT_S);
    let writer: HttpResultWriter | undefined;
    const target = ({ customId, record }: Candidate): Target => {
      const receiptLink = jobLinks(publicIdOf(record)).receipt;
      void reply.headers({ 'X-Custom-Id': encodeURIComponent(customId), 'X-Job-Id': publicIdOf(record) });
      const current = new HttpResultWriter(reply, { via: 'batch', receiptLink });
      writer = current;
      return { writer: current, hasStarted: () => current.hasStarted };
    };
    try {
      for (;;) {
        const record = await this.whenReady(batch, Math.max(0, until - Date.now()), signal);
        if (await this.picker.deliverNext(batch, target)) return;
        if (record.status === 'complete' || Date.now() >= until || this.isOver(signal)) {
          await this.sendNone(reply, record.status);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, LEASED_RETRY_MS));
      }
    } catch (error) {
      if (writer?.abort() !== true && !(error instanceof ClientDisconnectedError)) throw error;
    }
  }

  /** All results as they are finished, until the batch is complete, and a report of the failures. */
  @Get('archive')
  @Route({ call: 'batch', withoutHead: true })
  @RequireBatchToken()
  @DescribeBatchArchive()
  async archive(@BatchToken() batch: BatchAccess, @Res() reply: FastifyReply): Promise<void> {
    await this.longPoll.readBatch(batch.id);
    const signal = disconnectSignal(reply);
    const archive = new ArchiveWriter(reply);
    try {
      const complete = await this.fill(archive, batch, signal);
      if (signal.aborted) archive.abort();
      else await archive.end({ complete, failures: await this.failures(batch) });
    } catch {
      archive.abort();
    }
  }

  /** True when all images have ended; false when the batch is gone, or this process shuts down. */
  private async fill(archive: ArchiveWriter, batch: BatchAccess, signal: AbortSignal): Promise<boolean> {
    const target = ({ customId }: Candidate): Target => ({
      writer: archive.entry(customId),
      hasStarted: () => archive.isInFile,
    });
    while (!this.isOver(signal)) {
      try {
        const record = await this.whenReady(batch, RECHECK_MS, signal);
        if (await this.picker.deliverNext(batch, target)) continue;
        if (record.status === 'complete') return true;
      } catch (error) {
        if (!(error instanceof Problem) || archive.isInFile) throw error;
        if (error.code !== 'broker-unavailable') return false;
      }
      await new Promise((resolve) => setTimeout(resolve, LEASED_RETRY_MS));
    }
    return false;
  }

  private whenReady(batch: BatchAccess, timeoutMs: number, signal: AbortSignal): Promise<BatchRecord> {
    const hasResult = ({ counts, status }: BatchRecord): boolean => counts.ready > 0 || status === 'complete';
    const isRelevant = ({ ready, over }: BatchNotice): boolean => ready > 0 || over;
    return this.longPoll.waitForBatch(batch.id, hasResult, { timeoutMs, signal, isRelevant });
  }

  private isOver(signal: AbortSignal): boolean {
    return signal.aborted || this.stopping.aborted;
  }

  /** 204, with `Retry-After` unless the batch is complete. */
  private async sendNone(reply: FastifyReply, status: BatchState): Promise<void> {
    if (status === 'complete') markFinal(reply);
    await reply
      .code(204)
      .headers({ 'X-Batch-Status': status })
      .headers(status === 'complete' ? {} : { 'Retry-After': 1 })
      .send();
  }

  private async failures({ id, secrets }: BatchAccess): Promise<BatchFailure[]> {
    const { batches } = this.broker;
    const failures: BatchFailure[] = [];
    for (let version = 0; ;) {
      const page = await batches.members(id, 'lost', { version, limit: FAILURES_PAGE });
      failures.push(...page.map((member) => toBatchFailure(member, secrets, this.settings.REGION)));
      const last = page.at(-1);
      if (last === undefined) return failures;
      version = last.version;
    }
  }
}
