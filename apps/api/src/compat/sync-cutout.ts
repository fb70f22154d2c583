import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JobRecord } from '#broker/records/job-record.js';
import { lifetimeAfter } from '#broker/records/lifetimes.js';
import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { BROKER, STOPPING } from '../core/providers.js';
import type { AbortableResultWriter } from '../results/http-result-writer.js';
import { UploadService, type Accepted } from '../uploads/upload.service.js';
import type { UploadSource } from '../uploads/upload-source.js';
import { JobResponder, setUploadHeaders } from '../jobs/job-responder.js';
import type { Broker } from '#broker/broker.js';

const RETRY_AFTER_S = 1;

/** A request that is answered with the result. */
export interface SyncCutoutCall {
  /** Reads the request; `nativeUpload` by default. */
  source?: UploadSource;
  writer: AbortableResultWriter;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
  /** Called when the job is queued. */
  onAccepted?: (accepted: Accepted) => void;
  /** Throws why the endpoint does not deliver a finished result. */
  checkResult?: (record: JobRecord) => void;
}

/**
 * Answers an upload with its result. The request waits for the job, which uses the same queue as all jobs, for as long as a
 * job lives. When the client disconnects, its job is cancelled.
 */
@Injectable()
export class SyncCutout {
  private readonly maxMs: number;

  constructor(
    @Inject(BROKER) broker: Broker,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
    private readonly uploads: UploadService,
    private readonly responder: JobResponder,
  ) {
    const { lifetimes } = broker;
    this.maxMs = lifetimeAfter('enqueue', lifetimes) + lifetimeAfter('claim', lifetimes);
  }

  /** @throws Problem why there is no result, while nothing has been sent */
  async respond(request: FastifyRequest, reply: FastifyReply, call: SyncCutoutCall): Promise<void> {
    const { source } = call;
    const accepted = await this.uploads.submit(request, source && { source });
    try {
      setUploadHeaders(reply, accepted);
      call.onAccepted?.(accepted);
      await this.deliver(accepted, call);
    } catch (error) {
      // The client does not have the job's token, so it cannot fetch the result later.
      await this.responder.withdraw(accepted);
      throw error;
    } finally {
      wipe(accepted.token);
    }
  }

  private async deliver(accepted: Accepted, { writer, signal, checkResult }: SyncCutoutCall): Promise<void> {
    const limits = { timeoutMs: this.maxMs, signal };
    const unfinished = await this.responder.sendResultWhenReady(accepted, writer, limits, checkResult);
    if (unfinished === undefined) return;
    if (unfinished.state === 'ready') throw new Problem('broker-unavailable', { retryAfterS: RETRY_AFTER_S });
    if (this.stopping.aborted) throw new Problem('shutting-down', { retryAfterS: RETRY_AFTER_S });
    throw new Problem('deadline-exceeded');
  }
}
