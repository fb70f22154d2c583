import type { ServiceStats, TenantStatus } from '#broker/workers/service-overview.js';

/** One worker, as operators see it. */
export interface WorkerRow {
  /** Random, of this life of the process. */
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

/** How things stood at one time. */
export interface BoardPoint {
  atMs: number;
  waiting: number;
  running: number;
  /** Images finished a minute, since the point before. */
  perMinute: number;
}

/** Everything that the queue board shows. There is no id of a job in it, and nothing of any image. */
export interface BoardView {
  atMs: number;
  /** Undefined while Redis does not answer. */
  standing: ServiceStats | undefined;
  workers: WorkerRow[];
  /** Clients in descending order of their jobs; `id` is the start of a keyed hash. */
  tenants: TenantStatus[];
  perMinute: number;
  /** 99th percentiles since the processes started, in seconds; undefined before the first. */
  timeToDeleteS: number | undefined;
  turnaroundS: number | undefined;
  waiters: number;
  /** Requests refused by this API since it started, by number, descending. */
  refusals: { code: string; times: number }[];
  course: BoardPoint[];
}
