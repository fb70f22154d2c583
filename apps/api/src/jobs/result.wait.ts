import { Injectable } from '@nestjs/common';
import type { JobRecord } from '#broker/job.record.js';
import { isTerminal } from '#contracts/job.states.js';
import { problemOfEnd } from '../delivery/job.presenter.js';
import { JobWaiter } from '../delivery/job.waiter.js';
import type { AnswerSink } from '../delivery/result.response.js';
import type { WaitLimits } from '../delivery/wait.js';
import { IntakeService, type Accepted } from '../intake/intake.service.js';
import { JobAnswers } from './job.answers.js';

/**
 * The result of a job in the answer to its submission. Until that answer nobody else knows the job's token: a client
 * that leaves, and cannot come back by repeating its request, withdraws the job, and no work is done for nobody.
 */
@Injectable()
export class ResultWait {
  constructor(
    private readonly intake: IntakeService,
    private readonly waiter: JobWaiter,
    private readonly answers: JobAnswers,
  ) {}

  /** Longest wait a client may ask for, in seconds. */
  get maxWaitS(): number {
    return this.waiter.maxWaitS;
  }

  /**
   * Waits for the result and delivers it. Undefined once that is done or the client has gone; the record as it stands
   * when the wait ended before the job.
   * @throws Problem why there is no result, while nothing has been sent
   */
  async deliver(
    accepted: Accepted,
    sink: AnswerSink,
    limits: Required<WaitLimits>,
  ): Promise<JobRecord | undefined> {
    const { id } = accepted.record;
    const done = ({ state }: JobRecord): boolean => state === 'ready' || isTerminal(state);
    const record = await this.waiter.until(id, done, limits);
    if (!limits.signal.aborted) {
      if (isTerminal(record.state)) throw problemOfEnd(record, record.state);
      if (record.state !== 'ready') return record;
      if (await this.answers.sendResult(record, accepted.token, sink)) return undefined;
    }
    await this.withdraw(accepted);
    return undefined;
  }

  /** Gives up the job of a client that will not have its result. */
  async withdraw({ record, repeatable }: Accepted): Promise<void> {
    if (!repeatable) await this.intake.withdraw(record.id);
  }
}
