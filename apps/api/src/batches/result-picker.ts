import { Inject, Injectable } from '@nestjs/common';
import type { BatchMember } from '#broker/batches/batch.store.js';
import type { JobRecord } from '#broker/records/job-record.js';
import { Problem } from '#contracts/problem-catalog.js';
import { wipe } from '#crypto/wipe.js';
import { BROKER } from '../core/providers.js';
import { ResultDelivery, type ResultWriter } from '../results/result-delivery.service.js';
import type { BatchAccess } from '../auth/token-guards.js';
import type { Broker } from '#broker/broker.js';

/** Results read at a time. Other readers may have leased some of them. */
const CANDIDATES = 16;

/** A result that can be delivered. */
export interface Candidate {
  customId: string;
  record: JobRecord;
}

/** Destination of the next result. */
export interface Target {
  writer: ResultWriter;
  /** Part of the result has been sent: an error can no longer be reported. */
  hasStarted: () => boolean;
}

/** Delivers the finished results of a batch, each to one reader. */
@Injectable()
export class ResultPicker {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly delivery: ResultDelivery,
  ) {}

  /**
   * Delivers the result that was finished first, and purges it. False when there is none.
   * @throws ClientDisconnectedError | Problem when the delivery failed; the result has been released
   */
  async deliverNext(
    { id, secrets }: BatchAccess,
    target: (candidate: Candidate) => Target,
  ): Promise<boolean> {
    const { batches } = this.broker;
    for (const member of await batches.members(id, 'ready', { version: 0, limit: CANDIDATES })) {
      const { customId, token } = secrets.open(member.sealedEntry);
      try {
        if (await this.deliver(member, token, (record) => target({ customId, record }))) return true;
      } finally {
        wipe(token);
      }
    }
    return false;
  }

  /** False when another reader has the result, or it no longer exists. */
  private async deliver(
    { jobId }: BatchMember,
    token: Buffer,
    targetOf: (record: JobRecord) => Target,
  ): Promise<boolean> {
    const record = await this.broker.jobs.read(jobId);
    if (record?.state !== 'ready') return false;
    const target = targetOf(record);
    try {
      await this.delivery.deliver(record, token, target.writer);
      return true;
    } catch (error) {
      // A result on an unreachable shard must not block the others.
      const isUnavailable = error instanceof Problem && error.code === 'broker-unavailable';
      const isElsewhere = !isUnavailable || record.incarnation !== undefined;
      const isTaken = error instanceof Problem && isElsewhere && !target.hasStarted();
      if (isTaken) return false;
      throw error;
    }
  }
}
