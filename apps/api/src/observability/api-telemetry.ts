import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { BrokerObserver } from '#broker/jobs/broker-observer.js';
import type { JobRecord } from '#broker/records/job-record.js';
import type { ConnectionChange } from '#broker/redis/redis-health.js';
import { isTerminal } from '#contracts/job-states.js';
import type { Settings } from '#config/settings.schema.js';
import { countConnection } from '#telemetry/connection-count.js';
import { LoopLag } from '#telemetry/loop-lag.js';
import { tierLabel, type DeliveryWay, type LabelValue } from '#telemetry/metric-labels.js';
import { MetricRegistry, type MetricNumbers } from '#telemetry/metric-registry.js';
import { OtlpExporter } from '#telemetry/otlp-exporter.js';
import { routeConfig } from '../http/route-config.js';
import { traceparent } from '#telemetry/trace-context.js';
import { contextOf, nowMs, Tracer } from '#telemetry/tracer.js';

/** Facts of a queued image that metrics and spans report. */
export interface QueuedImage {
  tierName: string;
  pixels: number;
  bytes: number;
}

/** A submission in progress. */
export interface SubmissionSpan {
  /** `traceparent` for the job's record; undefined when it is not traced. */
  trace: string | undefined;
  /** The image has been queued. */
  end(image: QueuedImage): void;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** When the head of the request arrived, as `nowMs`; set by `countRequests`. */
    receivedAtMs: number;
  }
}

/** Metrics and spans of this API: numbers of closed sets and allow-listed fields, nothing of any image. */
export class ApiTelemetry implements BrokerObserver {
  readonly metrics = new MetricRegistry('api');
  private readonly exporter: OtlpExporter | undefined;
  private readonly tracer: Tracer;
  private readonly continuesTraces: boolean;
  private readonly lag = new LoopLag();

  constructor({ OTLP_URL, OTLP_SHARE, TRACEPARENT }: Settings) {
    const instance = randomBytes(6).toString('hex');
    this.exporter =
      OTLP_URL === undefined
        ? undefined
        : new OtlpExporter({ url: OTLP_URL, service: 'removebg-api', instance });
    this.tracer = new Tracer(this.exporter, OTLP_SHARE);
    this.continuesTraces = TRACEPARENT === 'accept';
  }

  /** Starts the span of a request that brings an image. It covers the time since the request's head arrived. */
  startSubmission({ headers, receivedAtMs: startMs }: FastifyRequest): SubmissionSpan {
    const parent = this.continuesTraces ? headers['traceparent'] : undefined;
    const traced = this.tracer.begin(typeof parent === 'string' ? parent : undefined);
    return {
      trace: traced && traceparent(traced.context),
      end: ({ tierName, pixels, bytes }) => {
        const tier = tierLabel(tierName);
        const endMs = nowMs();
        this.metrics.count('removebg_images_accepted_total', { tier });
        this.metrics.count('removebg_accepted_bytes_total', { tier }, bytes);
        this.metrics.count('removebg_accepted_megapixels_total', { tier }, pixels / 1e6);
        this.metrics.observe('removebg_intake_seconds', {}, (endMs - startMs) / 1000);
        const attributes = { tier, bytes, megapixels: Math.round(pixels / 10_000) / 100 };
        if (traced !== undefined) this.tracer.root('submit', traced, { startMs, endMs, attributes });
      },
    };
  }

  /** Starts the span of a delivery, at its lease. */
  startDelivery(record: JobRecord, way: DeliveryWay): DeliverySpan {
    return new DeliverySpan(this.metrics, this.tracer, { record, way });
  }

  /** A client waits, until the returned function is called. */
  waiting(waiter: LabelValue<'waiter'>): () => void {
    this.metrics.move('removebg_waiters', { waiter }, 1);
    return () => this.metrics.move('removebg_waiters', { waiter }, -1);
  }

  /** For a delivered result the time counts from its last byte and is measured by its writer. */
  purged({ state, endedAt, purgedAt }: JobRecord): void {
    if (!isTerminal(state) || state === 'delivered' || endedAt === undefined || purgedAt === undefined)
      return;
    this.metrics.observe('removebg_time_to_delete_seconds', { end: state }, (purgedAt - endedAt) / 1000);
  }

  /** The sweeper settled a job. */
  swept(correction: LabelValue<'correction'>): void {
    this.metrics.count('removebg_sweeper_corrections_total', { correction });
  }

  /** A connection was lost, or is usable again. */
  connectionChanged(change: ConnectionChange): void {
    countConnection(this.metrics, change);
  }

  /** A payload shard came into another state. */
  shardChanged(shard: LabelValue<'shard'>): void {
    this.metrics.count('removebg_shard_changes_total', { shard });
  }

  /** All metrics of this process. */
  numbers(): MetricNumbers {
    this.metrics.set('removebg_resident_bytes', { process: 'api' }, process.memoryUsage.rss());
    this.metrics.set('removebg_event_loop_lag_seconds', {}, this.lag.takeS());
    this.metrics.total('removebg_spans_dropped_total', {}, this.exporter?.dropped ?? 0);
    return this.metrics.numbers();
  }

  /** Hands the last spans over. */
  async stop(): Promise<void> {
    this.lag.stop();
    await this.exporter?.stop();
  }
}

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

  /** The job has been purged. */
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

/**
 * Counts each finished request by call, class of status, and the code it was refused with. A probe that finds the
 * service not ready is no refusal.
 */
export function countRequests(server: FastifyInstance, metrics: MetricRegistry): void {
  server.addHook('onRequest', (request, reply, done) => {
    request.receivedAtMs = nowMs();
    reply.raw.once('close', () => {
      const { call = 'page', isProbe = false } = routeConfig(request);
      const hasRoute = !request.is404 && request.routeOptions.url !== undefined;
      metrics.count('removebg_http_requests_total', {
        call: hasRoute ? call : 'none',
        status: statusOf(reply.raw),
      });
      const { refusalCode: code } = request;
      if (code !== undefined && !(hasRoute && isProbe)) metrics.count('removebg_refusals_total', { code });
    });
    done();
  });
}

function statusOf({ headersSent, statusCode }: ServerResponse): LabelValue<'status'> {
  if (!headersSent) return 'gone';
  if (statusCode < 300) return '2xx';
  if (statusCode < 400) return '3xx';
  return statusCode < 500 ? '4xx' : '5xx';
}
