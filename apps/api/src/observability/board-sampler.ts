import { LABELS } from '#telemetry/metric-labels.js';
import { quantileOf, sumOf } from '#telemetry/metric-quantile.js';
import type { MetricNumbers } from '#telemetry/metric-registry.js';
import type { ServiceStats, TenantStatus } from '#broker/workers/service-overview.js';
import type { Broker } from '#broker/broker.js';
import type { Settings } from '#config/settings.schema.js';
import type { ApiTelemetry } from './api-telemetry.js';

/** Data sources of the queue board: the service and this process. */
export interface BoardSources {
  settings: Pick<Settings, 'MIN_WORKERS'>;
  broker: Broker;
  telemetry: ApiTelemetry;
}

const SAMPLE_EVERY_MS = 5000;
/** Five minutes. */
const MAX_POINTS = 60;
const MAX_TENANTS = 20;
/** Characters of the hash of a tenant that are shown. */
const SHOWN_CHARACTERS = 8;
const MINUTE_MS = 60_000;

/** The state of the service at one time. */
interface Snapshot {
  standing: ServiceStats;
  rows: WorkerRow[];
  measured: MetricNumbers[];
}

/** Samples the service every five seconds and keeps the samples of five minutes, for the queue board. */
export class BoardSampler {
  private readonly course: BoardPoint[] = [];
  /** Images done by each worker at the last sample, and images per minute since the previous one. */
  private known = new Map<string, { done: number; perMinute: number }>();
  private lastMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly sources: BoardSources) {}

  /** Starts sampling. */
  start(): void {
    this.timer = setInterval(() => void this.sample().catch(() => undefined), SAMPLE_EVERY_MS).unref();
    void this.sample().catch(() => undefined);
  }

  /** Stops sampling. */
  stop(): void {
    clearInterval(this.timer);
  }

  /** The current state, and the samples of the last five minutes. */
  async view(): Promise<BoardView> {
    const snapshot = await this.snapshot().catch(() => undefined);
    const { telemetry, broker, settings } = this.sources;
    const own = telemetry.metrics.numbers();
    const all = [own, ...(snapshot?.measured ?? [])];
    const tenants = snapshot === undefined ? [] : await broker.overview.tenants(MAX_TENANTS).catch(() => []);
    return {
      atMs: Date.now(),
      standing: snapshot?.standing,
      workers: snapshot?.rows ?? [],
      minWorkers: minWorkers(settings),
      tenants: tenants.map((tenant) => ({ ...tenant, id: tenant.id.slice(0, SHOWN_CHARACTERS) })),
      perMinute: sum(snapshot?.rows.map(({ perMinute }) => perMinute)),
      timeToDeleteS: quantileOf('removebg_time_to_delete_seconds', 0.99, all),
      turnaroundS: quantileOf('removebg_turnaround_seconds', 0.99, all),
      waiters: sumOf('removebg_waiters', own),
      refusals: LABELS.code
        .map((code) => ({ code, times: sumOf('removebg_refusals_total', own, code) }))
        .filter(({ times }) => times > 0)
        .sort((a, b) => b.times - a.times),
      course: this.course,
    };
  }

  private async sample(): Promise<void> {
    const { standing, rows } = await this.snapshot();
    const now = Date.now();
    const minutes = this.lastMs === 0 ? Infinity : (now - this.lastMs) / MINUTE_MS;
    this.known = new Map(
      rows.map(({ name, done }) => {
        const before = this.known.get(name)?.done ?? (this.lastMs === 0 ? done : 0);
        return [name, { done, perMinute: Math.max(0, done - before) / minutes }];
      }),
    );
    this.lastMs = now;
    const perMinute = sum([...this.known.values()].map((each) => each.perMinute));
    this.course.push({ atMs: now, waiting: standing.waiting, running: standing.running, perMinute });
    if (this.course.length > MAX_POINTS) this.course.shift();
  }

  private async snapshot(): Promise<Snapshot> {
    const { overview, workerRegistry, workerMetrics } = this.sources.broker;
    const [standing, workers] = await Promise.all([overview.stats(), workerRegistry.live()]);
    const measured = await workerMetrics.read(workers.map(({ name }) => name));
    const byName = new Map(measured.map((each) => [each.worker, each.numbers]));
    const rows = workers.map(({ name, provider, models, slots }): WorkerRow => {
      const own = byName.get(name) ?? {};
      return {
        ...{ name, provider, slots, model: models.join(', ') },
        done: sumOf('removebg_images_total', own, 'done'),
        failed: sumOf('removebg_images_total', own, 'failed'),
        perMinute: this.known.get(name)?.perMinute ?? 0,
        engineRestarts: sumOf('removebg_engine_restarts_total', own),
        workerBytes: sumOf('removebg_resident_bytes', own, 'worker'),
        engineBytes: sumOf('removebg_resident_bytes', own, 'engine'),
      };
    });
    return { standing, rows, measured: [...byName.values()] };
  }
}

/** Workers that should run without work; at least one, unless MIN_WORKERS says otherwise. */
export const minWorkers = ({ MIN_WORKERS = 1 }: Pick<Settings, 'MIN_WORKERS'>): number => MIN_WORKERS;

const sum = (values: readonly number[] = []): number => values.reduce((total, value) => total + value, 0);

/** One worker on the board. */
export interface WorkerRow {
  /** Random name of the process. */
  name: string;
  provider: string;
  model: string;
  slots: number;
  done: number;
  failed: number;
  perMinute: number;
  engineRestarts: number;
  workerBytes: number;
  engineBytes: number;
}

/** One sample. */
export interface BoardPoint {
  atMs: number;
  waiting: number;
  running: number;
  /** Images finished per minute since the previous sample. */
  perMinute: number;
}

/** Content of the queue board. It contains no job id and nothing of any image. */
export interface BoardView {
  atMs: number;
  /** Undefined while Redis is unreachable. */
  standing: ServiceStats | undefined;
  workers: WorkerRow[];
  /** Workers that should run without work. */
  minWorkers: number;
  /** Clients by number of jobs, descending; `id` is the start of a keyed hash. */
  tenants: TenantStatus[];
  perMinute: number;
  /** 99th percentiles since the processes started, in seconds; undefined without a measurement. */
  timeToDeleteS: number | undefined;
  turnaroundS: number | undefined;
  waiters: number;
  /** Requests refused by this API since its start, by count, descending. */
  refusals: { code: string; times: number }[];
  course: BoardPoint[];
}
