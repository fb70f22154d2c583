import { Injectable } from '@nestjs/common';
import type { JobRecord } from '#broker/job.record.js';
import type { JobId } from '#contracts/job.id.js';
import { ApiContext } from '../api.context.js';
import { RecordWaiter } from './record.waiter.js';
import type { WaitLimits } from './wait.js';

/** Long-polls for jobs. */
@Injectable()
export class JobWaiter {
  constructor(
    private readonly context: ApiContext,
    private readonly records: RecordWaiter,
  ) {}

  /** Longest wait a client may ask for, in seconds. */
  get maxWaitS(): number {
    return this.context.settings.MAX_WAIT_S;
  }

  /**
   * The record as soon as `enough` holds of it, else as it stands when the wait ends.
   * @throws Problem `job-not-found` | `queue-lost` | `broker-unavailable`, as `RecordWaiter.until`
   */
  until(id: JobId, enough: (record: JobRecord) => boolean, limits: Required<WaitLimits>): Promise<JobRecord> {
    const { jobs, watcher } = this.context.broker;
    return this.records.until(
      { watch: (ring) => watcher.watch(id, ring), read: () => jobs.read(id), unknown: 'job-not-found' },
      enough,
      limits,
    );
  }
}
