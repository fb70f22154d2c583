import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { outputKey } from '#broker/redis/redis-keys.js';
import { isUnreachable, retryWhileUnreachable } from '#broker/redis/redis-errors.js';
import type { JobRecord, OutputFacts } from '#broker/records/job-record.js';
import { LEASE_MS, RETRY_GRACE_MS } from '#broker/records/lifetimes.js';
import { isTerminal } from '#contracts/job-states.js';
import type { DeliveryWay } from '#telemetry/metric-labels.js';
import { Problem } from '#contracts/problem-catalog.js';
import { openChunk } from '#crypto/chunk-cipher.js';
import { deriveSecrets } from '#crypto/job-token.js';
import { wipe } from '#crypto/wipe.js';
import { BROKER } from '../core/providers.js';
import { problemOfTerminalState } from './job.mapper.js';
import type { Broker } from '#broker/broker.js';
import { Log } from '#telemetry/log.js';
import { ApiTelemetry } from '../observability/api-telemetry.js';

const RETRY_MS = 250;

/** How long reads are retried while the payload is unreachable. Before the first chunk, the client can still get a 503. */
const FIRST_READ_TIMEOUT_MS = 5000;
const READ_TIMEOUT_MS = 20_000;

/** Up to this many concurrent deliveries read their next chunk while the previous one is being written. */
const MAX_READING_AHEAD = 32;

/** Writes a result chunk by chunk. Each call resolves when the kernel has the bytes. */
export interface ResultWriter {
  /** How the result is delivered, for the metrics. */
  readonly way: DeliveryWay;
  /** Sends the head, once the first chunk has been read. */
  start(output: OutputFacts): void;
  write(plain: Buffer, index: number): Promise<void>;
  /** Resolves when everything has been handed to the kernel; rejects when the client has disconnected. */
  finish(): Promise<void>;
}

/** The client's connection closed before the last byte. */
export class ClientDisconnectedError extends Error {
  override readonly name = 'ClientDisconnectedError';
}

/**
 * Delivers a finished result to one reader at a time. When the last byte has been written, the job is purged. When the
 * connection closes first, the result returns to `ready`, a bounded number of times; deliveries that failed because the
 * broker was unreachable do not count.
 */
