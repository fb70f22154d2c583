import { Injectable } from '@nestjs/common';
import type { JobRecord } from '#broker/job.record.js';
import { isTerminal } from '#contracts/job.states.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { problemOfTerminalState } from '../results/job.mapper.js';
import { LongPoll, type WaitLimits } from '../long-poll/long-poll.service.js';
import type { AbortableResultWriter } from '../results/http-result-writer.js';
import { UploadService, type Accepted } from '../uploads/upload.service.js';
import { JobResponder } from './job-responder.js';

/**
 * Results in the response to the submission (`Prefer: wait`). Until that response nobody else knows the job's token: when
 * the client disconnects and cannot repeat its request, the job is cancelled.
 */
@Injectable()
export class SynchronousResults {
  constructor(
    private readonly uploads: UploadService,
    private readonly longPoll: LongPoll,
    private readonly responder: JobResponder,
  ) {}

  /** Longest wait a client may ask for, in seconds. */
  get maxWaitS(): number {
    return this.longPoll.maxWaitS;
  }

  /**
   * Waits for the result and delivers it. Undefined once that is done or the client has disconnected. The present record
   * when the wait ended before the job, or, in the state `ready`, when the result cannot be read now.
   * @throws Problem why there is no result, while nothing has been sent
   */
  async deliver(
    accepted: Accepted,
    writer: AbortableResultWriter,
    limits: Required<WaitLimits>,
  ): Promise<JobRecord | undefined> {
    const { id } = accepted.record;
    const done = ({ state }: JobRecord): boolean => state === 'ready' || isTerminal(state);
    const record = await this.longPoll.waitForJob(id, done, limits);
    if (!limits.signal.aborted) {
      if (isTerminal(record.state)) throw problemOfTerminalState(record, record.state);
      if (record.state !== 'ready') return record;
      try {
        if (await this.responder.sendResult(record, accepted.token, writer)) return undefined;
      } catch (error) {
        if (error instanceof Problem && error.code === 'broker-unavailable') return record;
        throw error;
      }
    }
    await this.withdraw(accepted);
    return undefined;
  }

  /** Cancels the job of a client that will not get its result. */
  async withdraw({ record, repeatable }: Accepted): Promise<void> {
    if (!repeatable) await this.uploads.withdraw(record.id);
  }
}
