import type { BoardView } from './board-view.js';
import { upperBoundText, bytesText, countText, rateText } from './board-words.js';

/** Lines of cells under a head, in columns. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd());
}

/** The queue board for a terminal. */
export function boardText(view: BoardView): string {
  const { standing, workers, tenants, refusals } = view;
  const lines = [`Removebg BD  ${new Date(view.atMs).toISOString()}`, ''];
  if (standing === undefined) lines.push('Redis does not answer: what waits there is not known.');
  else {
    lines.push(
      ...columns([
        ['waiting', 'running', 'in flight', 'memory reserved', 'images a minute', 'clients waiting'],
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
  const head = ['worker', 'on', 'model', 'done', 'failed', 'a minute', 'engine'];
  const rows = workers.map((worker) => [
    ...[worker.name, worker.provider, worker.model],
    ...[countText(worker.done), countText(worker.failed), rateText(worker.perMinute)],
    bytesText(worker.engineBytes),
  ]);
  lines.push('', ...(rows.length === 0 ? ['No worker is alive.'] : columns([head, ...rows])));
  const clients = tenants.map(({ id, inFlight, waiting, bytes }) => [
    id,
    ...[inFlight, waiting].map(countText),
    bytesText(bytes),
  ]);
  if (clients.length > 0)
    lines.push('', ...columns([['client', 'in flight', 'waiting', 'memory'], ...clients]));
  const refused = refusals.map(({ code, times }) => [code, countText(times)]);
  if (refused.length > 0) lines.push('', ...columns([['refused here', 'times'], ...refused]));
  return lines.join('\n');
}
