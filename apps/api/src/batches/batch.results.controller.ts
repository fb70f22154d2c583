import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BatchRecord } from '#broker/batch.store.js';
import type { BatchNotice } from '#broker/job.watcher.js';
import type { BatchFailure, BatchState } from '#contracts/batch.view.js';
import { jobLinks } from '#contracts/job.view.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { ApiContext } from '../api.context.js';
import { presentId } from '../delivery/job.presenter.js';
import { ReaderGone } from '../delivery/result.delivery.js';
import { ResponseSink } from '../delivery/result.response.js';
import { clientGone, queryWaitMs } from '../http/request.preferences.js';
import { DescribeBatchArchive, DescribeBatchResults } from '../ops/batch.description.js';
import { ArchiveStream } from './archive.stream.js';
import { accessBatch, type BatchAccess } from './batch.access.js';
import { presentFailure } from './batch.presenter.js';
import { BatchWatch } from './batch.watch.js';
import { ResultPicker, type Candidate, type Target } from './result.picker.js';

/** An archive waits for the next result this long before it looks again. */
const LOOK_AGAIN_MS = 60_000;
/** Results that are all on their way to other readers are looked at again after this time. */
const TAKEN_MS = 50;
const FAILURES_AT_A_TIME = 500;

/** Results of a batch in the order in which they are finished: one an answer, or all in an archive. */
@Controller('v1/batches/:id')
export class BatchResultsController {
  constructor(
    private readonly context: ApiContext,
    private readonly watch: BatchWatch,
    private readonly picker: ResultPicker,
  ) {}

  /** The next image that is finished, once; with `?wait=` a long-poll for it. Purged when it has been written. */
  @Get('results')
  @DescribeBatchResults()
  async next(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const batch = accessBatch(request);
    const gone = clientGone(reply);
    const until = Date.now() + queryWaitMs(request, this.context.settings.MAX_WAIT_S);
    let sink: ResponseSink | undefined;
    const to = ({ customId, record }: Candidate): Target => {
      void reply.headers({ 'X-Custom-Id': encodeURIComponent(customId), 'X-Job-Id': presentId(record) });
      const sent = new ResponseSink(reply, jobLinks(presentId(record)).receipt);
      sink = sent;
      return { sink: sent, begun: () => sent.hasBegun };
    };
    try {
      for (;;) {
        const record = await this.whenReady(batch, Math.max(0, until - Date.now()), gone);
        if (await this.picker.deliverNext(batch, to)) return;
        if (record.status === 'complete' || Date.now() >= until || this.isOver(gone)) {
          await this.sendNone(reply, record.status);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, TAKEN_MS));
      }
    } catch (error) {
      if (sink?.abort() !== true && !(error instanceof ReaderGone)) throw error;
    } finally {
      batch.secrets.wipe();
    }
  }

  /** All images as they are finished, until the batch is complete; last, what is to be said of the others. */
  @Get('archive')
  @DescribeBatchArchive()
  async archive(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const batch = accessBatch(request);
    try {
      await this.watch.read(batch.id);
      const gone = clientGone(reply);
      const stream = new ArchiveStream(reply);
      try {
        const complete = await this.fill(stream, batch, gone);
        if (!gone.aborted) await stream.end({ complete, failures: await this.failures(batch) });
      } catch {
        stream.abort();
      }
    } finally {
      batch.secrets.wipe();
    }
  }

  /** True when every image has come to its end; false when the batch, or this process, has. */
  private async fill(stream: ArchiveStream, batch: BatchAccess, gone: AbortSignal): Promise<boolean> {
    const to = ({ customId }: Candidate): Target => ({
      sink: stream.entry(customId),
      begun: () => stream.isInFile,
    });
    while (!this.isOver(gone)) {
      try {
        const record = await this.whenReady(batch, LOOK_AGAIN_MS, gone);
        if (await this.picker.deliverNext(batch, to)) continue;
        if (record.status === 'complete') return true;
      } catch (error) {
        if (!(error instanceof Problem) || stream.isInFile) throw error;
        if (error.code !== 'broker-unavailable') return false;
      }
      await new Promise((resolve) => setTimeout(resolve, TAKEN_MS));
    }
    return false;
  }

  private whenReady(batch: BatchAccess, timeoutMs: number, signal: AbortSignal): Promise<BatchRecord> {
    const enough = ({ counts, status }: BatchRecord): boolean => counts.ready > 0 || status === 'complete';
    const wakes = ({ ready, over }: BatchNotice): boolean => ready > 0 || over;
    return this.watch.until(batch.id, enough, { timeoutMs, signal, wakes });
  }

  private isOver(gone: AbortSignal): boolean {
    return gone.aborted || this.context.stopping.aborted;
  }

  /** 204, and whether to come again. */
  private async sendNone(reply: FastifyReply, status: BatchState): Promise<void> {
    await reply
      .code(204)
      .headers({ 'X-Batch-Status': status, 'Cache-Control': 'no-store' })
      .headers(status === 'complete' ? {} : { 'Retry-After': 1 })
      .send();
  }

  private async failures({ id, secrets }: BatchAccess): Promise<BatchFailure[]> {
    const { batches } = this.context.broker;
    const failures: BatchFailure[] = [];
    for (let version = 0; ;) {
      const page = await batches.members(id, 'lost', { version, most: FAILURES_AT_A_TIME });
      failures.push(...page.map((member) => presentFailure(member, secrets, this.context.settings.REGION)));
      const last = page.at(-1);
      if (last === undefined) return failures;
      version = last.version;
    }
  }
}
