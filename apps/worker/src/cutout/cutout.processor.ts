import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { JobRecord } from '#broker/job.record.js';
import { MAX_STARTS } from '#broker/lifetimes.js';
import type { JobId } from '#contracts/job.id.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { unwrapKeys, type PayloadKeys } from '#vault/key.wrap.js';
import { TamperedError } from '#vault/sealed.box.js';
import { wipe } from '#vault/wipe.js';
import { Cancelled, EngineCrash, EngineUnavailable, type CutoutResult } from '../engine/engine.host.js';
import { WorkerContext } from '../worker.context.js';
import { Cancellations } from './cancellations.js';
import { fetchUpload, storeOutput, type Upload } from './payload.transfer.js';
import { persist } from './persistence.js';

/** An image that has brought the engine down this often is given up. */
const MAX_ENGINE_CRASHES = 2;

/** The work on one job: claim → fetch → engine → store → commit. Settles the job's record whatever happens. */
@Injectable()
export class CutoutProcessor {
  constructor(
    private readonly context: WorkerContext,
    private readonly cancellations: Cancellations,
  ) {}

  /** Does a job, again if the engine dies on it. @throws only what calls for another worker: EngineUnavailable */
  async process(id: JobId): Promise<void> {
    await this.cancellations.during(id, async (signal) => {
      for (let crashes = 0; ;) {
        const record = await persist(() => this.context.broker.jobs.claim(id));
        if (record === undefined) return;
        if (crashes >= MAX_ENGINE_CRASHES || record.attempt > MAX_STARTS) {
          return this.giveUp(record, new Problem('worker-crashed'));
        }
        try {
          await this.attempt(record, signal);
          return;
        } catch (error) {
          if (error instanceof EngineUnavailable) throw error;
          if (!(error instanceof EngineCrash)) return this.giveUp(record, error);
          crashes += 1;
          this.context.log.warn('engine', { event: 'crashed' });
        }
      }
    });
  }

  private async attempt(record: JobRecord, signal: AbortSignal): Promise<void> {
    const clock = [performance.now()];
    const lap = (): void => void clock.push(performance.now());
    const tell = this.context.broker.progress.of(record.id);
    const keys = unwrapKeys(this.context.kek, record.id, record.wrappedKeys ?? '');
    let upload: Upload | undefined;
    let result: CutoutResult | undefined;
    try {
      tell('fetch', 0);
      upload = await persist(() => fetchUpload(this.context.broker, record, keys.inputKey));
      lap();
      result = await this.context.engine.run({
        image: upload.input,
        background: upload.background,
        options: record.options,
        deadlineMs: this.context.settings.JOB_DEADLINE_S * 1000,
        openingMs: this.context.settings.OPENING_DEADLINE_S * 1000,
        signal,
        onStage: tell,
      });
      lap();
      tell('store', 98);
      const stands = await this.commit(record, result, keys);
      lap();
      if (stands) this.meter(record, result);
      this.report(record, result, clock);
    } finally {
      wipe(upload?.input, upload?.background, result?.data, keys.inputKey, keys.outputKey);
    }
  }

  /** False when another attempt has taken over. */
  private async commit(
    record: JobRecord,
    result: CutoutResult,
    { outputKey: key }: PayloadKeys,
  ): Promise<boolean> {
    const { broker } = this.context;
    const { id, attempt } = record;
    const { data, timingsMs, ...facts } = result;
    const bytes = data.length;
    const to = { id, attempt, key, lifetimeMs: broker.lifetimes.resultMs };
    const chunks = await storeOutput(broker.payloads, data, to);
    const ready = await persist(() =>
      broker.jobs.commit(id, { attempt, chunks, bytes, ...facts, timingsMs }),
    );
    if (ready === undefined) {
      this.context.log.info('refused', { code: 'fenced', attempt });
      await persist(() => broker.purge.output(id, attempt));
    } else {
      await persist(() => broker.purge.input(id));
    }
    return ready !== undefined;
  }

  private async giveUp(record: JobRecord, error: unknown): Promise<void> {
    const { log, broker } = this.context;
    const { id, attempt } = record;
    if (error instanceof Cancelled) {
      log.info('refused', { code: 'cancelled', attempt });
      return;
    }
    const expected = error instanceof Problem || error instanceof TamperedError;
    if (!expected) log.defect(error);
    const code = error instanceof Problem ? error.code : 'processing-failed';
    log.info('refused', { code, attempt });
    await persist(() => broker.purge.failed(id, code, attempt)).catch(() => undefined);
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

  private report(record: JobRecord, result: CutoutResult, clock: readonly number[]): void {
    const { log, broker } = this.context;
    const [began = 0, fetched = 0, computed = 0, stored = 0] = clock;
    const { decode, infer, refine, compose, encode } = result.timingsMs;
    const computing = decode + infer + refine + compose + encode;
    broker.pace.learn(computing).catch(() => undefined);
    log.debug('stages', {
      fetchMs: Math.round(fetched - began),
      decodeMs: Math.round(decode),
      inferMs: Math.round(infer),
      refineMs: Math.round(refine),
      composeMs: Math.round(compose),
      encodeMs: Math.round(encode),
      handoverMs: Math.round(computed - fetched - computing),
      storeMs: Math.round(stored - computed),
    });
    log.info('cutout', {
      megapixels: megapixelsOf(result.width, result.height),
      inputBytes: record.inputBytes,
      outputBytes: result.data.length,
      attempt: record.attempt,
      durationMs: Math.round(stored - began),
    });
  }
}

/** Millions of pixels, to two places. */
const megapixelsOf = (width: number, height: number): number => Math.round((width * height) / 10_000) / 100;
