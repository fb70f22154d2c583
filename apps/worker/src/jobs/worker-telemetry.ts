import { randomBytes } from 'node:crypto';
import type { BrokerObserver } from '#broker/jobs/broker-observer.js';
import type { JobRecord } from '#broker/records/job-record.js';
import type { ConnectionChange } from '#broker/redis/redis-health.js';
import type { Lifetimes } from '#broker/records/lifetimes.js';
import { isTerminal } from '#contracts/job-states.js';
import { residentBytes } from '#retention/process-memory.js';
import type { Settings } from '#config/settings.schema.js';
import { countConnection } from '#telemetry/connection-count.js';
import { LoopLag } from '#telemetry/loop-lag.js';
import { LABELS, type LabelValue } from '#telemetry/metric-labels.js';
import { MetricRegistry, type MetricNumbers } from '#telemetry/metric-registry.js';
import { OtlpExporter } from '#telemetry/otlp-exporter.js';
import { Tracer } from '#telemetry/tracer.js';
import type { EngineSupervisor } from '../engine/engine-supervisor.js';
import { AttemptSpan } from './attempt-span.js';

/** Metrics of this worker, which the API exposes, and spans. They contain nothing of any image. */
export class WorkerTelemetry implements BrokerObserver {
  /** Random name of this process. */
  readonly name = randomBytes(6).toString('hex');
  readonly metrics = new MetricRegistry('worker');
  private readonly exporter: OtlpExporter | undefined;
  private readonly tracer: Tracer;
  private readonly lag = new LoopLag();

  constructor({ OTLP_URL, OTLP_SHARE }: Settings) {
    const target = { service: 'removebg-worker', instance: this.name } as const;
    this.exporter = OTLP_URL === undefined ? undefined : new OtlpExporter({ url: OTLP_URL, ...target });
    this.tracer = new Tracer(this.exporter, OTLP_SHARE);
  }

  /** Starts the span of an attempt at a job that was requested at `requestedMs`. */
  startAttempt(record: JobRecord, requestedMs: number, lifetimes: Lifetimes): AttemptSpan {
    return new AttemptSpan(this.metrics, this.tracer, { record, requestedMs, lifetimes });
  }

  /** A job was purged. */
  purged({ state, endedAt, purgedAt }: JobRecord): void {
    if (!isTerminal(state) || endedAt === undefined || purgedAt === undefined) return;
    this.metrics.observe('removebg_time_to_delete_seconds', { end: state }, (purgedAt - endedAt) / 1000);
  }

  /** Workers do not sweep. */
  swept(): void {
    // Nothing to count.
  }

  /** A connection was lost or restored. */
  connectionChanged(change: ConnectionChange): void {
    countConnection(this.metrics, change);
  }

  /** The state of a payload shard changed. */
  shardChanged(shard: LabelValue<'shard'>): void {
    this.metrics.count('removebg_shard_changes_total', { shard });
  }

  /** Current values of all metrics of this process. */
  numbers(engine: EngineSupervisor): MetricNumbers {
    const { metrics } = this;
    for (const provider of LABELS.provider) {
      const slots = engine.facts?.provider === provider ? engine.facts.batch : 0;
      metrics.set('removebg_worker_slots', { provider }, slots);
    }
    for (const restart of LABELS.restart)
      metrics.total('removebg_engine_restarts_total', { restart }, engine.restarts.countOf(restart));
    metrics.set('removebg_resident_bytes', { process: 'worker' }, process.memoryUsage.rss());
    metrics.set('removebg_resident_bytes', { process: 'engine' }, residentBytes(engine.facts?.pid) ?? 0);
    metrics.set('removebg_event_loop_lag_seconds', {}, this.lag.takeS());
    metrics.total('removebg_spans_dropped_total', {}, this.exporter?.dropped ?? 0);
    return metrics.numbers();
  }

  /** Exports the remaining spans. */
  async stop(): Promise<void> {
    this.lag.stop();
    await this.exporter?.stop();
  }
}
