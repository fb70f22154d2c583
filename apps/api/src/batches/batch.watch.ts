import { Injectable } from '@nestjs/common';
import type { BatchRecord } from '#broker/batch.store.js';
import type { BatchNotice } from '#broker/job.watcher.js';
import type { BatchId } from '#contracts/batch.id.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { ApiContext } from '../api.context.js';
import { RecordWaiter } from '../delivery/record.waiter.js';
import type { WaitLimits } from '../delivery/wait.js';

/** Long-polls for batches. */
@Injectable()
export class BatchWatch {
  constructor(
    private readonly context: ApiContext,
    private readonly records: RecordWaiter,
  ) {}

  /**
   * The record as soon as `enough` holds of it or it was cancelled, else as it stands when the wait ends. It is read
   * again only at notices that `wakes` holds of, by default all: a batch may change a hundred times a second.
   * @throws Problem `batch-not-found` | `batch-cancelled` | `queue-lost` | `broker-unavailable`
   */
  async until(
    id: BatchId,
    enough: (record: BatchRecord) => boolean,
    limits: Required<WaitLimits> & { wakes?: (notice: BatchNotice) => boolean },
  ): Promise<BatchRecord> {
    const { batches, watcher } = this.context.broker;
    const { wakes = (): boolean => true } = limits;
    const record = await this.records.until(
      {
        watch: (ring) =>
          watcher.watchBatch(id, (notice) => {
            if (notice === undefined || wakes(notice)) ring();
          }),
        read: () => batches.read(id),
        unknown: 'batch-not-found',
      },
      (now) => now.status === 'cancelled' || enough(now),
      limits,
    );
    if (record.status === 'cancelled') throw new Problem('batch-cancelled');
    return record;
  }

  /** The record as it stands. @throws Problem as `until` */
  read(id: BatchId): Promise<BatchRecord> {
    return this.until(id, () => true, { timeoutMs: 0, signal: NEVER });
  }
}

const NEVER = new AbortController().signal;
