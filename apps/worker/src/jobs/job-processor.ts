import { randomUUID } from 'node:crypto';
import type { Broker } from '#broker/broker.js';
import type { JobWatcher } from '#broker/jobs/job-watcher.js';
import type { JobRecord } from '#broker/records/job-record.js';
import { lifetimeAfter, MAX_STARTS } from '#broker/records/lifetimes.js';
import type { JobId } from '#contracts/job-id.js';
import { Problem } from '#contracts/problem-catalog.js';
import type { Settings } from '#config/settings.schema.js';
import { UnknownWorkerKeyError, unwrapKeys, type PayloadKeys } from '#crypto/key-wrap.js';
import { TamperedError } from '#crypto/sealed-box.js';
import { wipe } from '#crypto/wipe.js';
import type { WorkerKeyring } from '#crypto/worker-keys.js';
import type { Log } from '#telemetry/log.js';
import { nowMs } from '#telemetry/tracer.js';
import { Cancelled, EngineCrash, EngineUnavailable, type CutoutResult } from '../engine/engine-contract.js';
import type { EngineSupervisor } from '../engine/engine-supervisor.js';
import type { AttemptSpan } from './attempt-span.js';
import { fetchUpload, storeOutput, wipeUpload, type Upload } from './payload-io.js';
import { retryThroughOutage } from './outage-retry.js';
import type { WorkerTelemetry } from './worker-telemetry.js';

/** A job fails when its image has crashed the engine this often. */
const MAX_ENGINE_CRASHES = 2;

/** Opened by `main`. No other file of the worker reads the environment or a file. */
export interface WorkerResources {
  readonly settings: Settings;
  readonly broker: Broker;
  readonly log: Log;
  readonly telemetry: WorkerTelemetry;
  readonly engine: EngineSupervisor;
  /** Private keys, which unwrap the payload keys of jobs. */
  readonly keyring: WorkerKeyring;
}

/** The jobs of this process that can be cancelled. A cancellation is published to all workers. */
class Cancellations {
  private readonly running = new Map<string, AbortController>();

  constructor(private readonly watcher: JobWatcher) {}

  async subscribe(): Promise<void> {
    await this.watcher.onCancel((id) => this.running.get(id)?.abort());
  }

  /** Runs `work` with a signal that is aborted when job `id` is cancelled. */
  async during<T>(id: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.running.set(id, controller);
    try {
      return await work(controller.signal);
    } finally {
      if (this.running.get(id) === controller) this.running.delete(id);
    }
  }
}

/** Processes one job: claim → fetch → engine → store → commit. Writes the outcome to its record. */
export class JobProcessor {
  private readonly cancellations: Cancellations;

  constructor(private readonly resources: WorkerResources) {
    this.cancellations = new Cancellations(resources.broker.watcher);
  }

  /** Subscribes to cancellations of jobs. To be awaited before the first job. */
  subscribe(): Promise<void> {
    return this.cancellations.subscribe();
  }

  /** Processes a job, again when the engine crashes on it. @throws EngineUnavailable: another worker must take the job */
  async process(id: JobId): Promise<void> {
    await this.cancellations.during(id, async (signal) => {
      for (let crashes = 0; ;) {
        const requestedMs = nowMs();
        const { broker, telemetry } = this.resources;
        const record = await retryThroughOutage(() => broker.jobs.claim(id));
        if (record === undefined) return;
        const span = telemetry.startAttempt(record, requestedMs, broker.lifetimes);
        if (crashes >= MAX_ENGINE_CRASHES || record.attempt > MAX_STARTS) {
          return this.fail(record, span, new Problem('worker-crashed'));
        }
        try {
          await this.attempt(record, span, signal);
          return;
        } catch (error) {
          if (error instanceof EngineUnavailable) throw error;
          if (!(error instanceof EngineCrash)) return this.fail(record, span, error);
          crashes += 1;
          span.crashed();
        }
      }
    });
  }

