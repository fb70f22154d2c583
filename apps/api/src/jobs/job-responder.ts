import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { JobRecord } from '#broker/job.record.js';
import { jobLinks, type JobAccepted } from '#contracts/job.view.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { tokenText } from '#vault/job.token.js';
import { publicIdOf, toJobResponse, toQueuePosition, timeText } from '../results/job.mapper.js';
import { QueuePositions } from '../events/queue-positions.js';
import { ResultDelivery } from '../results/result-delivery.service.js';
import type { AbortableResultWriter } from '../results/http-result-writer.js';

/** Responses that several operations on jobs share. */
@Injectable()
export class JobResponder {
  constructor(
    private readonly positions: QueuePositions,
    private readonly delivery: ResultDelivery,
  ) {}

  /** Body of 202: the job and its token. */
  async accepted(record: JobRecord, token: Buffer): Promise<JobAccepted> {
    const position = await this.positions.of(record);
    return {
      id: publicIdOf(record),
      token: tokenText(token),
      status: record.state,
      ...toQueuePosition(position, 'queue_position'),
      expires_at: timeText(record.deadlineAt),
      links: jobLinks(publicIdOf(record)),
    };
  }

  /** 202: the job is queued. */
  async sendAccepted(reply: FastifyReply, record: JobRecord, token: Buffer): Promise<void> {
    const body = await this.accepted(record, token);
    await reply
      .code(202)
      .headers({ Location: body.links.self, ...retryAfter(body.eta_ms), 'Cache-Control': 'no-store' })
      .send(body);
  }

  /** The job's status, with when to ask again. */
  async sendStatus(reply: FastifyReply, record: JobRecord, code: 200 | 202): Promise<void> {
    const view = toJobResponse(record, await this.positions.of(record));
    await reply
      .code(code)
      .headers({ ...retryAfter(view.eta_ms), 'Cache-Control': 'no-store' })
      .send(view);
  }

  /**
   * 200 with the image, which is purged when the last byte has been written. False when the connection broke.
   * @throws Problem when the result cannot be had and nothing has been sent
   */
  async sendResult(record: JobRecord, token: Buffer, writer: AbortableResultWriter): Promise<boolean> {
    try {
      await this.delivery.deliver(record, token, writer);
      return true;
    } catch (error) {
      if (!writer.abort() && error instanceof Problem) throw error;
      return false;
    }
  }
}

/** When to ask again; a second at least. */
export const retryAfter = (etaMs: number | undefined): { 'Retry-After': number } => ({
  'Retry-After': Math.max(1, Math.ceil((etaMs ?? 1000) / 1000)),
});
