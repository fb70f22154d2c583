import { Injectable } from '@nestjs/common';
import type { BatchMember } from '#broker/batch.store.js';
import type { JobRecord } from '#broker/job.record.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { wipe } from '#vault/wipe.js';
import { ApiContext } from '../api.context.js';
import { ResultDelivery, type ResultSink } from '../delivery/result.delivery.js';
import type { BatchAccess } from './batch.access.js';

/** Results looked at in one go: some may be on their way to other readers. */
const CANDIDATES = 16;

/** A result that is there to be fetched. */
export interface Candidate {
  customId: string;
  record: JobRecord;
}

/** Where the next result goes. */
export interface Target {
  sink: ResultSink;
  /** Something of the result has been sent: it cannot be told any more that it failed. */
  begun: () => boolean;
}

/** Finds the next finished result of a batch and hands it out, each to one reader. */
@Injectable()
export class ResultPicker {
  constructor(
    private readonly context: ApiContext,
    private readonly delivery: ResultDelivery,
  ) {}

  /**
   * Delivers the result that was finished first, and purges it. False when there is none.
   * @throws ReaderGone | Problem when the delivery broke; the result has been given back
   */
  async deliverNext({ id, secrets }: BatchAccess, to: (candidate: Candidate) => Target): Promise<boolean> {
    const { batches } = this.context.broker;
    for (const member of await batches.members(id, 'ready', { version: 0, most: CANDIDATES })) {
      const { customId, token } = secrets.open(member.box);
      try {
        if (await this.deliver(member, token, (record) => to({ customId, record }))) return true;
      } finally {
        wipe(token);
      }
    }
    return false;
  }

  /** False when another reader was quicker, or the result has gone. */
  private async deliver(
    { jobId }: BatchMember,
    token: Buffer,
    to: (record: JobRecord) => Target,
  ): Promise<boolean> {
    const record = await this.context.broker.jobs.read(jobId);
    if (record?.state !== 'ready') return false;
    const target = to(record);
    try {
      await this.delivery.deliver(record, token, target.sink);
      return true;
    } catch (error) {
      // One whose shard is away must not hold up those of others.
      const isAway = error instanceof Problem && error.code === 'broker-unavailable';
      const isElsewhere = !isAway || record.seat !== undefined;
      const isTaken = error instanceof Problem && isElsewhere && !target.begun();
      if (isTaken) return false;
      throw error;
    }
  }
}
