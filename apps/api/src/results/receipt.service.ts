import { Inject, Injectable } from '@nestjs/common';
import type { JobRecord } from '#broker/records/job-record.js';
import { promisedSeconds } from '#broker/records/lifetimes.js';
import type { JobId } from '#contracts/job-id.js';
import { isTerminal } from '#contracts/job-states.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { ReceiptClaims } from '#contracts/receipt-claims.js';
import { SETTINGS, BROKER } from '../core/providers.js';
import { publicIdOf, timeText } from './job.mapper.js';
import { LongPoll } from '../long-poll/long-poll.service.js';
import type { Settings } from '#config/settings.schema.js';
import type { Broker } from '#broker/broker.js';
import { ReceiptSigner } from '#crypto/receipt-signer.js';

/** Issuer when `PUBLIC_URL` is not set. */
const DEFAULT_ISSUER = 'removebg-bd';

/** A purge takes a few milliseconds. One that takes longer was interrupted. */
const PURGE_MS = 1000;

/** A signed receipt, and the time of the purge. */
export interface Receipt {
  receipt: string;
  purgedAt: number;
}

/** Signs deletion receipts from tombstones, never before the purge is complete. */
@Injectable()
export class ReceiptService {
  private readonly issuer: string;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    @Inject(BROKER) private readonly broker: Broker,
    private readonly receipts: ReceiptSigner,
    private readonly longPoll: LongPoll,
  ) {
    this.issuer = settings.PUBLIC_URL ?? DEFAULT_ISSUER;
  }

  /**
   * The record once its purge is recorded. Waits for a job that is ending, and completes a purge that was interrupted.
   * Returns the current record after `waitMs` if the job has not ended, or if its payload is unreachable.
   * @throws Problem `job-not-found`, `queue-lost`, `broker-unavailable`
   */
  async whenPurged(id: JobId, signal: AbortSignal, waitMs = 0): Promise<JobRecord> {
    const isOver = ({ state, purgedAt }: JobRecord): boolean =>
      purgedAt !== undefined || (waitMs === 0 && state !== 'delivering' && !isTerminal(state));
    const limits = { timeoutMs: Math.max(PURGE_MS, waitMs), signal };
    const record = await this.longPoll.waitForJob(id, isOver, limits);
    if (!isTerminal(record.state) || record.purgedAt !== undefined) return record;
    const { jobs, purge } = this.broker;
    await purge.completed(id);
    return (await jobs.read(id)) ?? record;
  }

  /** The receipt of a purged job. @throws Problem `not-purged` */
  async issue(record: JobRecord): Promise<Receipt> {
    const claims = receiptClaims(record, this.issuer, Date.now());
    return { receipt: await this.receipts.sign(claims), purgedAt: Date.parse(claims.purged_at) };
  }
}

/** Claims of a receipt. All times except that of the signature are from the clock of the broker. @throws Problem `not-purged` */
export function receiptClaims(record: JobRecord, iss: string, nowMs: number): ReceiptClaims {
  const { state, endedAt, purgedAt } = record;
  if (!isTerminal(state) || endedAt === undefined || purgedAt === undefined) throw new Problem('not-purged');
  return {
    iss,
    jti: publicIdOf(record),
    ...(record.region !== undefined && { region: record.region }),
    state,
    input_bytes: record.inputBytes,
    output_bytes: record.outputBytes,
    accepted_at: timeText(record.acceptedAt),
    ended_at: timeText(endedAt),
    purged_at: timeText(purgedAt),
    keys_removed: record.keysRemoved,
    ...promisedSeconds(record.promises),
    iat: Math.floor(nowMs / 1000),
  };
}
