import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { JobRecord } from '#broker/job.record.js';
import { jobLinks, type JobAccepted } from '#contracts/job.view.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { tokenText } from '#vault/job.token.js';
import { presentId, presentJob, presentPlace, timeText } from '../delivery/job.presenter.js';
import { Pulse } from '../delivery/pulse.js';
import { ResultDelivery } from '../delivery/result.delivery.js';
import type { AnswerSink } from '../delivery/result.response.js';

/** The answers that calls on jobs have in common. */
@Injectable()
export class JobAnswers {
  constructor(
    private readonly pulse: Pulse,
    private readonly delivery: ResultDelivery,
  ) {}

  /** The body that tells a submitter the token of the job. */
  async accepted(record: JobRecord, token: Buffer): Promise<JobAccepted> {
    const place = await this.pulse.placeOf(record);
    return {
      id: presentId(record),
      token: tokenText(token),
      status: record.state,
      ...presentPlace(place, 'queue_position'),
      expires_at: timeText(record.deadlineAt),
      links: jobLinks(presentId(record)),
    };
  }

  /** 202: the job stands in the queue. */
  async sendAccepted(reply: FastifyReply, record: JobRecord, token: Buffer): Promise<void> {
    const body = await this.accepted(record, token);
    await reply
      .code(202)
      .headers({ Location: body.links.self, ...retryAfter(body.eta_ms), 'Cache-Control': 'no-store' })
      .send(body);
  }

  /** The job's status, with when to ask again. */
  async sendStatus(reply: FastifyReply, record: JobRecord, code: 200 | 202): Promise<void> {
    const view = presentJob(record, await this.pulse.placeOf(record));
    await reply
      .code(code)
      .headers({ ...retryAfter(view.eta_ms), 'Cache-Control': 'no-store' })
      .send(view);
  }

  /**
   * 200 with the image, which is purged when the last byte has been written. False when the connection broke.
   * @throws Problem when the result cannot be had and nothing has been sent
   */
  async sendResult(record: JobRecord, token: Buffer, sink: AnswerSink): Promise<boolean> {
    try {
      await this.delivery.deliver(record, token, sink);
      return true;
    } catch (error) {
      if (!sink.abort() && error instanceof Problem) throw error;
      return false;
    }
  }
}

/** When to ask again; a second at least. */
export const retryAfter = (etaMs: number | undefined): { 'Retry-After': number } => ({
  'Retry-After': Math.max(1, Math.ceil((etaMs ?? 1000) / 1000)),
});
