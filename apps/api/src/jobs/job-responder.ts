import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { JobRecord } from '#broker/records/job-record.js';
import { isTerminal } from '#contracts/job-states.js';
import { jobLinks, type JobAccepted } from '#contracts/job-view.js';
import { Problem } from '#contracts/problem-catalog.js';
import { tokenText } from '#crypto/job-token.js';
import { FINAL_RETRY_AFTER_S, markFinal } from '../http/final-responses.js';
import { QueuePositions } from '../events/queue-positions.js';
import { LongPoll, type WaitLimits } from '../long-poll/long-poll.service.js';
import type { AbortableResultWriter } from '../results/http-result-writer.js';
import {
  problemOfTerminalState,
  publicIdOf,
  timeText,
  toJobResponse,
  toQueuePosition,
  toDeadlines,
} from '../results/job.mapper.js';
import { ResultDelivery } from '../results/result-delivery.service.js';
import { UploadService, type Accepted } from '../uploads/upload.service.js';

/** A job whose token its client does not have yet. */
export interface NewJob extends Pick<Accepted, 'record' | 'token'> {
  /** Names of ignored fields. */
  ignored?: readonly string[];
}

/** Responses that several operations on jobs share. */
@Injectable()
export class JobResponder {
  constructor(
    private readonly positions: QueuePositions,
    private readonly longPoll: LongPoll,
    private readonly delivery: ResultDelivery,
    private readonly uploads: UploadService,
  ) {}

  /** Body of 202: the job and its token. */
  async accepted({ record, token, ignored = [] }: NewJob): Promise<JobAccepted> {
    const position = await this.positions.of(record);
    return {
      id: publicIdOf(record),
      token: tokenText(token),
      status: record.state,
      ...toQueuePosition(position, 'queue_position'),
      ...toDeadlines(record),
      expires_at: timeText(record.deadlineAt),
      ...(ignored.length > 0 && { ignored: [...ignored] }),
      links: jobLinks(publicIdOf(record)),
    };
  }

  /** 202: the job is queued. */
  async sendAccepted(reply: FastifyReply, job: NewJob): Promise<void> {
    const body = await this.accepted(job);
    await reply
      .code(202)
      .headers({ Location: body.links.self, ...retryAfter(body.eta_ms) })
      .send(body);
  }

  /** The status of the job, with `Retry-After`. */
  async sendStatus(reply: FastifyReply, record: JobRecord, code: 200 | 202): Promise<void> {
    const view = toJobResponse(record, await this.positions.of(record));
    if (view.done) markFinal(reply);
    const again = view.done ? { 'Retry-After': FINAL_RETRY_AFTER_S } : retryAfter(view.eta_ms);
    await reply
      .code(code)
      .headers({ ...again })
      .send(view);
  }

  /**
   * 200 with the result. The job is purged when the last byte has been written. False when the client disconnected.
   * @throws Problem why there is no result, while nothing has been sent
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

  /**
   * Waits for the result and sends it in the response to the submission (`Prefer: wait`, compatible endpoints). Returns
   * undefined when the result has been sent or the client has disconnected; otherwise the record: the wait ended before the
   * job, or, in the state `ready`, the result cannot be read now. A client that disconnects before it has received the token
   * cannot fetch the result later, so its job is cancelled unless its request is repeatable.
   * @param checkResult throws why the endpoint does not deliver a finished result
   * @throws Problem why there is no result, while nothing has been sent
   */
  async sendResultWhenReady(
    accepted: Accepted,
    writer: AbortableResultWriter,
    limits: Required<WaitLimits>,
    checkResult?: (record: JobRecord) => void,
  ): Promise<JobRecord | undefined> {
    const { id } = accepted.record;
    const isDone = ({ state }: JobRecord): boolean => state === 'ready' || isTerminal(state);
    const record = await this.longPoll.waitForJob(id, isDone, limits);
    if (!limits.signal.aborted) {
      if (isTerminal(record.state)) throw problemOfTerminalState(record, record.state);
      if (record.state !== 'ready') return record;
      checkResult?.(record);
      try {
        if (await this.sendResult(record, accepted.token, writer)) return undefined;
      } catch (error) {
        if (error instanceof Problem && error.code === 'broker-unavailable') return record;
        throw error;
      }
    }
    await this.withdraw(accepted);
    return undefined;
  }

  /** Cancels the job of a client that cannot get its result. */
  async withdraw({ record, repeatable }: Accepted): Promise<void> {
    if (!repeatable) await this.uploads.withdraw(record.id);
  }
}

/** Sets the headers of all responses to an upload: whether it was repeated, and the names of ignored fields. */
export function setUploadHeaders(
  reply: FastifyReply,
  { replayed, ignored }: Pick<Accepted, 'replayed' | 'ignored'>,
): void {
  if (replayed) void reply.header('Idempotent-Replayed', 'true');
  if (ignored.length > 0) void reply.header('X-Ignored-Fields', ignored.join(', '));
}

/** `Retry-After`: the ETA, at least one second. */
export const retryAfter = (etaMs: number | undefined): { 'Retry-After': number } => ({
  'Retry-After': Math.max(1, Math.ceil((etaMs ?? 1000) / 1000)),
});
