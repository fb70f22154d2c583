import type { JobId } from '#contracts/job-id.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { Tenant } from '#contracts/tenant.js';
import { inputKey } from '../redis/redis-keys.js';
import type { JobPurge } from './job-purge.js';
import type { JobStore } from './job.store.js';
import { UPLOAD_MARGIN_MS, UPLOAD_RENEWAL_MS, type Lifetimes } from '../records/lifetimes.js';
import type { PayloadShards } from '../payload/payload-shards.js';
import { PayloadClosedError } from '../payload/payload.store.js';
import { throughOutage } from '../redis/redis-errors.js';
import type { ShardAllocation } from '../records/shard-incarnation.js';

/** Memory is reserved in such steps, ahead of the bytes: an upload that only announces much holds little. */
export const RESERVATION_STEP_BYTES = 2 * 1_048_576;

/** What an upload works with. */
export interface UploadParts {
  jobs: JobStore;
  purge: JobPurge;
  payloads: PayloadShards;
  lifetimes: Lifetimes;
}

/** A new job. */
export interface NewUpload {
  wrappedKeys: string;
  tenant: Tenant;
  region?: string | undefined;
  /** Most bytes that it can bring: there must be room for them now. */
  maxBytes: number;
}

/**
 * One upload, from the record of its job to the last chunk. While it runs it keeps the job's record alive, reserves memory
 * as bytes come, and writes chunks one after the other. Ended by `finish` or `abandon`.
 */
export class UploadSession {
  private chunks = 0;
  private storedBytes = 0;
  private reservedBytes: number;
  private allocation: ShardAllocation | undefined;
  private opened: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly parts: UploadParts,
    private readonly id: JobId,
    private readonly job: NewUpload,
  ) {
    this.reservedBytes = Math.min(job.maxBytes, RESERVATION_STEP_BYTES);
  }

  /**
   * Reserves the first step and opens the job's record.
   * @throws Problem `tenant-limit` | `capacity-exhausted` | `broker-unavailable`; nothing is left then
   */
  static async start(parts: UploadParts, id: JobId, job: NewUpload): Promise<UploadSession> {
    const session = new UploadSession(parts, id, job);
    try {
      await session.accept();
    } catch (error) {
      // A Redis that answered too late may still open the record: what follows ends it, also after an outage.
      void session.abandon();
      throw error;
    }
    return session;
  }

  /** Shard that its payload goes to, and how much there may be; undefined where there are none. */
  get seat(): ShardAllocation | undefined {
    return this.allocation;
  }

  /**
   * Stores the next chunk, `plainBytes` of the upload, once there is memory for it. `seal` is called meanwhile.
   * @throws Problem `tenant-limit` | `capacity-exhausted` when there is none
   * @throws Problem `request-timeout` when the job has ended, `queue-lost` | `broker-unavailable`
   */
  async write(plainBytes: number, seal: (index: number) => Buffer): Promise<void> {
    const reserved = this.reserve(this.storedBytes + plainBytes);
    reserved.catch(() => undefined);
    const index = this.chunks++;
    const box = seal(index);
    await Promise.all([reserved, this.opened]);
    try {
      await this.parts.payloads.of(this.place).write(inputKey(this.id), index, box);
    } catch (error) {
      throw error instanceof PayloadClosedError ? new Problem('request-timeout') : error;
    }
    this.storedBytes += plainBytes;
  }

  /** The upload is complete: its job is about to be queued, or has been. */
  finish(): void {
    clearInterval(this.timer);
  }

  /** The upload came to nothing: nothing of it is left. Never rejects. */
  async abandon(): Promise<void> {
    this.finish();
    await this.opened.catch(() => undefined);
    await throughOutage(() => this.parts.purge.uploadFailed(this.id, this.place));
  }

  private get place(): { seat: string | undefined } {
    return { seat: this.allocation?.seat };
  }

  private async accept(): Promise<void> {
    const { jobs, payloads, lifetimes } = this.parts;
    const { maxBytes, ...job } = this.job;
    const offers = payloads.offers(this.id);
    const reserve = { reserveBytes: this.reservedBytes, roomForBytes: maxBytes };
    this.allocation = await jobs.accept(this.id, { ...job, ...reserve, offers });
    const lastsMs = lifetimes.uploadMs + UPLOAD_MARGIN_MS;
    this.opened = this.open(lastsMs);
    this.opened.catch(() => undefined);
    const until = Date.now() + lastsMs;
    this.timer = setInterval(() => {
      if (Date.now() > until) this.finish();
      else void jobs.progress(this.id).catch(() => undefined);
    }, UPLOAD_RENEWAL_MS).unref();
  }

  /** A job that ended before its key was open would not take the key along. */
  private async open(lastsMs: number): Promise<void> {
    await this.parts.payloads.of(this.place).open(inputKey(this.id), lastsMs);
    if (!(await this.parts.jobs.progress(this.id))) throw new Problem('request-timeout');
  }

  private async reserve(bytes: number): Promise<void> {
    if (bytes <= this.reservedBytes) return;
    const next = Math.max(bytes, Math.min(this.job.maxBytes, bytes + RESERVATION_STEP_BYTES));
    const reserve = { bytes: next, tenant: this.job.tenant, seat: this.allocation };
    if (!(await this.parts.jobs.progress(this.id, reserve))) throw new Problem('request-timeout');
    this.reservedBytes = next;
  }
}
