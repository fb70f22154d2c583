import type { JobId } from '#contracts/job-id.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { Tenant } from '#contracts/tenant.js';
import { inputKey } from '../redis/redis-keys.js';
import type { JobPurge } from './job-purge.js';
import type { JobStore } from './job.store.js';
import { UPLOAD_MARGIN_MS, UPLOAD_RENEWAL_MS, type Lifetimes } from '../records/lifetimes.js';
import type { PayloadLocation, PayloadShards } from '../payload/payload-shards.js';
import { PayloadClosedError } from '../payload/payload.store.js';
import { throughOutage } from '../redis/redis-errors.js';
import type { ShardAllocation } from '../records/shard-incarnation.js';

/** Memory is reserved in steps of this size, ahead of the bytes. An announced size alone reserves little. */
export const RESERVATION_STEP_BYTES = 2 * 1_048_576;

/** Parts of the broker that an upload uses. */
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
  /** Maximum size of the upload. There must be room for it when it starts. */
  maxBytes: number;
}

/**
 * One upload, from the record of its job to the last chunk. It renews the job's lease, reserves memory as bytes arrive, and
 * writes the chunks in order. Ended by `finish` or `abandon`.
 */
export class UploadSession {
  private chunks = 0;
  private storedBytes = 0;
  private reservedBytes: number;
  private assigned: ShardAllocation | undefined;
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
   * @throws Problem `tenant-limit` | `capacity-exhausted` | `broker-unavailable`; nothing is stored then
   */
  static async start(parts: UploadParts, id: JobId, job: NewUpload): Promise<UploadSession> {
    const session = new UploadSession(parts, id, job);
    try {
      await session.accept();
    } catch (error) {
      // A Redis that answers too late may still create the record. This ends it, also after an outage.
      void session.abandon();
      throw error;
    }
    return session;
  }

  /** The shard of its payload; undefined without payload servers. */
  get shard(): ShardAllocation | undefined {
    return this.assigned;
  }

  /**
   * Stores the next chunk, `plainBytes` of the upload, once memory is reserved. `seal` encrypts it meanwhile.
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
      await this.parts.payloads.of(this.location).write(inputKey(this.id), index, box);
    } catch (error) {
      throw error instanceof PayloadClosedError ? new Problem('request-timeout') : error;
    }
    this.storedBytes += plainBytes;
  }

  /** Ends the session of a complete upload. */
  finish(): void {
    clearInterval(this.timer);
  }

  /** Ends the session of a failed upload and deletes what it stored. Never rejects. */
  async abandon(): Promise<void> {
    this.finish();
    await this.opened.catch(() => undefined);
    await throughOutage(() => this.parts.purge.uploadFailed(this.id, this.location));
  }

  private get location(): PayloadLocation {
    return { incarnation: this.assigned?.incarnation };
  }

  private async accept(): Promise<void> {
    const { jobs, payloads, lifetimes } = this.parts;
    const { maxBytes, ...job } = this.job;
    const allocations = payloads.allocations(this.id);
    const reserve = { reserveBytes: this.reservedBytes, roomForBytes: maxBytes };
    this.assigned = await jobs.accept(this.id, { ...job, ...reserve, allocations });
    const lastsMs = lifetimes.uploadMs + UPLOAD_MARGIN_MS;
    this.opened = this.open(lastsMs);
    this.opened.catch(() => undefined);
    const until = Date.now() + lastsMs;
    this.timer = setInterval(() => {
      if (Date.now() > until) this.finish();
      else void jobs.progress(this.id).catch(() => undefined);
    }, UPLOAD_RENEWAL_MS).unref();
  }

  /** Checks the job after opening the key: a job that ended before does not delete it. */
  private async open(lastsMs: number): Promise<void> {
    await this.parts.payloads.of(this.location).open(inputKey(this.id), lastsMs);
    if (!(await this.parts.jobs.progress(this.id))) throw new Problem('request-timeout');
  }

  private async reserve(bytes: number): Promise<void> {
    if (bytes <= this.reservedBytes) return;
    const next = Math.max(bytes, Math.min(this.job.maxBytes, bytes + RESERVATION_STEP_BYTES));
    const reserve = { bytes: next, tenant: this.job.tenant, shard: this.assigned };
    if (!(await this.parts.jobs.progress(this.id, reserve))) throw new Problem('request-timeout');
    this.reservedBytes = next;
  }
}
