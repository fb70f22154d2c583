import type { JobRecord } from '#broker/records/job-record.js';
import { lifetimeAfter, type Lifetimes } from '#broker/records/lifetimes.js';
import type { Stage } from '#contracts/job-states.js';
import type { ProblemCode } from '#contracts/problem-catalog.js';
import type { MetricRegistry } from '#telemetry/metric-registry.js';
import type { SpanAttributes } from '#telemetry/span-fields.js';
import { drawSpanId, type TraceContext } from '#telemetry/trace-context.js';
import { contextOf, nowMs, type Tracer } from '#telemetry/tracer.js';
import type { CutoutResult, EngineStage } from '../engine/engine-supervisor.js';

/** Points of time in an attempt that ends well. */
type Mark = 'fetched' | 'computed' | 'committing' | 'stored';

/** What an attempt is about. */
interface Attempt {
  record: JobRecord;
  /** When the worker asked for the job. */
  askedMs: number;
  lifetimes: Lifetimes;
}

/** One attempt at a job: takes its times, and tells them as numbers and spans when it is over. */
export class AttemptSpan {
  private readonly beganMs = nowMs();
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
    this.tellQueue(of);
  }

  /** The attempt has come to a point. */
  mark(point: Mark): void {
    this.marks[point] = nowMs();
  }

  /** The engine has begun a stage, or goes on with it. */
  enter(stage: EngineStage): void {
    this.entered[stage] ??= nowMs();
  }

  /** From the claim until the result was stored. */
  get lastedMs(): number {
    return (this.marks.stored ?? nowMs()) - this.beganMs;
  }

  /** Where the time went; `handover` is the way to the engine and back, with waiting for it. */
  stagesMs({ timingsMs }: CutoutResult): Record<Stage | 'handover', number> {
    const { fetched = NaN, computed = NaN, stored = NaN } = this.marks;
    const { decode, infer, refine, compose, encode } = timingsMs;
    const handover = computed - fetched - (decode + infer + refine + compose + encode);
    return { fetch: fetched - this.beganMs, ...timingsMs, handover, store: stored - computed };
  }

  /** The result stands, as `ready` says. */
  done(ready: JobRecord, result: CutoutResult): void {
    const { metrics, of } = this;
    const megapixels = (result.width * result.height) / 1e6;
    const readyAt = ready.deadlineAt - lifetimeAfter('commit', of.lifetimes);
    metrics.count('removebg_images_total', { work: 'done' });
    metrics.count('removebg_result_bytes_total', {}, ready.outputBytes);
    metrics.count('removebg_result_megapixels_total', {}, megapixels);
    metrics.observe('removebg_turnaround_seconds', {}, (readyAt - ready.acceptedAt) / 1000);
    const stages = this.stagesMs(result);
    for (const stage of Object.keys(stages) as (keyof typeof stages)[]) {
      metrics.observe('removebg_stage_seconds', { stage }, stages[stage] / 1000);
    }
    this.tellStages(stages);
    const { provider } = result;
    this.tellWork(
      { provider, bytes: ready.outputBytes, megapixels: Math.round(megapixels * 100) / 100 },
      false,
    );
  }

  /** The engine died of it; there is another attempt, or the job is given up. */
  crashed(): void {
    this.tellWork({ code: 'worker-crashed' }, true);
  }

  /** There is no result; `code` says why. */
  failed(code: ProblemCode | 'cancelled' | 'fenced'): void {
    const isOutside = code === 'cancelled' || code === 'fenced';
    this.metrics.count('removebg_images_total', { work: isOutside ? code : 'failed' });
    if (!isOutside) this.metrics.count('removebg_image_failures_total', { code });
    this.tellWork({ code }, !isOutside);
  }

  /** The wait counts once, however often the work begins; both its times are by Redis' clock. */
  private tellQueue({ record, askedMs, lifetimes }: Attempt): void {
    const { attempt, queuedAt, deadlineAt } = record;
    if (attempt === 1 && queuedAt !== undefined) {
      const claimedAt = deadlineAt - lifetimeAfter('claim', lifetimes);
      this.metrics.observe('removebg_queue_wait_seconds', {}, (claimedAt - queuedAt) / 1000);
      this.tracer.span('queue', this.trace, { startMs: queuedAt, endMs: claimedAt });
    }
    this.tracer.span('claim', this.trace, { startMs: askedMs, endMs: this.beganMs, attributes: { attempt } });
  }

  private tellStages(stages: Record<Stage | 'handover', number>): void {
    const { computed = NaN, committing = NaN, stored = NaN } = this.marks;
    const span = (name: Stage | 'commit', startMs: number, endMs: number): void =>
      this.tracer.span(name, this.work, { startMs, endMs });
    span('fetch', this.beganMs, this.beganMs + stages.fetch);
    for (const [stage, startMs] of Object.entries(this.entered) as [EngineStage, number][]) {
      span(stage, startMs, startMs + stages[stage]);
    }
    span('store', computed, committing);
    span('commit', committing, stored);
  }

  private tellWork(facts: SpanAttributes, failed: boolean): void {
    if (this.work === undefined) return;
    const attributes = { attempt: this.of.record.attempt, ...facts };
    const span = { startMs: this.beganMs, endMs: nowMs(), attributes, failed, spanId: this.work.spanId };
    this.tracer.span('work', this.trace, span);
  }
}
