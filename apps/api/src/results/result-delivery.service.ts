import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { outputKey } from '#broker/broker.keys.js';
import type { JobRecord, OutputFacts } from '#broker/job.record.js';
import { LEASE_MS, RETRY_GRACE_MS } from '#broker/lifetimes.js';
import { isTerminal } from '#contracts/job.states.js';
import type { DeliveryWay } from '#telemetry/metric.labels.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { openChunk } from '#vault/chunk.cipher.js';
import { deriveSecrets } from '#vault/job.token.js';
import { wipe } from '#vault/wipe.js';
import { BROKER } from '../core/providers.js';
import { problemOfTerminalState } from './job.mapper.js';
import type { Broker } from '#broker/broker.js';
import { Log } from '#telemetry/log.js';
import { ApiTelemetry } from '../observability/api-telemetry.js';

const SETTLE_RETRY_MS = 250;

/** Where a result goes, chunk by chunk. Each call resolves when the bytes are with the kernel. */
export interface ResultWriter {
  /** How the result goes out, for whoever counts. */
  readonly way: DeliveryWay;
  /** Announces the result, before the first chunk. */
  begin(output: OutputFacts): void;
  write(plain: Buffer, index: number): Promise<void>;
  /** Resolves when everything has been handed to the kernel; rejects when the client has gone. */
  finish(): Promise<void>;
}

/** The reader's connection broke before the last byte. */
export class ClientDisconnectedError extends Error {
  override readonly name = 'ClientDisconnectedError';
}

/**
 * Hands a finished result to one reader at a time. When the last byte has been written the job is purged; when
 * the connection breaks first, the result goes back to `ready`, a bounded number of times.
 */
@Injectable()
export class ResultDelivery {
  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly log: Log,
    private readonly telemetry: ApiTelemetry,
  ) {}

  /**
   * Leases, decrypts, writes and purges.
   * @throws Problem `result-busy` while another reader has it, or the reason for which it is gone
   * @throws ClientDisconnectedError when the connection broke; the result has been given back
   */
  async deliver(record: JobRecord, token: Buffer, sink: ResultWriter): Promise<void> {
    const lease = randomBytes(12).toString('base64url');
    const { jobs, payloads } = this.broker;
    // A result whose shard cannot be reached is not leased: the deliveries it has are not used up by trying.
    payloads.of(record);
    const leased = await jobs.lease(record.id, lease);
    if (leased?.output === undefined) throw await this.refusal(record);
    const renewal = this.keepLease(leased, lease);
    const trail = this.telemetry.delivering(leased, sink.way);
    try {
      sink.begin(leased.output);
      await this.send(leased, leased.output, { token, sink, lost: renewal.lost });
      await sink.finish();
      trail.written();
    } catch (error) {
      trail.broken();
      await this.giveBack(leased, lease);
      throw error;
    } finally {
      renewal.stop();
    }
    if (await this.settle(record, lease)) trail.purged();
    else trail.unsettled();
  }

  /** The image is with the client: purge it, through a short outage of Redis if need be. False when that was too long. */
  private async settle({ id }: JobRecord, lease: string): Promise<boolean> {
    for (const until = Date.now() + LEASE_MS; ;) {
      try {
        await this.broker.purge.delivered(id, lease);
        return true;
      } catch {
        if (Date.now() > until) {
          this.log.warn('trouble', { with: 'settle' });
          return false;
        }
        await new Promise((resolve) => setTimeout(resolve, SETTLE_RETRY_MS));
      }
    }
  }

  private async send(
    { id, seat }: JobRecord,
    output: OutputFacts,
    to: { token: Buffer; sink: ResultWriter; lost: AbortSignal },
  ): Promise<void> {
    const key = outputKey(id, output.attempt);
    const secrets = deriveSecrets(to.token);
    const payload = this.broker.payloads.of({ seat });
    let next = payload.read(key, 0);
    let written: Promise<void> = Promise.resolve();
    try {
      for (let index = 0; index < output.chunks; index++) {
        const box = await next;
        if (box === undefined || to.lost.aborted) throw new ClientDisconnectedError();
        const last = index === output.chunks - 1;
        if (!last) next = payload.read(key, index + 1);
        next.catch(() => undefined);
        const plain = openChunk(secrets.outputKey, { id, role: 'output' }, { index, last }, box);
        // One chunk is opened while the one before is on its way out.
        await written;
        written = to.sink.write(plain, index).finally(() => wipe(plain));
        written.catch(() => undefined);
      }
      await written;
    } finally {
      wipe(secrets.inputKey, secrets.outputKey);
    }
  }

  /** Signs of life while a slow reader reads. `lost` is aborted when the job was ended under the reader. */
  private keepLease({ id, output, seat }: JobRecord, lease: string): { lost: AbortSignal; stop: () => void } {
    const { jobs, payloads } = this.broker;
    const lost = new AbortController();
    const renew = async (): Promise<void> => {
      if (!(await jobs.renew(id, lease))) lost.abort();
      else
        await payloads.of({ seat }).prolong(outputKey(id, output?.attempt ?? 0), LEASE_MS + RETRY_GRACE_MS);
    };
    void renew().catch(() => undefined);
    const timer = setInterval(() => void renew().catch(() => undefined), LEASE_MS / 3);
    return { lost: lost.signal, stop: () => clearInterval(timer) };
  }

  private async giveBack(leased: JobRecord, lease: string): Promise<void> {
    const { jobs, purge, lifetimes } = this.broker;
    const again = leased.deliveries < lifetimes.maxDeliveries;
    await (again ? jobs.release(leased.id, lease) : purge.expired(leased.id)).catch(() => undefined);
  }

  private async refusal({ id }: JobRecord): Promise<Problem> {
    const now = await this.broker.jobs.read(id);
    if (now === undefined) return new Problem('queue-lost');
    return isTerminal(now.state)
      ? problemOfTerminalState(now, now.state)
      : new Problem('result-busy', { retryAfterS: 1 });
  }
}
