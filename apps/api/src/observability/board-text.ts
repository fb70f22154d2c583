import type { BoardView } from './board-sampler.js';

/** Rows of cells, aligned in columns. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd());
}

/** The queue board for a terminal. */
export function boardText(view: BoardView): string {
  const { standing, workers, tenants, refusals, minWorkers } = view;
  const lines = [`Removebg BD  ${new Date(view.atMs).toISOString()}`, ''];
  if (standing === undefined) lines.push('Redis is unreachable. The state of the queue is unknown.');
  else {
    lines.push(
      ...columns([
        ['waiting', 'running', 'in flight', 'memory reserved', 'images per minute', 'clients waiting'],
        [
          ...[standing.waiting, standing.running, standing.inFlight].map(countText),
          `${bytesText(standing.inFlightBytes)} of ${bytesText(standing.capacityBytes)}`,
          rateText(view.perMinute),
          countText(view.waiters),
        ],
      ]),
      '',
      ...columns([
        ['time to delete p99', 'turnaround p99', 'purge lag'],
        [
          upperBoundText(view.timeToDeleteS),
          upperBoundText(view.turnaroundS),
          `${(standing.purgeLagMs / 1000).toFixed(1)} s`,
        ],
      ]),
    );
  }
  const head = ['worker', 'provider', 'model', 'done', 'failed', 'per minute', 'engine memory'];
  const rows = workers.map((worker) => [
    ...[worker.name, worker.provider, worker.model],
    ...[countText(worker.done), countText(worker.failed), rateText(worker.perMinute)],
    bytesText(worker.engineBytes),
  ]);
  lines.push('', ...(rows.length === 0 ? [noWorkerText(minWorkers)] : columns([head, ...rows])));
  const clients = tenants.map(({ id, inFlight, waiting, bytes }) => [
    id,
    ...[inFlight, waiting].map(countText),
    bytesText(bytes),
  ]);
  if (clients.length > 0)
    lines.push('', ...columns([['client', 'in flight', 'waiting', 'memory'], ...clients]));
  const refused = refusals.map(({ code, times }) => [code, countText(times)]);
  if (refused.length > 0) lines.push('', ...columns([['refused by this API', 'count'], ...refused]));
  return lines.join('\n');
}

/** What the board says when no worker runs. */
export const noWorkerText = (minWorkers: number): string =>
  minWorkers === 0 ? 'No worker is running. An image starts one.' : 'No worker is running.';

/** Quantities as people read them. */

const MIB = 1_048_576;
const GIB = 1024 * MIB;

/** Bytes in MiB or GiB. */
export const bytesText = (bytes: number): string =>
  bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.round(bytes / MIB)} MiB`;

/** The upper bound of a measured time; `—` without a measurement. */
export function upperBoundText(seconds: number | undefined): string {
  if (seconds === undefined) return '—';
  if (seconds === Infinity) return 'above the scale';
  return seconds < 1 ? `≤ ${Math.round(seconds * 1000)} ms` : `≤ ${seconds} s`;
}

/** A whole number with separators. */
export const countText = (count: number): string => Math.round(count).toLocaleString('en');

/** A rate per minute. */
export const rateText = (perMinute: number): string =>
  perMinute >= 100 ? countText(perMinute) : perMinute.toFixed(1);
