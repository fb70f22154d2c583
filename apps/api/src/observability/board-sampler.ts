import { LABELS } from '#telemetry/metric-labels.js';
import { quantileOf, sumOf } from '#telemetry/metric-quantile.js';
import type { MetricNumbers } from '#telemetry/metric-registry.js';
import type { ServiceStats } from '#broker/workers/service-overview.js';
import type { Broker } from '#broker/broker.js';
import type { ApiTelemetry } from './api-telemetry.js';
import type { BoardPoint, BoardView, WorkerRow } from './board-view.js';

/** What the queue board shows: this process and the service as a whole. */
export interface BoardSources {
  broker: Broker;
  telemetry: ApiTelemetry;
}

const EVERY_MS = 5000;
/** Five minutes. */
const MAX_POINTS = 60;
const MAX_TENANTS = 20;
/** Characters of a tenant's hash that are enough to distinguish tenants. */
const SHOWN_CHARACTERS = 8;
const MINUTE_MS = 60_000;

/** What one look at the service found. */
interface Look {
  standing: ServiceStats;
  rows: WorkerRow[];
  measured: MetricNumbers[];
}

/** Looks at the service every five seconds and remembers five minutes of it, for the queue board. */
export class BoardSampler {
  private readonly course: BoardPoint[] = [];
  /** Images done by each worker at the last point, and images a minute since the one before. */
  private known = new Map<string, { done: number; perMinute: number }>();
  private lastMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly sources: BoardSources) {}

  /** Begins to look. */
  start(): void {
    this.timer = setInterval(() => void this.sample().catch(() => undefined), EVERY_MS).unref();
    void this.sample().catch(() => undefined);
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.timer);
  }

  /** How things stand now, and how they went. */
  async view(): Promise<BoardView> {
    const look = await this.look().catch(() => undefined);
    const { telemetry, broker } = this.sources;
    const own = telemetry.metrics.numbers();
    const all = [own, ...(look?.measured ?? [])];
    const tenants = look === undefined ? [] : await broker.overview.tenants(MAX_TENANTS).catch(() => []);
    return {
      atMs: Date.now(),
      standing: look?.standing,
      workers: look?.rows ?? [],
      tenants: tenants.map((tenant) => ({ ...tenant, id: tenant.id.slice(0, SHOWN_CHARACTERS) })),
      perMinute: sum(look?.rows.map(({ perMinute }) => perMinute)),
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
    const { standing, rows } = await this.look();
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

  private async look(): Promise<Look> {
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

const sum = (values: readonly number[] = []): number => values.reduce((total, value) => total + value, 0);
