import type { JobRecord } from '#broker/job.record.js';
import type { DeliveryWay } from '#telemetry/metric.labels.js';
import type { MetricRegistry } from '#telemetry/metric.registry.js';
import { contextOf, nowMs, type Tracer } from '#telemetry/tracer.js';

/** One delivery, from the lease to the purge. */
export class DeliverySpan {
  private readonly leasedMs = nowMs();
  private writtenMs = NaN;

  constructor(
    private readonly metrics: MetricRegistry,
    private readonly tracer: Tracer,
    private readonly of: { record: JobRecord; way: DeliveryWay },
  ) {}

  /** The last byte is with the kernel. */
  written(): void {
    const { way, record } = this.of;
    const bytes = record.outputBytes;
    this.writtenMs = nowMs();
    this.metrics.count('removebg_delivered_bytes_total', { way }, bytes);
    this.metrics.observe('removebg_delivery_seconds', {}, (this.writtenMs - this.leasedMs) / 1000);
    this.span('deliver', this.leasedMs, this.writtenMs);
  }

  /** Nothing of the job is left. */
  purged(): void {
    const { way } = this.of;
    const now = nowMs();
    this.metrics.count('removebg_deliveries_total', { way, delivery: 'delivered' });
    this.metrics.observe(
      'removebg_time_to_delete_seconds',
      { end: 'delivered' },
      (now - this.writtenMs) / 1000,
    );
    this.span('purge', this.writtenMs, now);
  }

  /** The client disconnected before the last byte. */
  broken(): void {
    this.metrics.count('removebg_deliveries_total', { way: this.of.way, delivery: 'broken' });
    this.span('deliver', this.leasedMs, nowMs(), 'broken');
  }

  /** Written, but Redis was unreachable for too long to purge it: the sweeper will. */
  unsettled(): void {
    this.metrics.count('removebg_deliveries_total', { way: this.of.way, delivery: 'unsettled' });
    this.span('purge', this.writtenMs, nowMs(), 'unsettled');
  }

  private span(
    name: 'deliver' | 'purge',
    startMs: number,
    endMs: number,
    end?: 'broken' | 'unsettled',
  ): void {
    const { record, way } = this.of;
    const attributes = { way, bytes: record.outputBytes, end: end ?? ('delivered' as const) };
    this.tracer.span(name, contextOf(record.trace), {
      startMs,
      endMs,
      attributes,
      failed: end !== undefined,
    });
  }
}
