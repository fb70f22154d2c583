import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { JobRecord } from '#broker/records/job-record.js';
import { MAX_STARTS } from '#broker/records/lifetimes.js';
import type { JobId } from '#contracts/job-id.js';
import { Problem } from '#contracts/problem-catalog.js';
import { unwrapKeys, type PayloadKeys } from '#crypto/key-wrap.js';
import { TamperedError } from '#crypto/sealed-box.js';
import { wipe } from '#crypto/wipe.js';
import { Cancelled, EngineCrash, EngineUnavailable, type CutoutResult } from '../engine/engine-supervisor.js';
import { nowMs } from '#telemetry/tracer.js';
import { WorkerContext } from '../worker-context.js';
import type { AttemptSpan } from './attempt-span.js';
import { Cancellations } from './cancellations.js';
import { fetchUpload, storeOutput, type Upload } from './payload-io.js';
import { retryThroughOutage } from './outage-retry.js';

/** An image that has brought the engine down this often is given up. */
const MAX_ENGINE_CRASHES = 2;

/** The work on one job: claim → fetch → engine → store → commit. Settles the job's record whatever happens. */
@Injectable()
export class JobProcessor {
  constructor(
    private readonly context: WorkerContext,
    private readonly cancellations: Cancellations,
  ) {}

  /** Does a job, again if the engine dies on it. @throws only what calls for another worker: EngineUnavailable */
  async process(id: JobId): Promise<void> {
    await this.cancellations.during(id, async (signal) => {
      for (let crashes = 0; ;) {
        const askedMs = nowMs();
        const { broker, telemetry } = this.context;
        const record = await retryThroughOutage(() => broker.jobs.claim(id));
        if (record === undefined) return;
        const trail = telemetry.begin(record, askedMs, broker.lifetimes);
        if (crashes >= MAX_ENGINE_CRASHES || record.attempt > MAX_STARTS) {
          return this.giveUp(record, trail, new Problem('worker-crashed'));
        }
        try {
          await this.attempt(record, trail, signal);
          return;
        } catch (error) {
          if (error instanceof EngineUnavailable) throw error;
          if (!(error instanceof EngineCrash)) return this.giveUp(record, trail, error);
          crashes += 1;
          trail.crashed();
        }
      }
    });
  }

  private async attempt(record: JobRecord, trail: AttemptSpan, signal: AbortSignal): Promise<void> {
    const tell = this.context.broker.progress.of(record.id);
    const keys = unwrapKeys(this.context.kek, record.id, record.wrappedKeys ?? '');
    let upload: Upload | undefined;
    let result: CutoutResult | undefined;
    try {
      tell('fetch', 0);
      upload = await retryThroughOutage(
        () => fetchUpload(this.context.broker, record, keys.inputKey),
        signal,
      );
      trail.mark('fetched');
      result = await this.context.engine.run({
        image: upload.input,
        background: upload.background,
        options: record.options,
        deadlineMs: this.context.settings.JOB_DEADLINE_S * 1000,
        openingMs: this.context.settings.OPENING_DEADLINE_S * 1000,
        signal,
        onStage: (stage, percent) => {
          trail.enter(stage);
          tell(stage, percent);
        },
      });
      trail.mark('computed');
      tell('store', 98);
      const ready = await this.commit(record, result, { keys, trail, signal });
      trail.mark('stored');
      if (ready !== undefined) {
        this.meter(record, result);
        trail.done(ready, result);
      }
      this.report(record, result, trail);
    } finally {
      wipe(upload?.input, upload?.background, result?.data, keys.inputKey, keys.outputKey);
    }
  }

  /** Undefined when another attempt has taken over. */
  private async commit(
    record: JobRecord,
    result: CutoutResult,
    { keys, trail, signal }: { keys: PayloadKeys; trail: AttemptSpan; signal: AbortSignal },
  ): Promise<JobRecord | undefined> {
    const { broker } = this.context;
    const { id, attempt, incarnation } = record;
    const { data, timingsMs, ...facts } = result;
    const bytes = data.length;
    const to = {
      id,
      attempt,
      incarnation,
      key: keys.outputKey,
      lifetimeMs: broker.lifetimes.resultMs,
      signal,
    };
    const chunks = await storeOutput(broker, data, to);
    trail.mark('committing');
    const ready = await retryThroughOutage(() =>
      broker.jobs.commit(id, { attempt, chunks, bytes, ...facts, timingsMs }),
    );
    if (ready === undefined) {
      this.context.log.info('refused', { code: 'fenced', attempt });
      trail.failed('fenced');
      await retryThroughOutage(() => broker.purge.output(record), signal);
    } else {
      await retryThroughOutage(() => broker.purge.input(record));
    }
    return ready;
  }

  private async giveUp(record: JobRecord, trail: AttemptSpan, error: unknown): Promise<void> {
    const { log, broker } = this.context;
    const { id, attempt } = record;
    if (error instanceof Cancelled) {
      log.info('refused', { code: 'cancelled', attempt });
      trail.failed('cancelled');
      // What it stored after the job had been purged would else stay until it expires.
      await broker.purge.output(record).catch(() => undefined);
      return;
    }
    const expected = error instanceof Problem || error instanceof TamperedError;
    if (!expected) log.defect(error);
    const code = error instanceof Problem ? error.code : 'processing-failed';
    log.info('refused', { code, attempt });
    trail.failed(code);
    await retryThroughOutage(() => broker.purge.failed(id, code, attempt)).catch(() => undefined);
  }

  /** One line for billing, of a result that stands: the fence lets one attempt through, so there is one at most. */
  private meter({ keyId, inputBytes }: JobRecord, { width, height, data }: CutoutResult): void {
    if (keyId === undefined) return;
    this.context.log.info('metered', {
      eventId: randomUUID(),
      keyId,
      images: 1,
      megapixels: megapixelsOf(width, height),
      inputBytes,
      outputBytes: data.length,
    });
  }

  private report(record: JobRecord, result: CutoutResult, trail: AttemptSpan): void {
    const { log, broker } = this.context;
    const { decode, infer, refine, compose, encode, ...around } = trail.stagesMs(result);
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
      durationMs: Math.round(trail.lastedMs),
    });
  }
}

/** Millions of pixels, to two places. */
const megapixelsOf = (width: number, height: number): number => Math.round((width * height) / 10_000) / 100;
