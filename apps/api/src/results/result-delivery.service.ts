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

const RETRY_MS = 250;

/**
 * How long reads are tried again while payload cannot be reached. Before the first chunk the client can still be told to
 * come again.
 */
const FIRST_READ_PATIENCE_MS = 5000;
const READ_PATIENCE_MS = 20_000;

/** Up to so many deliveries at a time each read their next chunk while the one before is on its way out. */
const MAX_READING_AHEAD = 32;

/** Where a result goes, chunk by chunk. Each call resolves when the bytes are with the kernel. */
export interface ResultWriter {
  /** How the result goes out, for whoever counts. */
  readonly way: DeliveryWay;
  /** Announces the result, once its first chunk is there. */
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
 * the connection breaks first, the result goes back to `ready`, a bounded number of times. A delivery that broke because
 * the broker could not be reached does not count among them.
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
   * @throws Problem `result-busy` while another reader has it, or the reason for which it is gone
   * @throws Problem `broker-unavailable` when its bytes cannot be reached; the result has been given back
   * @throws ClientDisconnectedError when the connection broke; the result has been given back
   */
  async deliver(record: JobRecord, token: Buffer, sink: ResultWriter): Promise<void> {
    const lease = randomBytes(12).toString('base64url');
    const { jobs, payloads } = this.broker;
    // A result whose shard cannot be reached is not leased: the deliveries it has are not used up by trying.
    payloads.of(record);
    const leased = await throughOutage(() => jobs.lease(record.id, lease), FIRST_READ_PATIENCE_MS);
    if (leased?.output === undefined) throw await this.refusal(record);
    const renewal = this.keepLease(leased, lease);
    const trail = this.telemetry.delivering(leased, sink.way);
    try {
      try {
        await this.send(leased, leased.output, { token, sink, lost: renewal.lost });
        await sink.finish();
        trail.written();
      } catch (error) {
        trail.broken();
        // During an outage the client hears of it at once.
        await Promise.race([this.giveBack(leased, lease, error), pause(RETRY_MS)]);
        throw error;
      }
      // The lease is kept until the purge: nobody else is to get what the client has.
      if (await this.settle(record, lease)) trail.purged();
      else trail.unsettled();
    } finally {
      renewal.stop();
    }
  }

  /** The image is with the client: purge it, through a short outage of Redis if need be. False when that was too long. */
  private async settle({ id }: JobRecord, lease: string): Promise<boolean> {
    try {
      await throughOutage(() => this.broker.purge.delivered(id, lease), LEASE_MS);
      return true;
    } catch {
      this.log.warn('trouble', { with: 'settle' });
      return false;
    }
  }

  private async send(
    record: JobRecord,
    output: OutputFacts,
    to: { token: Buffer; sink: ResultWriter; lost: AbortSignal },
  ): Promise<void> {
    const { sink, lost } = to;
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
          if (index === 0) sink.begin(output);
          await written;
        } catch (error) {
          wipe(plain);
          throw error;
        }
        // The next chunk is read while this one is on its way out, unless that would be too many chunks in memory.
        written = sink.write(plain, index).finally(() => wipe(plain));
        written.catch(() => undefined);
        if (this.sending > MAX_READING_AHEAD) await written;
        if (!last) next = this.read(record, output, { index: index + 1, lost });
        next.catch(() => undefined);
      }
      await written;
    } finally {
      this.sending -= 1;
      wipe(secrets.inputKey, secrets.outputKey);
    }
  }

  /**
   * Reads one chunk, again and again through a short outage.
   * @throws Problem `broker-unavailable` when it was none; `queue-lost` when the chunk is gone
   * @throws Problem why the result is not to be had any more when the lease was lost meanwhile
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
      // Its server may have started anew in between, or be gone.
      payloads.of(record);
      throw new Problem('queue-lost');
    };
    return throughOutage(read, index === 0 ? FIRST_READ_PATIENCE_MS : READ_PATIENCE_MS);
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

  /** What broke on the client's side counts; what is gone cannot be given back. */
  private async giveBack({ id, deliveries }: JobRecord, lease: string, error: unknown): Promise<void> {
    const { jobs, purge, lifetimes } = this.broker;
    const counts = !isUnreachable(error);
    const isGone = error instanceof Problem && error.code === 'queue-lost';
    const again = !counts || deliveries < lifetimes.maxDeliveries;
    const step = async (): Promise<unknown> => {
      if (isGone) return purge.lost(id);
      return again ? jobs.release(id, lease, { counts }) : purge.expired(id, lease);
    };
    await throughOutage(step, LEASE_MS).catch(() => undefined);
  }

  private async refusal({ id }: JobRecord): Promise<Problem> {
    const now = await this.broker.jobs.read(id);
    if (now === undefined) return new Problem('queue-lost');
    return isTerminal(now.state)
      ? problemOfTerminalState(now, now.state)
      : new Problem('result-busy', { retryAfterS: 1 });
  }
}

/** Repeats a step that may be repeated while the broker cannot be reached, for so long. @throws what the last try threw */
async function throughOutage<T>(step: () => Promise<T>, patienceMs: number): Promise<T> {
  let unreachableSince: number | undefined;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      unreachableSince ??= Date.now();
      if (!isUnreachable(error) || Date.now() - unreachableSince > patienceMs) throw error;
      await pause(RETRY_MS);
    }
  }
}

const isUnreachable = (error: unknown): boolean =>
  error instanceof Problem && error.code === 'broker-unavailable';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