  private async attempt(record: JobRecord, span: AttemptSpan, signal: AbortSignal): Promise<void> {
    const emitProgress = this.resources.broker.progress.of(record.id);
    const keys = unwrapKeys(this.resources.keyring, record.id, record.wrappedKeys ?? '');
    let upload: Upload | undefined;
    let result: CutoutResult | undefined;
    try {
      emitProgress('fetch', 0);
      upload = await retryThroughOutage(
        () => fetchUpload(this.resources.broker, record, keys.inputKey),
        signal,
      );
      span.mark('fetched');
      result = await this.resources.engine.run({
        image: upload.input,
        background: upload.background,
        mask: upload.mask,
        options: record.options,
        deadlineMs: this.resources.settings.JOB_DEADLINE_S * 1000,
        openingMs: this.resources.settings.OPENING_DEADLINE_S * 1000,
        signal,
        onStage: (stage, percent) => {
          span.enter(stage);
          emitProgress(stage, percent);
        },
      });
      span.mark('computed');
      emitProgress('store', 98);
      const ready = await this.commit(record, result, { keys, span, signal });
      span.mark('stored');
      if (ready !== undefined) {
        this.meter(record, result);
        span.done(ready, result);
      }
      this.report(record, result, span);
    } finally {
      wipeUpload(upload);
      wipe(result?.data, keys.inputKey, keys.outputKey);
    }
  }

  /** Stores the result and commits it. Undefined when another attempt has taken over. */
  private async commit(
    record: JobRecord,
    result: CutoutResult,
    { keys, span, signal }: { keys: PayloadKeys; span: AttemptSpan; signal: AbortSignal },
  ): Promise<JobRecord | undefined> {
    const { broker } = this.resources;
    const { id, attempt, incarnation } = record;
    const { data, timingsMs, ...facts } = result;
    const bytes = data.length;
    const to = {
      id,
      attempt,
      incarnation,
      key: keys.outputKey,
      lifetimeMs: lifetimeAfter('commit', broker.lifetimes, record.promises),
      signal,
    };
    const chunks = await storeOutput(broker, data, to);
    span.mark('committing');
    const ready = await retryThroughOutage(() =>
      broker.jobs.commit(id, { attempt, chunks, bytes, ...facts, timingsMs }),
    );
    if (ready === undefined) {
      this.resources.log.info('refused', { code: 'fenced', attempt });
      span.failed('fenced');
      await retryThroughOutage(() => broker.purge.output(record), signal);
    } else {
      await retryThroughOutage(() => broker.purge.input(record));
    }
    return ready;
  }

  private async fail(record: JobRecord, span: AttemptSpan, error: unknown): Promise<void> {
    const { log, broker } = this.resources;
    const { id, attempt } = record;
    if (error instanceof Cancelled) {
      log.info('refused', { code: 'cancelled', attempt });
      span.failed('cancelled');
      // Chunks that this attempt stored after the purge would stay until they expire.
      await broker.purge.output(record).catch(() => undefined);
      return;
    }
    if (error instanceof UnknownWorkerKeyError) log.warn('keys', { fault: 'worker-key-unknown' });
    else if (!(error instanceof Problem || error instanceof TamperedError)) log.defect(error);
    const code = error instanceof Problem ? error.code : 'processing-failed';
    const numbers = error instanceof Problem ? error.facts.numbers : undefined;
    log.info('refused', { code, attempt });
    span.failed(code);
    await retryThroughOutage(() => broker.purge.failed(id, code, attempt, numbers)).catch(() => undefined);
  }

  /** Logs a committed result for billing. One attempt at most commits, so there is one line at most. */
  private meter({ keyId, inputBytes }: JobRecord, { width, height, data }: CutoutResult): void {
    if (keyId === undefined) return;
    this.resources.log.info('metered', {
      eventId: randomUUID(),
      keyId,
      images: 1,
      megapixels: megapixelsOf(width, height),
      inputBytes,
      outputBytes: data.length,
    });
  }

  private report(record: JobRecord, result: CutoutResult, span: AttemptSpan): void {
    const { log, broker } = this.resources;
    const { decode, infer, refine, compose, encode, ...around } = span.stagesMs(result);
    const serviceMs = around.fetch + decode + infer + refine + compose + encode + around.store;
    broker.estimator.record({ model: result.model, pixels: record.pixels, serviceMs }).catch(() => undefined);
    log.debug('stages', {
      fetchMs: Math.round(around.fetch),
      decodeMs: Math.round(decode),
      inferMs: Math.round(infer),
      refineMs: Math.round(refine),
      composeMs: Math.round(compose),
      encodeMs: Math.round(encode),
      handoverMs: Math.round(around.handover),
      storeMs: Math.round(around.store),
    });
    log.info('cutout', {
      megapixels: megapixelsOf(result.width, result.height),
      inputBytes: record.inputBytes,
      outputBytes: result.data.length,
      attempt: record.attempt,
      durationMs: Math.round(span.durationMs),
    });
  }
}

/** Millions of pixels, with two decimal places. */
const megapixelsOf = (width: number, height: number): number => Math.round((width * height) / 10_000) / 100;