@Injectable()
export class ResultDelivery {
  private sending = 0;

  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly log: Log,
    private readonly telemetry: ApiTelemetry,
  ) {}

  /**
   * Leases, decrypts, writes and purges. Nothing is sent before the first chunk has been read and opened.
   * @throws Problem `result-busy` while another reader has it, or why there is no result any more
   * @throws Problem `broker-unavailable` when its bytes are unreachable; the result has been released
   * @throws ClientDisconnectedError when the connection closed; the result has been released
   */
  async deliver(record: JobRecord, token: Buffer, writer: ResultWriter): Promise<void> {
    const lease = randomBytes(12).toString('base64url');
    const { jobs, payloads } = this.broker;
    // Throws when the shard is unreachable: such an attempt must not use up one of the deliveries.
    payloads.of(record);
    const leased = await repeatWhileUnreachable(() => jobs.lease(record.id, lease), FIRST_READ_TIMEOUT_MS);
    if (leased?.output === undefined) throw await this.refusal(record);
    const renewal = this.keepLease(leased, lease);
    const span = this.telemetry.startDelivery(leased, writer.way);
    try {
      try {
        await this.send(leased, leased.output, { token, writer, lost: renewal.lost });
        await writer.finish();
        span.written();
      } catch (error) {
        span.broken();
        // During an outage, the client gets its response without waiting for the release.
        await Promise.race([this.release(leased, lease, error), pause(RETRY_MS)]);
        throw error;
      }
      // The lease is kept until the purge, so that no other reader gets the delivered result.
      if (await this.settle(record, lease)) span.purged();
      else span.unsettled();
    } finally {
      renewal.stop();
    }
  }

  /** Purges the delivered job, and retries through a short outage of Redis. False when the outage lasted too long. */
  private async settle({ id }: JobRecord, lease: string): Promise<boolean> {
    try {
      await repeatWhileUnreachable(() => this.broker.purge.delivered(id, lease), LEASE_MS);
      return true;
    } catch {
      this.log.warn('trouble', { with: 'settle' });
      return false;
    }
  }

  private async send(
    record: JobRecord,
    output: OutputFacts,
    to: { token: Buffer; writer: ResultWriter; lost: AbortSignal },
  ): Promise<void> {
    const { writer, lost } = to;
    const { id } = record;
    const secrets = deriveSecrets(to.token);
    let next = this.read(record, output, { index: 0, lost });
    let written: Promise<void> = Promise.resolve();
    this.sending += 1;
    try {
      for (let index = 0; index < output.chunks; index++) {
        const box = await next;
        const last = index === output.chunks - 1;
        const plain = openChunk(secrets.outputKey, { id, role: 'output' }, { index, last }, box);
        try {
          if (index === 0) writer.start(output);
          await written;
        } catch (error) {
          wipe(plain);
          throw error;
        }
        // The next chunk is read while this one is written, unless too many chunks would be in memory.
        written = writer.write(plain, index).finally(() => wipe(plain));
        written.catch(() => undefined);
        if (this.sending > MAX_READING_AHEAD) await written;
        if (!last) next = this.read(record, output, { index: index + 1, lost });
        next.catch(() => undefined);
      }
      await written;
    } finally {
      this.sending -= 1;
      wipe(secrets.outputKey);
    }
  }

  /**
   * Reads one chunk, and retries through a short outage.
   * @throws Problem `broker-unavailable` after a longer outage; `queue-lost` when the chunk no longer exists
   * @throws Problem why there is no result any more, when the lease was lost during the delivery
   */
  private async read(
    record: JobRecord,
    { attempt }: OutputFacts,
    { index, lost }: { index: number; lost: AbortSignal },
  ): Promise<Buffer> {
    const { payloads } = this.broker;
    const read = async (): Promise<Buffer> => {
      if (lost.aborted) throw await this.refusal(record);
      const box = await payloads.of(record).read(outputKey(record.id, attempt), index);
      if (box !== undefined) return box;
      // Throws when the server has restarted or is unreachable.
      payloads.of(record);
      throw new Problem('queue-lost');
    };
    return repeatWhileUnreachable(read, index === 0 ? FIRST_READ_TIMEOUT_MS : READ_TIMEOUT_MS);
  }

  /** Renews the lease while the client reads. `lost` is aborted when the job ended during the delivery. */
  private keepLease(
    { id, output, incarnation }: JobRecord,
    lease: string,
  ): { lost: AbortSignal; stop: () => void } {
    const { jobs, payloads } = this.broker;
    const lost = new AbortController();
    const renew = async (): Promise<void> => {
      if (!(await jobs.renew(id, lease))) lost.abort();
      else
        await payloads
          .of({ incarnation })
          .prolong(outputKey(id, output?.attempt ?? 0), LEASE_MS + RETRY_GRACE_MS);
    };
    void renew().catch(() => undefined);
    const timer = setInterval(() => void renew().catch(() => undefined), LEASE_MS / 3);
    return { lost: lost.signal, stop: () => clearInterval(timer) };
  }

  /** Returns the result to `ready`. A failure of the client counts as a delivery. A lost result is purged. */
  private async release({ id, deliveries }: JobRecord, lease: string, error: unknown): Promise<void> {
    const { jobs, purge, lifetimes } = this.broker;
    const counts = !isUnreachable(error);
    const isLost = error instanceof Problem && error.code === 'queue-lost';
    const again = !counts || deliveries < lifetimes.maxDeliveries;
    const step = async (): Promise<unknown> => {
      if (isLost) return purge.markLost(id);
      return again ? jobs.release(id, lease, { counts }) : purge.expired(id, lease);
    };
    await repeatWhileUnreachable(step, LEASE_MS).catch(() => undefined);
  }

  private async refusal({ id }: JobRecord): Promise<Problem> {
    const now = await this.broker.jobs.read(id);
    if (now === undefined) return new Problem('queue-lost');
    return isTerminal(now.state)
      ? problemOfTerminalState(now, now.state)
      : new Problem('result-busy', { retryAfterS: 1 });
  }
}

/** Retries an idempotent step while the broker is unreachable, up to `timeoutMs`. @throws what the last attempt threw */
const repeatWhileUnreachable = <T>(step: () => Promise<T>, timeoutMs: number): Promise<T> =>
  retryWhileUnreachable(step, { timeoutMs, pauseMs: RETRY_MS });

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
