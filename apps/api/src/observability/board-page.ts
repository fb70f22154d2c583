import { createHash } from 'node:crypto';
import { BOARD_STYLE } from './board-style.js';
import { courseCharts } from './board-chart.js';
import type { BoardView } from './board-view.js';
import { upperBoundText, bytesText, countText, rateText } from './board-words.js';

const REFRESH_S = 3;

/** No script, nothing from elsewhere, no frame: this style alone (Content Security Policy 3). */
export const BOARD_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(BOARD_STYLE).digest('base64')}'`,
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
].join('; ');

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const tile = (name: string, value: string, more = ''): string =>
  `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}${more}</dd></div>`;

/** A table whose cells, from the third on or as many as `words` says, are numbers. */
function table(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  words: number,
): string {
  const cell =
    (tag: 'th' | 'td') =>
    (text: string, at: number): string =>
      `<${tag}${at < words ? '' : ' class="n"'}>${escaped(text)}</${tag}>`;
  const line = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map(cell(tag)).join('')}</tr>`;
  const body = rows.map((row) => line(row, 'td')).join('');
  return `<section><h2>${escaped(title)}</h2><div class="scroll"><table><thead>${line(head, 'th')}</thead><tbody>${body}</tbody></table></div></section>`;
}

function tiles({ standing, perMinute, timeToDeleteS, turnaroundS, waiters }: BoardView): string {
  if (standing === undefined) {
    return '<section><p class="alarm">Redis does not answer. The queue is unknown.</p></section>';
  }
  const share = standing.inFlightBytes / standing.capacityBytes;
  const meter = `<meter value="${share.toFixed(3)}" high="0.8" optimum="0">${Math.round(share * 100)} %</meter>`;
  return `<dl class="tiles">${[
    tile('Waiting', countText(standing.waiting)),
    tile('Running', countText(standing.running)),
    tile('In flight', countText(standing.inFlight)),
    tile('Images a minute', rateText(perMinute)),
    tile(
      'Memory reserved',
      bytesText(standing.inFlightBytes),
      `<small>of ${bytesText(standing.capacityBytes)}</small>${meter}`,
    ),
    tile('Time to delete, p99', upperBoundText(timeToDeleteS), '<small>since the start</small>'),
    tile('Turnaround, p99', upperBoundText(turnaroundS), '<small>accepted to ready</small>'),
    tile('Purge lag', `${(standing.purgeLagMs / 1000).toFixed(1)} s`),
    tile('Clients waiting here', countText(waiters)),
  ].join('')}</dl>`;
}

function workersTable({ workers }: BoardView): string {
  if (workers.length === 0) {
    return '<section><h2>Workers</h2><p class="alarm">No worker is alive.</p></section>';
  }
  const head = [
    'worker',
    'on',
    'model',
    'slots',
    'done',
    'failed',
    'a minute',
    'engine restarts',
    'engine',
    'worker',
  ];
  const rows = workers.map((worker) => [
    ...[worker.name, worker.provider, worker.model],
    ...[worker.slots, worker.done, worker.failed].map(countText),
    rateText(worker.perMinute),
    countText(worker.engineRestarts),
    ...[worker.engineBytes, worker.workerBytes].map(bytesText),
  ]);
  return table('Workers', head, rows, 3);
}

/** The queue board as a page that comes again every few seconds. It can show no payload: there is none in the view. */
export function boardPage(view: BoardView): string {
  const { tenants, refusals } = view;
  const clients = tenants.map(({ id, inFlight, waiting, bytes }) => [
    id,
    ...[inFlight, waiting].map(countText),
    bytesText(bytes),
  ]);
  const refused = refusals.map(({ code, times }) => [code, countText(times)]);
  const time = `${new Date(view.atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="${REFRESH_S}"><title>Queue board</title><style>${BOARD_STYLE}</style></head><body><main><header><h1>Queue board</h1><p>${time}</p></header>${[
    tiles(view),
    courseCharts(view),
    workersTable(view),
    clients.length === 0
      ? ''
      : table('Clients, by keyed hash', ['client', 'in flight', 'waiting', 'memory'], clients, 1),
    refused.length === 0 ? '' : table('Refused by this API since it started', ['code', 'times'], refused, 1),
  ].join('')}</main></body></html>`;
}
