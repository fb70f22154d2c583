import type { JobRecord } from '#broker/records/job-record.js';
import { lifetimeAfter, type Lifetimes } from '#broker/records/lifetimes.js';
import type { Stage } from '#contracts/job-states.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import type { MetricRegistry } from '#telemetry/metric-registry.js';
import type { SpanAttributes } from '#telemetry/span-fields.js';
import { drawSpanId, type TraceContext } from '#telemetry/trace-context.js';
import { contextOf, nowMs, type Tracer } from '#telemetry/tracer.js';
import type { CutoutResult, EngineStage } from '../engine/engine-contract.js';

/** Milestones of an attempt that succeeds. */
type Mark = 'fetched' | 'computed' | 'committing' | 'stored';

/** Facts about an attempt. */
interface Attempt {
  record: JobRecord;
  /** When the worker requested the job. */
  requestedMs: number;
  lifetimes: Lifetimes;
}

/** One attempt at a job: measures its times, and records them as metrics and spans when it is over. */
export class AttemptSpan {
  private readonly startedMs = nowMs();
  private readonly marks: Partial<Record<Mark, number>> = {};
  private readonly entered: Partial<Record<EngineStage, number>> = {};
  private readonly trace: TraceContext | undefined;
  private readonly work: TraceContext | undefined;

  constructor(
    private readonly metrics: MetricRegistry,
    private readonly tracer: Tracer,
    private readonly of: Attempt,
  ) {
    this.trace = contextOf(of.record.trace);
    this.work = this.trace && { traceId: this.trace.traceId, spanId: drawSpanId() };
    this.recordQueueWait(of);
  }

  /** The attempt has reached a milestone. */
  mark(point: Mark): void {
    this.marks[point] = nowMs();
  }

  /** The engine has started a stage, or reports progress in it. */
  enter(stage: EngineStage): void {
    this.entered[stage] ??= nowMs();
  }

  /** Milliseconds from the claim until the result was stored. */
  get durationMs(): number {
    return (this.marks.stored ?? nowMs()) - this.startedMs;
  }

  /** Duration of each stage; `handover` is the transfer to the engine and back, including the wait for it. */
  stagesMs({ timingsMs }: CutoutResult): Record<Stage | 'handover', number> {
    const { fetched = NaN, computed = NaN, stored = NaN } = this.marks;
    const { decode, infer, refine, compose, encode } = timingsMs;
    const handover = computed - fetched - (decode + infer + refine + compose + encode);
    return { fetch: fetched - this.startedMs, ...timingsMs, handover, store: stored - computed };
  }

  /** The result was committed; `ready` is the record. */
  done(ready: JobRecord, result: CutoutResult): void {
    const { metrics, of } = this;
    const megapixels = (result.width * result.height) / 1e6;
    const readyAt = ready.deadlineAt - lifetimeAfter('commit', of.lifetimes, ready.promises);
    metrics.count('removebg_images_total', { work: 'done' });
    metrics.count('removebg_result_bytes_total', {}, ready.outputBytes);
    metrics.count('removebg_result_megapixels_total', {}, megapixels);
    if (result.confidence !== undefined) metrics.observe('removebg_confidence', {}, result.confidence);
    metrics.observe('removebg_turnaround_seconds', {}, (readyAt - ready.acceptedAt) / 1000);
    const stages = this.stagesMs(result);
    for (const stage of Object.keys(stages) as (keyof typeof stages)[]) {
      metrics.observe('removebg_stage_seconds', { stage }, stages[stage] / 1000);
    }
    this.recordStages(stages);
    const { provider } = result;
    this.recordWork(
      { provider, bytes: ready.outputBytes, megapixels: Math.round(megapixels * 100) / 100 },
      false,
    );
  }

  /** The engine crashed. */
  crashed(): void {
    this.recordWork({ code: 'worker-crashed' }, true);
  }

  /** The attempt has no result, for the reason `code`. */
  failed(code: ProblemCode | 'cancelled' | 'fenced'): void {
    const isOutside = code === 'cancelled' || code === 'fenced';
    this.metrics.count('removebg_images_total', { work: isOutside ? code : 'failed' });
    if (!isOutside) this.metrics.count('removebg_image_failures_total', { code });
    this.recordWork({ code }, !isOutside);
  }

  /** The wait in the queue counts once per job; its times are from the clock of Redis. */
  private recordQueueWait({ record, requestedMs, lifetimes }: Attempt): void {
    const { attempt, queuedAt, deadlineAt } = record;
    if (attempt === 1 && queuedAt !== undefined) {
      const claimedAt = deadlineAt - lifetimeAfter('claim', lifetimes);
      this.metrics.observe('removebg_queue_wait_seconds', {}, (claimedAt - queuedAt) / 1000);
      this.tracer.span('queue', this.trace, { startMs: queuedAt, endMs: claimedAt });
    }
    this.tracer.span('claim', this.trace, {
      startMs: requestedMs,
      endMs: this.startedMs,
      attributes: { attempt },
    });
  }

  private recordStages(stages: Record<Stage | 'handover', number>): void {
    const { computed = NaN, committing = NaN, stored = NaN } = this.marks;
    const span = (name: Stage | 'commit', startMs: number, endMs: number): void =>
      this.tracer.span(name, this.work, { startMs, endMs });
    span('fetch', this.startedMs, this.startedMs + stages.fetch);
    for (const [stage, startMs] of Object.entries(this.entered) as [EngineStage, number][]) {
      span(stage, startMs, startMs + stages[stage]);
    }
    span('store', computed, committing);
    span('commit', committing, stored);
  }

  private recordWork(facts: SpanAttributes, failed: boolean): void {
    if (this.work === undefined) return;
    const attributes = { attempt: this.of.record.attempt, ...facts };
    const span = { startMs: this.startedMs, endMs: nowMs(), attributes, failed, spanId: this.work.spanId };
    this.tracer.span('work', this.trace, span);
  }
}
