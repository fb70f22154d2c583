import type { Label } from './metric-labels.js';

/** Who measures: each API and each worker of itself, or whichever API is asked, of the service as a whole. */
export type MetricHome = 'api' | 'worker' | 'service';

/** What a metric is. */
export interface MetricSpec {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly Label[];
  homes: readonly MetricHome[];
  /** Upper bounds of a histogram, ascending, without the last, which has none. */
  buckets?: readonly number[];
}

/** From a millisecond to half a minute: steps that ought to be short. */
const SHORT_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
/** Stages of the work on one image. */
const STAGE_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30, 60] as const;
/** What a client waits for. */
const LONG_S = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 15, 30, 60, 120, 300] as const;

/** Results to check are below 0.8. Few and wide buckets: the metric describes many images, never a single one. */
const CONFIDENCE = [0.5, 0.8, 0.9, 1] as const;

const counter = <const L extends readonly Label[], const H extends readonly MetricHome[]>(
  homes: H,
  help: string,
  labels: L,
) => ({ type: 'counter', help, labels, homes }) as const;
const gauge = <const L extends readonly Label[], const H extends readonly MetricHome[]>(
  homes: H,
  help: string,
  labels: L,
) => ({ type: 'gauge', help, labels, homes }) as const;
const histogram = <const L extends readonly Label[], const H extends readonly MetricHome[]>(
  homes: H,
  [help, buckets]: [help: string, buckets: readonly number[]],
  labels: L,
) => ({ type: 'histogram', help, labels, homes, buckets }) as const;

const API = ['api'] as const;
const WORKER = ['worker'] as const;
const SERVICE = ['service'] as const;
const BOTH = ['api', 'worker'] as const;

/**
 * Every metric, in the order in which they are listed. Names follow Prometheus' conventions: base units, `_total` for
 * counters. docs/reference/metrics.md is generated from this list.
 */
export const METRICS = {
  removebg_jobs_in_flight: gauge(SERVICE, 'Jobs accepted and not ended', []),
  removebg_queue_depth: gauge(SERVICE, 'Jobs waiting for a worker', []),
  removebg_jobs_running: gauge(SERVICE, 'Jobs that a worker is processing', []),
  removebg_in_flight_bytes: gauge(SERVICE, 'Memory reserved by jobs in flight', []),
  removebg_capacity_bytes: gauge(SERVICE, 'Memory that all jobs together may reserve', []),
  removebg_tenants_in_flight: gauge(SERVICE, 'Clients with jobs in flight', []),
  removebg_workers_live: gauge(SERVICE, 'Workers with a recent heartbeat', []),
  removebg_workers_min: gauge(SERVICE, 'Workers that should run without work (`MIN_WORKERS`, or 1)', []),
  removebg_purge_lag_seconds: gauge(SERVICE, 'Delay of the most overdue purge', []),
  removebg_redis_up: gauge(SERVICE, '1 when the control Redis answered this request', []),
  removebg_redis_used_bytes: gauge(SERVICE, 'Memory used by the control Redis', []),

  removebg_time_to_delete_seconds: histogram(
    BOTH,
    ['From the end of a job (delivered: last byte written) until its last key is deleted', SHORT_S],
    ['end'],
  ),
  removebg_sweeper_corrections_total: counter(API, 'Jobs that the sweeper had to end', ['correction']),

  removebg_http_requests_total: counter(API, 'Requests answered or aborted', ['call', 'status']),
  removebg_refusals_total: counter(API, 'Requests rejected, by error code; health probes excluded', ['code']),
  removebg_images_accepted_total: counter(API, 'Images queued', ['tier']),
  removebg_accepted_bytes_total: counter(API, 'Bytes of queued images', ['tier']),
  removebg_accepted_megapixels_total: counter(API, 'Megapixels of queued images', ['tier']),
  removebg_intake_seconds: histogram(
    API,
    ['From the head of a request until its image is queued', SHORT_S],
    [],
  ),
  removebg_waiters: gauge(API, 'Waiting clients: event streams and long polls', ['waiter']),
  removebg_deliveries_total: counter(API, 'Deliveries of results', ['way', 'delivery']),
  removebg_delivered_bytes_total: counter(API, 'Bytes of results delivered', ['way']),
  removebg_delivery_seconds: histogram(
    API,
    ['From the lease of a result until its last byte is written', SHORT_S],
    [],
  ),

  removebg_queue_wait_seconds: histogram(
    WORKER,
    ['From queued until the first claim by a worker', LONG_S],
    [],
  ),
  removebg_stage_seconds: histogram(WORKER, ['Time of each stage of an image', STAGE_S], ['stage']),
  removebg_turnaround_seconds: histogram(
    WORKER,
    ['From the first byte accepted until the result is ready', LONG_S],
    [],
  ),
  removebg_images_total: counter(WORKER, 'Images processed, by outcome', ['work']),
  removebg_confidence: histogram(WORKER, ['Confidence of results, 0 to 1', CONFIDENCE], []),
  removebg_image_failures_total: counter(WORKER, 'Images that failed, by error code', ['code']),
  removebg_result_bytes_total: counter(WORKER, 'Bytes of results', []),
  removebg_result_megapixels_total: counter(WORKER, 'Megapixels of results', []),
  removebg_engine_restarts_total: counter(WORKER, 'Engine processes replaced, by cause', ['restart']),
  removebg_worker_slots: gauge(WORKER, 'Images processed at the same time, by execution provider', [
    'provider',
  ]),

  removebg_resident_bytes: gauge(BOTH, 'Resident memory', ['process']),
  removebg_event_loop_lag_seconds: gauge(
    BOTH,
    '99th percentile of the timer delay since the last scrape',
    [],
  ),
  removebg_redis_connections_lost_total: counter(BOTH, 'Redis connections lost, by purpose and cause', [
    'connection',
    'loss',
  ]),
  removebg_redis_connections_restored_total: counter(BOTH, 'Redis connections restored, by purpose', [
    'connection',
  ]),
  removebg_shard_changes_total: counter(BOTH, 'State changes of payload shards, by new state', ['shard']),
  removebg_spans_dropped_total: counter(BOTH, 'Spans dropped because no collector accepted them', []),
} as const satisfies Record<string, MetricSpec>;

/** Name of a metric. */
export type MetricName = keyof typeof METRICS;

/** All names, in order. */
export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** Names of metrics of one type. */
export type NameOfType<T extends MetricSpec['type']> = {
  [N in MetricName]: (typeof METRICS)[N]['type'] extends T ? N : never;
}[MetricName];
