import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lifetimeAfter } from '#broker/lifetimes.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';
import { ApiContext } from '../api.context.js';
import type { AnswerSink } from '../delivery/result.response.js';
import { announcedBytes, maxUploadBytes } from '../http/fastify.adapter.js';
import { IntakeService, type Accepted } from '../intake/intake.service.js';
import type { UploadRead } from '../intake/upload.reader.js';
import { ResultWait } from '../jobs/result.wait.js';
import { ImageUrls } from './image.urls.js';

const COME_BACK_S = 1;

/** A request that names its image by an address has no more than this. */
const MOST_WITHOUT_IMAGE_BYTES = 131_072;

/** One call that takes an image and answers with the result. */
export interface WholeCall {
  /** By default as on the service's own calls. */
  read?: UploadRead;
  sink: AnswerSink;
  /** Aborted when the client has gone. */
  gone: AbortSignal;
  /** Called when the image has been taken in. */
  onAccepted?: () => void;
}

/**
 * Calls that have no job: an image in, the result in the same answer. They stand in the same queue as all others, for as
 * long as a job lives; a client that leaves takes its job with it.
 */
@Injectable()
export class WholeAnswer {
  private readonly longestMs: number;

  constructor(
    private readonly context: ApiContext,
    private readonly intake: IntakeService,
    private readonly results: ResultWait,
    private readonly urls: ImageUrls,
  ) {
    const { lifetimes } = context.broker;
    this.longestMs = lifetimeAfter('enqueue', lifetimes) + lifetimeAfter('claim', lifetimes);
  }

  /** @throws Problem why there is no result, while nothing has been sent */
  async give(request: FastifyRequest, reply: FastifyReply, call: WholeCall): Promise<void> {
    const { read, sink, gone } = call;
    const way = read === undefined ? {} : { read, mostBytes: this.mostBytes(request) };
    const accepted = await this.intake.accept(request, reply, way);
    try {
      if (accepted.replayed) void reply.header('Idempotent-Replayed', 'true');
      call.onAccepted?.();
      await this.deliver(accepted, sink, gone);
    } catch (error) {
      // Nobody was told of the job: nobody can come back for it.
      await this.results.withdraw(accepted);
      throw error;
    } finally {
      wipe(accepted.token);
    }
  }

  private async deliver(accepted: Accepted, sink: AnswerSink, gone: AbortSignal): Promise<void> {
    const limits = { timeoutMs: this.longestMs, signal: gone };
    const unfinished = await this.results.deliver(accepted, sink, limits);
    if (unfinished === undefined) return;
    if (this.context.stopping.aborted) throw new Problem('shutting-down', { retryAfterS: COME_BACK_S });
    throw new Problem('deadline-exceeded');
  }

  /** Where images are fetched, a short request may bring a long one. */
  private mostBytes(request: FastifyRequest): number | undefined {
    const announced = announcedBytes(request);
    if (!this.urls.isOn || announced > MOST_WITHOUT_IMAGE_BYTES) return undefined;
    return maxUploadBytes(this.context.settings);
  }
}
